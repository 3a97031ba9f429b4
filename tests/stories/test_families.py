"""One chat for the family: a mother with a phone, a father without, a child, an aunt in a hotel."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from core.conversation.fields import Field
from core.conversation.texts import Language
from core.identity import check_character
from core.store.family import GUARDIAN
from core.store.tables import links
from handlers.family import Dependant
from handlers.health_code import HealthCode
from tests.corpus_proofs import pdf
from tests.reading import expect, expect_question
from tests.stories.everywhere import EVERYWHERE
from tests.stories.questions import FromSms, Option, Sent
from tests.stories.script import (
    Resident,
    Step,
    expect_code,
    gets_code,
    gives,
    new_hkid,
    new_mobile,
    registers,
)
from tests.world import TEXTS, Heard, Person, World

MOST = 9
"""Messages that a second person may cost."""


@dataclass
class Relative:
    """Somebody who is registered in another's chat, and what is answered about him."""

    name: str
    chinese: str
    language: str
    number: str = field(default_factory=new_hkid)
    mobile: str = ""
    relation: str = ""
    birthday: tuple[str, str] = ("2 January 1938", "1938年1月2日")
    sms: int = 0

    def either(self, english: str, chinese: str) -> str:
        return english if self.language == Language.ENGLISH else chinese

    @property
    def called(self) -> str:
        return self.either(self.name, self.chinese)

    def document(self) -> list[Step]:
        return [
            (Dependant.document, self.number),
            (Dependant.issued_on, self.either("15/3/2019", "2019年3月15日")),
            (Dependant.born_on, self.either(*self.birthday)),
        ]

    def home(self) -> list[Step]:
        return [(Dependant.same_home, Option("same"))]

    def consent(self) -> list[Step]:
        if self.mobile:
            return [(Dependant.mobile, self.mobile), (Dependant.passcode, FromSms())]
        return [(Dependant.mobile, Option("none")), (Dependant.relation, Option(self.relation))]

    def steps(self) -> list[Step]:
        return [
            (Dependant.english_name, f"{self.name} {self.chinese}"),
            *self.document(),
            *self.home(),
            *self.consent(),
            (Dependant.truth, Option("yes")),
        ]


class Child(Relative):
    """A child of six, whose document is the birth certificate."""

    @property
    def called(self) -> str:
        return self.either(self.name, self.chinese)

    def document(self) -> list[Step]:
        return [
            (Dependant.document, Option("birth_certificate")),
            (Dependant.number, self.number),
            (Dependant.issued_on, self.either("10 May 2015", "2015年5月10日")),
            (Dependant.born_on, self.either("5 May 2015", "2015年5月5日")),
        ]

    def consent(self) -> list[Step]:
        return [(Dependant.relation, Option(self.relation))]


class Pupil(Child):
    """A child who lives elsewhere, with a letter from the school."""

    def home(self) -> list[Step]:
        return [
            (Dependant.same_home, Option("other")),
            (Dependant.housing, Option("other")),
            (Dependant.address, self.either("Flat 5, 12 Long Lane, Sha Tin", "沙田長巷12號5室")),
            (Dependant.proof, Sent(pdf(), "school.pdf")),
            (Dependant.proof_issued_on, self.either("28 Oct 2021", "2021年10月28日")),
        ]


class Traveller(Relative):
    """A relative with a passport, in a hotel."""

    @property
    def called(self) -> str:
        return self.either(self.name, self.chinese)

    def document(self) -> list[Step]:
        return [
            (Dependant.document, Option("passport")),
            (Dependant.country, self.either("Japan", "日本")),
            (Dependant.number, "TR" + self.number[1:7]),
            *super().document()[1:],
        ]

    def home(self) -> list[Step]:
        return [
            (Dependant.same_home, Option("other")),
            (Dependant.housing, Option("hotel")),
            (Dependant.hotel, self.either("Harbour View Hotel", "灣景國際酒店")),
            (Dependant.room, "1208"),
            (Dependant.last_night, self.either("24/12/2021", "2021年12月24日")),
        ]


def mother(language: str, **more: Any) -> Relative:
    return Relative("WONG Mei Ling", "王美玲", language, **{"mobile": new_mobile(), **more})


def father(language: str) -> Relative:
    return Relative("CHAN Fu", "陳富", language, relation="parent")


def child(language: str, kind: type[Child] = Child) -> Child:
    body = f"S{new_hkid()[1:7]}"
    return kind(
        "CHAN Siu Ming", "陳小明", language, f"{body}({check_character(body)})", "", "child"
    )


def aunt(language: str) -> Traveller:
    return Traveller("WONG Yuko", "王裕子", language, mobile=new_mobile())


def tells(channel: str, language: str, who: str, messages: int) -> None:
    """Print what somebody has cost."""
    sys.stdout.write(f"{channel}, {language}: {who} costs {messages} messages\n")


class Counted:
    """A person whose messages are counted."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.messages = 0

    def __getattr__(self, name: str) -> object:
        self.messages += name in ("says", "presses", "sends")
        return getattr(self.person, name)


def person_named(heard: Heard, relative: Relative, question: Field) -> None:
    """Fail where a question does not name whom it is about, once there is a name."""
    named = TEXTS.say(relative.language, "engine.concerns", name=relative.called)
    assert (named in heard.text) == (question is not Dependant.english_name)


async def registers_other(
    world: World, person: Person, relative: Relative, button: str = "register_other"
) -> tuple[Heard, int]:
    """Register a relative from the menu on; return what is heard then, and the messages sent."""
    counted = Counted(person)
    await counted.presses(button)  # type: ignore[operator]
    heard = await person.hears()
    for question, given in relative.steps():
        if question is Dependant.relation and isinstance(relative, Child):
            expect(heard, f"{question.key}.ask_child", relative.language)
        else:
            expect_question(heard, question, relative.language)
        person_named(heard, relative, question)
        await gives(world, counted, given, relative.mobile, relative.sms)  # type: ignore[arg-type]
        heard = await person.hears()
    return heard, counted.messages


async def is_at_the_menu(person: Person, language: str) -> None:
    """Put away what is asked, so that the menu is there."""
    await person.presses("_cancel")
    expect(await person.hears(), "engine.aside.cancel", language)
    await person.presses("yes")
    expect(await person.hears(), "engine.cancelled", language)


async def guardians(world: World) -> list[tuple[str, float | None]]:
    """Return by what each guardian looks after somebody, and since when."""
    wanted = select(links.c.way, links.c.starts_at).where(links.c.role == GUARDIAN)
    async with world.app.store.reading() as tx:
        rows = await tx.connection.execute(wanted.order_by(links.c.made_at))
        return [(row.way, row.starts_at) for row in rows]


@EVERYWHERE
async def test_a_guardian_registers_four_people_in_one_chat(
    tmp_path: Path, channel: str, language: str
) -> None:
    async with World(tmp_path) as world:
        person = await world.person(channel, language)
        await registers(world, person, Resident(language))
        expect_code(world, await gets_code(world, person, language), "green", language)

        her = mother(language)
        heard, messages = await registers_other(world, person, her)
        tells(channel, language, "a mother with a phone", messages)
        assert messages <= MOST
        expect(heard, "dependant.done.phone", language)
        expect_question(heard, HealthCode.conditions, language)
        told = await world.phones.sms("+852" + her.mobile, 1)
        expect(Heard(told.text), "dependant.sms_told", language)
        heard = await gets_code(world, person, language)
        expect_code(world, heard, "green", language)
        assert TEXTS.say(language, "engine.concerns", name=her.called) in heard.text

        button = next(name for name in heard.buttons if name.startswith("register_other"))
        heard, messages = await registers_other(world, person, father(language), button)
        tells(channel, language, "a father without a phone", messages)
        assert messages <= MOST
        expect(heard, "dependant.done.staff", language)

        heard, messages = await registers_other(world, person, child(language))
        tells(channel, language, "a child of six", messages)
        assert messages <= MOST
        expect(heard, "dependant.done.staff", language)

        her = aunt(language)
        heard, messages = await registers_other(world, person, her)
        tells(channel, language, "an aunt in a hotel", messages)
        expect(heard, "dependant.done.phone", language)
        expect_code(world, await gets_code(world, person, language), "green", language)

        cared_for = await guardians(world)
        assert [way for way, _ in cared_for] == ["phone", "staff", "staff", "phone"]
        assert [starts_at is None for _, starts_at in cared_for] == [False, True, True, False]


@pytest.mark.parametrize("language", list(Language))
async def test_a_school_letter_proves_where_a_child_lives(tmp_path: Path, language: str) -> None:
    async with World(tmp_path) as world:
        person = await world.person("web", language)
        await registers(world, person, Resident(language))
        await is_at_the_menu(person, language)
        pupil = child(language, Pupil)
        heard, _ = await registers_other(world, person, pupil)
        expect(heard, "dependant.done.staff", language)


@EVERYWHERE
async def test_two_people_share_one_phone_number(
    tmp_path: Path, channel: str, language: str
) -> None:
    async with World(tmp_path) as world:
        person = await world.person(channel, language)
        await registers(world, person, Resident(language))
        await is_at_the_menu(person, language)
        first = mother(language)
        second = mother(language, mobile=first.mobile)
        second.name, second.chinese, second.sms = "LEE Kwok", "李國", 2
        for relative in (first, second):
            heard, _ = await registers_other(world, person, relative)
            expect(heard, "dependant.done.phone", language)
            await is_at_the_menu(person, language)
            world.clock.jump(minutes=2)


@EVERYWHERE
async def test_a_document_that_is_registered_tells_a_stranger_nothing(
    tmp_path: Path, channel: str, language: str
) -> None:
    async with World(tmp_path) as world:
        hers = Resident(language)
        her = world.on_telegram(language)
        await registers(world, her, hers)
        stranger = await world.person(channel, language)
        await registers(world, stranger, Resident(language))
        await is_at_the_menu(stranger, language)

        refusals: list[str] = []
        knows = {"number": hers.number, "birthday": hers.birthday}
        other = new_mobile()
        for guess in (
            mother(language, number=hers.number, mobile=other),
            mother(language, mobile=other, sms=1, **knows),
            Relative("CHAN Mei", "陳美", language, hers.number, "", "parent", hers.birthday),
            Relative("CHAN Mei", "陳美", language, hers.number, "", "letter", hers.birthday),
        ):
            heard, _ = await registers_other(world, stranger, guess)
            world.clock.jump(minutes=2)
            refusals.append(expect(heard, "registration.refused", language).text)
        assert len(set(refusals)) == 1
        assert await guardians(world) == []

        # Whoever gets the code from her own phone may look after her, as she registered herself.
        world.clock.jump(minutes=2)
        friend = mother(language, mobile=hers.mobile, sms=1, **knows)
        heard, _ = await registers_other(world, stranger, friend)
        expect(heard, "dependant.done.phone", language)
        assert ("CHAN Tai Man" if language == "en" else "陳大文") in heard.text


def test_the_relatives_answer_every_question() -> None:
    kinds: Sequence[Relative] = (mother("en"), father("en"), child("en", Pupil), aunt("en"))
    asked = {question.name for kind in kinds for question, _ in kind.steps()}
    # The Chinese name stands beside the English one, the district in the address.
    assert Dependant.fields.keys() - asked == {"chinese_name", "district", "certificate"}
