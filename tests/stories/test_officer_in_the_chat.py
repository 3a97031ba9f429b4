"""A holder gets his code in one chat, an officer checks it in another, as it happens at a gate."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from core.colour import Colour
from core.conversation.messages import Card
from core.conversation.texts import Language
from core.credential import expiry, issue
from core.gate.live import accepted
from core.identity import DocumentType, normalise
from core.picture import draw
from core.signing.issuer_keys import IssuerKey
from core.store import tables
from core.store.staff import Role
from core.vault import KeyRing
from tests.corpus_proofs import image, pdf, png_claiming
from tests.photos import photo
from tests.reading import expect
from tests.stories.canary import files_in, sightings
from tests.stories.everywhere import EVERYWHERE
from tests.stories.script import Guest, Resident, Step, gets_code, registers
from tests.world import PATIENCE, TEXTS, Heard, OnTelegram, Person, World

_numbers = itertools.count(1)

STRANGERS = "G123456(A)"
"""A document that nobody here has."""


@dataclass
class Traveller(Guest):
    """A guest with a passport of the authority's specimen."""

    passport: str = "L898902C3"

    def document(self) -> list[Step]:
        *others, (question, _) = super().document()
        return [*others, (question, self.passport)]


async def officer(world: World, channel: str, language: str) -> Person:
    """Return somebody whom the operator has made an officer."""
    person = await world.person(channel, language)
    await person.starts()
    expect(await person.hears(), "welcome.consent.ask", language)
    async with world.app.store.writing() as tx:
        word = await tx.staff.add("chan", Role.OFFICER, world.clock())
    await person.says(word)
    heard = expect(await person.hears(), "staff.enrolled.officer", language)
    assert list(heard.buttons) == ["live_challenge", "officer_help"]
    return person


def taken(*cards: bytes, **how: Any) -> bytes:
    """Return a photo as they are: not quite straight, a little blurred, with a reflection."""
    return photo(
        cards, **{"tilt": 0.1, "turn": 15, "blur": 1.5, "glare": 0.1, "quality": 60, **how}
    )


def card(
    world: World,
    number: str,
    colour: Colour = Colour.GREEN,
    name: str = "L* K* Y*",
    ring: KeyRing | None = None,
) -> bytes:
    """Draw the card of somebody, signed by us or by a forger."""
    now = world.clock().replace(microsecond=0)
    key = IssuerKey.current(ring or world.app.store.ring, now)
    code = issue(
        key,
        name=name,
        colour=colour,
        document=(DocumentType.HKID.code, normalise(DocumentType.HKID, number)),
        issued_at=now,
        expires_at=expiry(key, now),
        code_id=next(_numbers).to_bytes(8, "big"),
    )
    return draw(Card(colour, code, [name], number[-5:], now, expiry(key, now), "en"))


async def shows(person: Person, picture: bytes) -> Heard:
    """Send a photo; return the verdict."""
    await person.sends("IMG_0042.jpg", picture)
    return await person.hears()


async def types(person: Person, document: str) -> Heard:
    """Type the number of the document in hand; return the verdict."""
    await person.says(document)
    return await person.hears()


def advised(heard: Heard, advice: str, language: str) -> Heard:
    """Fail where the first words are not that advice."""
    assert heard.text.startswith(TEXTS.say(language, f"officer.advice.{advice}") + "\n"), heard.text
    return heard


@EVERYWHERE
async def test_a_code_is_checked_against_the_document_in_hand(
    tmp_path: Path, channel: str, language: str
) -> None:
    async with World(tmp_path) as world:
        holder, resident = await world.person(channel, language), Resident(language)
        await registers(world, holder, resident)
        code = (await gets_code(world, holder, language)).picture
        gate = await officer(world, channel, language)
        seen = taken(code)
        heard = advised(await shows(gate, seen), "pass_if", language)
        expect(heard, "officer.colour.green", language)
        expect(heard, "officer.document.none", language)
        assert "C*** T** M**" in heard.text
        heard = advised(await types(gate, STRANGERS), "refuse", language)
        expect(heard, "officer.reason.other_document", language)
        heard = advised(await types(gate, resident.number), "pass", language)
        expect(heard, "officer.document.match", language)
        forger = KeyRing.generate(world.clock())
        heard = advised(
            await shows(gate, taken(card(world, STRANGERS, ring=forger))), "refuse", language
        )
        expect(heard, "officer.reason.unknown_key", language)
        world.clock.jump(days=1)
        heard = advised(await shows(gate, seen), "refuse", language)
        expect(heard, "officer.reason.expired", language)
        await nothing_stays_of(world, gate, [resident.number, STRANGERS])


async def nothing_stays_of(world: World, gate: Person, numbers: list[str]) -> None:
    """Fail where a document that an officer has typed stands in anything that is kept of it."""
    store = world.app.store
    kept: dict[str, bytes] = files_in(world.folder)
    async with store.reading() as tx:
        transit = store.ring.transit()
        for row in await tx.connection.execute(select(tables.chats)):
            if row.id.startswith("web:") or row.id == gate.chat:
                opened = store.ring.owner(row.key).open(row.session, f"chats|session|{row.id}")
                kept[f"session {row.id}"] = opened
        for row in await tx.connection.execute(select(tables.inbox)):
            assert row.body is None, "what was answered is gone"
        for row in await tx.connection.execute(select(tables.outbox)):
            if row.body is not None:
                kept[f"reply {row.number}"] = transit.open(row.body, f"outbox|body|{row.chat}")
        audit = [str(tuple(row)) for row in await tx.connection.execute(select(tables.audit))]
        kept["audit"] = "\n".join(audit).encode()
        assert not (await tx.connection.execute(select(tables.uploads))).all()
    bare = [normalise(DocumentType.HKID, number) for number in numbers]
    assert sightings({"document": [*numbers, *bare, *(b[:-1] for b in bare)]}, kept) == []
    assert f"session {gate.chat}" in kept or not isinstance(gate, OnTelegram)


@EVERYWHERE
async def test_a_screenshot_cannot_answer_the_officers_digits(
    tmp_path: Path, channel: str, language: str
) -> None:
    async with World(tmp_path) as world:
        holder, resident = await world.person(channel, language), Traveller(language)
        await registers(world, holder, resident)
        screenshot = (await gets_code(world, holder, language)).picture
        gate = await officer(world, channel, language)
        world.clock.jump(minutes=7)
        await gate.presses("live_challenge")
        heard = expect(await gate.hears(), "officer.challenge", language)
        digits = next(
            each
            for chat in await chats_of(world)
            for each in accepted(world.app.store.ring, chat, world.clock())
            if " ".join(each) in heard.text
        )
        heard = advised(await shows(gate, taken(screenshot)), "refuse", language)
        expect(heard, "officer.reason.other_challenge", language)
        expect(heard, "officer.live.missing", language)
        await holder.presses("live_code")
        expect(await holder.hears(), "live_code.digits.ask", language)
        await holder.says("123")
        expect(await holder.hears(), "live_code.digits.error.digits", language)
        await holder.says(digits)
        answer = expect(await holder.hears(), "live_code.answer", language)
        heard = advised(await shows(gate, taken(answer.picture)), "pass_if", language)
        expect(heard, "officer.live.seen", language)
        expect(await types(gate, resident.passport), "officer.ask_kind", language)
        await gate.presses("passport")
        heard = advised(await gate.hears(), "pass", language)
        expect(heard, "officer.document.match", language)
        expect(heard, "officer.live.seen", language)


async def chats_of(world: World) -> list[str]:
    async with world.app.store.reading() as tx:
        return list(await tx.connection.scalars(select(tables.chats.c.id)))


@EVERYWHERE
async def test_several_codes_in_one_picture_are_told_by_their_places(
    tmp_path: Path, channel: str, language: str
) -> None:
    async with World(tmp_path) as world:
        gate = await officer(world, channel, language)
        family = [
            card(world, "A123456(3)", Colour.GREEN, "A* B*"),
            card(world, "C668668(9)", Colour.RED, "C* D*"),
        ]
        heard = await shows(gate, taken(*family, size=(1600, 1200), glare=0))
        green, red, *_ = heard.text.split("\n\n")
        assert green.startswith(TEXTS.say(language, "officer.advice.pass_if"))
        assert red.startswith(TEXTS.say(language, "officer.advice.refuse_red"))
        for block, name, place in ((green, "A* B*", "left"), (red, "C* D*", "right")):
            assert name in block
            assert TEXTS.say(language, f"officer.place.{place}") in block
        expect(await types(gate, STRANGERS), "officer.none_matches", language)
        heard = advised(await types(gate, "C668668(9)"), "refuse_red", language)
        assert "A* B*" not in heard.text
        advised(await types(gate, "A123456(3)"), "pass", language)


@pytest.mark.parametrize("language", list(Language))
async def test_an_album_of_photos_on_telegram_and_the_number_is_deleted(
    tmp_path: Path, language: str
) -> None:
    async with World(tmp_path) as world:
        gate = await officer(world, "telegram", language)
        assert isinstance(gate, OnTelegram)
        forger = KeyRing.generate(world.clock() - timedelta(hours=1))
        for cards in (
            [card(world, "A123456(3)", name="A* B*")],
            [card(world, "C668668(9)", ring=forger)],
            [],
        ):
            await gate.side.sends_file("photo.jpg", taken(*cards), as_photo=True, album="family")
        expected = ("pass_if", "refuse")
        for number in (1, 2, 3):
            heard = await gate.hears()
            assert TEXTS.say(language, "officer.picture", number=number) in heard.text
            if number <= len(expected):
                advised(heard, expected[number - 1], language)
        expect(heard, "officer.no_code", language)
        for typed, advice in (("A123456(4)", ""), ("A123456(3)", "pass")):
            heard = await types(gate, typed)
            if advice:
                advised(heard, advice, language)
            await is_deleted(world, gate)


async def is_deleted(world: World, gate: OnTelegram) -> None:
    """Wait until his last message is gone from the chat: no reply waits for that."""
    async with asyncio.timeout(PATIENCE):
        while (gate.side.chat, gate.side.last_message) not in world.bot_api.deleted:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_an_officer_who_was_removed_is_a_resident_again(tmp_path: Path) -> None:
    async with World(tmp_path) as world:
        gate = await officer(world, "telegram", "en")
        good = taken(card(world, "A123456(3)"))
        advised(await shows(gate, good), "pass_if", "en")
        async with world.app.store.writing() as tx:
            await tx.staff.remove("chan", world.clock())
        heard = await types(gate, "A123456(3)")
        assert "live_challenge" not in heard.buttons
        expect(heard, "welcome.consent.ask")
        await gate.presses("agree")
        expect(await gate.hears(), "registration.document.ask")


@pytest.mark.parametrize("channel", ["telegram", "web"])
async def test_files_that_harm_are_answered_and_the_next_photo_is_read(
    tmp_path: Path, channel: str
) -> None:
    async with World(tmp_path) as world:
        gate = await officer(world, channel, "en")
        for content, error in (
            (b"", "empty"),
            (pdf(), "file_type"),
            (b"\0\0\0\x18ftypheic" + bytes(1000), "file_type"),
            (png_claiming(20_000, 20_000), "pixels"),
            (image("PNG", (200, 200))[:150], "unreadable"),
            (b"\xff\xd8\xff" + bytes(900_000), "unreadable"),
        ):
            expect(await shows(gate, content), f"officer.error.{error}")
        expect(await shows(gate, image("JPEG", (640, 480))), "officer.no_code")
        advised(await shows(gate, taken(card(world, "A123456(3)"))), "pass_if", "en")
