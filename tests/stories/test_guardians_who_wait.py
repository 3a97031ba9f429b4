"""A mother without a phone: staff confirm her guardian, or refuse; or a letter brings a code."""

from __future__ import annotations

from pathlib import Path

import pypdfium2

from bot.operator import guardians, letters
from core.conversation.texts import Language
from core.family import Way
from core.store.letters import PREFIX
from core.store.people import Known
from core.store.staff import Role
from handlers.family import Dependant
from handlers.health_code import HealthCode
from handlers.registration import Registration
from tests.reading import expect, expect_question
from tests.stories.everywhere import EVERYWHERE
from tests.stories.questions import Option
from tests.stories.script import (
    Resident,
    expect_code,
    export_for,
    gives,
    new_hkid,
    read,
    registers,
)
from tests.world import Heard, Person, World

NAME = "WONG Mei Ling"
CHINESE = "王美玲"


def called(language: str) -> str:
    """Return what she is called in a language."""
    return NAME if language == Language.ENGLISH else CHINESE


async def registers_mother(world: World, person: Person, language: str, way: Way) -> Heard:
    """Register oneself, then a mother who has no phone and lives in the same home."""
    resident = Resident(language)
    await registers(world, person, resident)
    await person.presses("none")
    await person.hears()
    await person.sends("visits.json", export_for(world))
    await person.hears()
    await person.presses("register_other")
    steps = [
        (Dependant.english_name, f"{NAME} {CHINESE}"),
        (Dependant.document, new_hkid()),
        (Dependant.issued_on, resident.either("15/3/2019", "2019年3月15日")),
        (Dependant.born_on, resident.either("2 January 1938", "1938年1月2日")),
        (Dependant.same_home, Option("same")),
        (Dependant.mobile, Option("none")),
        (Dependant.relation, Option("letter" if way is Way.LETTER else "parent")),
        (Dependant.truth, Option("yes")),
    ]
    heard = await person.hears()
    for question, given in steps:
        assert called(language) in heard.text or question is Dependant.english_name
        await gives(world, person, given)
        heard = await person.hears()
    return expect(heard, f"dependant.done.{way}", language)


async def the_mother(world: World) -> Known:
    """Return her, as staff find her by the reference number of the list."""
    line = await guardians.listed(world.app.settings, world.policy, world.clock)
    reference = line.split()[0]
    async with world.app.store.writing() as tx:
        await tx.staff.add("chan", Role.STAFF, world.clock())
        holder = await tx.people.of_reference(reference)
        assert holder is not None
        known = await tx.people.of_id(holder)
    assert known is not None
    assert known.holder.english_name == NAME
    return known


async def gets_her_code(world: World, person: Person, language: str) -> None:
    """Get her code with the button of the message heard last."""
    await person.presses(f"today.{person_of(person)}")
    heard = expect_question(await person.hears(), HealthCode.conditions, language)
    assert called(language) in heard.text
    await person.presses("none")
    expect_question(await person.hears(), HealthCode.visits, language)
    await person.sends("visits.json", export_for(world))
    heard = await person.hears()
    assert called(language) in heard.text
    expect_code(world, heard, "green", language)
    assert read(heard.picture)


def person_of(person: Person) -> str:
    """Return the holder whom the button for today's code names."""
    [whom] = [
        option.removeprefix("today.")
        for option in person.last.buttons  # type: ignore[attr-defined]
        if option.startswith("today.")
    ]
    return str(whom)


@EVERYWHERE
async def test_staff_confirm_and_her_code_comes(
    tmp_path: Path, channel: str, language: str
) -> None:
    async with World(tmp_path) as world:
        person = await world.person(channel, language)
        await registers_mother(world, person, language, Way.STAFF)
        mother = await the_mother(world)
        app = world.app
        await guardians.confirm(app.settings, app.policy, world.clock, mother.reference, "chan")
        heard = expect(await person.hears(), "guardian.confirmed", language)
        assert called(language) in heard.text
        await gets_her_code(world, person, language)


@EVERYWHERE
async def test_staff_refuse_and_she_can_be_registered_anew(
    tmp_path: Path, channel: str, language: str
) -> None:
    async with World(tmp_path) as world:
        person = await world.person(channel, language)
        await registers_mother(world, person, language, Way.STAFF)
        mother = await the_mother(world)
        app, asked = world.app, (mother.reference, "chan", "The certificate names another")
        said = await guardians.refuse(app.settings, app.policy, world.clock, *asked)
        assert "is erased" in said
        heard = expect(await person.hears(), "guardian.refused", language)
        assert mother.holder.called(language) in heard.text
        assert mother.reference in heard.text
        await person.presses("register_other")
        expect_question(await person.hears(), Registration.english_name, language)


@EVERYWHERE
async def test_a_letter_brings_the_code_that_begins_it(
    tmp_path: Path, channel: str, language: str
) -> None:
    async with World(tmp_path / "data") as world:
        person = await world.person(channel, language)
        await registers_mother(world, person, language, Way.LETTER)
        await the_mother(world)
        app, folder = world.app, tmp_path / "letters"
        await letters.write(app.settings, app.policy, world.clock, folder, "chan")
        [file] = list(folder.iterdir())
        with pypdfium2.PdfDocument(file) as document:
            lines = document[0].get_textpage().get_text_range().splitlines()
        [code] = [line for line in lines if line.startswith(PREFIX)]
        wrong = code[:-1] + ("A" if code[-1] != "A" else "C")
        await person.says(wrong)
        expect(await person.hears(), "letter.stale", language)
        await person.says(code.lower())
        expect(await person.hears(), "letter.good", language)
        await gets_her_code(world, person, language)
