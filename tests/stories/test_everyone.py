"""A guardian of four gets everybody's code: one press, four declarations, all files at once."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from core.conversation.texts import Language
from core.family import Relation, Way
from core.sample import sample_export
from core.store.tables import links
from core.visits import Export
from tests.core.store.people import holder, index_of
from tests.corpus import zipped
from tests.reading import expect, says
from tests.stories.everywhere import EVERYWHERE
from tests.stories.script import Resident, new_hkid, registers, verdict
from tests.world import TEXTS, Heard, OnTelegram, Person, World

MOST = 6
"""Messages that the codes of four people may cost; an album is sent as one."""

RELATIVES = {
    "WONG Mei": Relation.PARENT,
    "CHAN Siu Bo": Relation.CHILD,
    "LEE Fong": Relation.OTHER,
}
OWN = "CHAN Tai Man"
ALL = (OWN, *RELATIVES)


def phone_of(name: str) -> str:
    """Return what the app calls itself on somebody's phone."""
    return f"the phone of {name}"


def export_of(world: World, name: str) -> bytes:
    """Return the visit records of just now from somebody's phone."""
    return sample_export(31, 20, len(name), world.clock(), installation=phone_of(name))


async def guardian(world: World, person: Person, language: str, new: str = "") -> None:
    """Register, and look after three others; all their phones are known, but for the `new` one."""
    await registers(world, person, Resident(language))
    await person.presses("_cancel")
    await person.hears()
    await person.presses("yes")
    await person.hears()
    day = world.clock().date()
    async with world.app.store.writing() as tx:
        # Nobody else is here yet: how the web names its chats is its own business.
        chat, own = (await tx.connection.execute(select(links.c.chat, links.c.holder))).one()
        people = {OWN: own}
        for name, relation in RELATIVES.items():
            who, now = holder(number=new_hkid(), english_name=name, chinese_name=""), world.clock()
            known = await tx.people.register(who, index_of(tx, who), chat=None, now=now)
            await tx.family.look_after(
                chat, known.id, relation=relation, way=Way.STAFF, starts_at=now, now=now
            )
            world.clock.jump(seconds=1)
            people[name] = known.id
        for name in people.keys() - {new}:
            phone = Export([], day, day, world.clock(), installation=phone_of(name))
            assert await tx.installations.claim(phone, people[name], world.clock())


async def asks_for_all(person: Person, language: str) -> int:
    """Press the button, and declare for each that he has none of it; return the messages sent."""
    await person.says(TEXTS.say(language, "menu.option.everyone"))
    for number, name in enumerate(ALL, 1):
        key = "everyone.place" if name in RELATIVES else "everyone.yourself"
        place = TEXTS.say(language, key, name=name, number=number, of=len(ALL))
        assert place in (await person.hears()).text
        await person.presses("none")
    wanted = expect(await person.hears(), "health_code.visits.ask_all", language)
    # He has told his name in Chinese as well, and reads that in Chinese.
    own = OWN if language == Language.ENGLISH else "陳大文"
    assert all(name in wanted.text for name in (own, *RELATIVES))
    return 1 + len(ALL)


async def hears_until(person: Person, key: str, language: str) -> list[Heard]:
    """Return what is heard up to that text."""
    heard = [await person.hears()]
    while not says(heard[-1], key, language):
        heard.append(await person.hears())
    return heard


def expect_codes(world: World, heard: list[Heard], language: str, *names: str) -> None:
    """Fail where the pictures are not the genuine green codes of these, in this order."""
    pictures = [each for each in heard if each.picture]
    assert len(pictures) == len(names)
    for each, name in zip(pictures, names, strict=True):
        found = verdict(world, each)
        assert found.accepted
        assert found.claims is not None
        assert found.claims.colour == "green"
        if name != OWN:
            assert TEXTS.say(language, "engine.concerns", name=name) in each.text


def tells(channel: str, language: str, how: str, messages: int) -> None:
    """Print what the codes of four people have cost."""
    sys.stdout.write(f"{channel}, {language}: four codes by {how} cost {messages} messages\n")
    assert messages <= MOST


@EVERYWHERE
async def test_four_codes_by_one_zip(tmp_path: Path, channel: str, language: str) -> None:
    async with World(tmp_path) as world:
        person = await world.person(channel, language)
        await guardian(world, person, language)
        messages = await asks_for_all(person, language)
        files = [(f"{name}.json", export_of(world, name)) for name in reversed(ALL)]
        await person.sends("everybody.zip", zipped(*files))
        heard = await hears_until(person, "everyone.done.other", language)
        expect_codes(world, heard, language, *ALL)
        tells(channel, language, "a ZIP", messages + 1)
        await person.presses("my_people")
        seen = await person.hears()
        assert seen.text.count(TEXTS.say(language, "my_people.state.green")) == len(ALL)


@pytest.mark.parametrize("language", list(Language))
async def test_four_codes_by_one_album(tmp_path: Path, language: str) -> None:
    async with World(tmp_path) as world:
        person = world.on_telegram(language)
        assert isinstance(person, OnTelegram)
        await guardian(world, person, language)
        messages = await asks_for_all(person, language)
        for name in reversed(ALL):
            await person.side.sends_file(f"{name}.json", export_of(world, name), album="all")
        heard = await hears_until(person, "everyone.done.other", language)
        expect_codes(world, heard, language, *ALL)
        tells("telegram", language, "an album", messages + 1)


@EVERYWHERE
async def test_a_strangers_file_a_missing_one_a_restart_and_a_new_phone(
    tmp_path: Path, channel: str, language: str
) -> None:
    async with World(tmp_path) as world:
        person = await world.person(channel, language)
        *others, missing = ALL
        await guardian(world, person, language, new=missing)
        stranger = await world.person("telegram", language)
        await registers(world, stranger, Resident(language))
        await stranger.presses("none")
        await stranger.hears()
        theirs = export_of(world, "somebody else")
        await stranger.sends("visits.json", theirs)
        assert verdict(world, await stranger.hears()).accepted

        await asks_for_all(person, language)
        await world.restart()
        for name in others:
            await person.sends(f"{name}.json", export_of(world, name))
        await person.sends("visits.json", theirs)
        refused = (await hears_until(person, "everyone.stranger", language))[-1]
        while not refused.text.endswith(
            TEXTS.say(language, "health_code.visits.ask_all", names=f"• {missing}")
        ):
            refused = await person.hears()
        await person.presses("done")
        heard = await hears_until(person, "everyone.missing", language)
        expect_codes(world, heard, language, *others)
        assert TEXTS.say(language, "everyone.no_records", name=missing) in heard[-1].text

        await person.says(TEXTS.say(language, "menu.option.everyone"))
        expect(await person.hears(), "everyone.have_one", language)
        await person.presses("none")
        expect(await person.hears(), "health_code.visits.ask_all", language)
        await person.sends("new.json", export_of(world, missing))
        expect(await person.hears(), "records.owner.ask", language)
        await person.says(missing)
        heard = await hears_until(person, "everyone.done.one", language)
        expect_codes(world, heard, language, missing)
