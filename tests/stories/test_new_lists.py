"""Green in the morning; then the authority's lists change, and the code is no longer good."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.operator.load import load
from core.credential import Reason, check
from core.identity import DocumentType, normalise
from core.signing.issuer_keys import PublicKeys
from core.store.tables import audit
from core.store.tables import codes as issued
from handlers.health_code import HealthCode
from tests.reading import expect, expect_question
from tests.stories.everywhere import EVERYWHERE
from tests.stories.script import Resident, expect_code, export_for, read, registers
from tests.stories.test_colours import TODAY, VENUE, hour, visited
from tests.world import TEXTS, Heard, Person, World

EXPOSURES = (
    f"kind,place,from,to,source\nvenue,{VENUE},2021-12-09T09:00,2021-12-09T12:00,CHP\n".encode()
)


def cases(resident: Resident) -> bytes:
    """Return a list of cases that names him."""
    number = normalise(DocumentType.HKID, resident.number)
    return f"document,number,kind,since,until\nhkid,{number},close_contact,2021-12-09,\n".encode()


def yesterday() -> bytes:
    """Return records of a visit of yesterday."""
    day = TODAY - timedelta(days=1)
    return visited(hour(day, "10:00"), hour(day, "11:00"))


async def is_green(world: World, person: Person, resident: Resident, data: bytes) -> str:
    """Register and get a green code; return its text."""
    await registers(world, person, resident)
    await person.presses("none")
    await person.hears()
    await person.sends("visits.json", data)
    return read(expect_code(world, await person.hears(), "green", resident.language).picture)


async def loads(world: World, kind: str, data: bytes) -> None:
    """Load a list as another process does: through connections of its own."""
    await load(world.app.settings, world.app.policy, kind, data)


async def told(person: Person, language: str) -> Heard:
    """Return the message that the code is no longer good."""
    heard = await person.hears()
    template = TEXTS.catalogues[language]["withdrawn.lists"]
    assert template.partition("{at}")[2] in heard.text
    return heard


async def gate(world: World, text: str) -> Reason | None:
    """Return why a verifier with a fresh list refuses a code."""
    store = world.app.store
    published = PublicKeys.published(store.ring, world.clock())
    async with store.reading() as tx:
        revoked = frozenset(await tx.codes.revoked(world.clock()))
    keys = PublicKeys(published.keys, published.issued_at, revoked)
    return check(text, keys, world.clock()).reason


@EVERYWHERE
async def test_who_was_where_a_case_was_is_told_and_gets_a_yellow_code(
    tmp_path: Path, channel: str, language: str
) -> None:
    async with World(tmp_path) as world:
        person, resident = await world.person(channel, language), Resident(language)
        other, well = await world.person(channel, language), Resident(language)
        green = await is_green(world, person, resident, yesterday())
        still = await is_green(world, other, well, export_for(world))
        await loads(world, "exposures", EXPOSURES)
        await told(person, language)
        heard = expect_code(world, await person.hears(), "amber", language)
        expect(heard, "why.reason.visited", language)
        assert await gate(world, green) is Reason.REVOKED
        assert await gate(world, read(heard.picture)) is None
        assert await gate(world, still) is None
        await other.says("?")
        expect(await other.hears(), "menu.ask", language)


@EVERYWHERE
async def test_who_is_listed_while_he_answers_a_question_is_asked_it_again(
    tmp_path: Path, channel: str, language: str
) -> None:
    async with World(tmp_path) as world:
        person, resident = await world.person(channel, language), Resident(language)
        green = await is_green(world, person, resident, yesterday())
        await person.presses("today")
        expect_question(await person.hears(), HealthCode.conditions, language)
        await loads(world, "cases", cases(resident))
        await told(person, language)
        expect_code(world, await person.hears(), "red", language)
        expect_question(await person.hears(), HealthCode.conditions, language)
        assert await gate(world, green) is Reason.REVOKED


@pytest.mark.parametrize("channel", ["telegram", "web"])
async def test_a_list_loaded_while_the_program_stands_still_is_noticed_when_it_starts(
    tmp_path: Path, channel: str
) -> None:
    async with World(tmp_path) as world:
        person, resident = await world.person(channel), Resident()
        green = await is_green(world, person, resident, yesterday())
        await world.app.stop()
        await loads(world, "exposures", EXPOSURES)
        await world.begin()
        await told(person, "en")
        expect_code(world, await person.hears(), "amber", "en")
        assert await gate(world, green) is Reason.REVOKED


async def test_many_are_assessed_again_each_once_through_stops_while_others_are_served(
    tmp_path: Path,
) -> None:
    async with World(tmp_path) as world:
        people = [(world.on_telegram(), Resident()) for _ in range(8)]
        greens = [await is_green(world, *each, yesterday()) for each in people]
        # Each code is there a hundred times, so that a stop falls into the middle.
        await many(world, 100)
        await loads(world, "exposures", EXPOSURES)
        for _ in range(4):
            await world.restart()
            await asyncio.sleep(0.15)
            newcomer = world.on_telegram()
            await newcomer.starts()
            await newcomer.hears()
        for person, _ in people:
            await told(person, "en")
            expect_code(world, await person.hears(), "amber", "en")
        await settled(world)
        for green, (person, _) in zip(greens, people, strict=True):
            assert await gate(world, green) is Reason.REVOKED
            await person.says("?")
            expect(await person.hears(), "menu.ask"), "nothing was told twice"
        async with world.app.store.reading() as tx:
            acts = (await tx.connection.scalars(select(audit.c.act))).all()
        assert acts.count("code withdrawn") == 8 * 101


async def many(world: World, times: int) -> None:
    """Let every code that was issued be one of many of its holder."""
    async with world.app.store.writing() as tx:
        ids = (
            await tx.connection.execute(select(issued.c.id, issued.c.chat, issued.c.holder))
        ).all()
        for code_id, chat, holder in ids:
            known = await tx.people.of_id(holder)
            assert known is not None
            code = await tx.codes.of(known, code_id)
            assert code is not None
            for number in range(times):
                await tx.codes.keep(
                    known,
                    code.assessed,
                    code_id=code_id[:6] + number.to_bytes(2, "big"),
                    kid=b"",
                    chat=chat,
                    issued_at=code.issued_at - timedelta(seconds=1),
                    expires_at=code.expires_at,
                )


async def settled(world: World) -> None:
    """Wait until nothing is to be assessed again, and nothing waits to be heard."""
    for _ in range(200):
        async with world.app.store.reading() as tx:
            version = await tx.lists.version()
            older = select(issued.c.id).where(issued.c.lists < version)
            if (await tx.connection.execute(older)).first() is None:
                return
        await asyncio.sleep(0.05)
    raise AssertionError("codes are left")
