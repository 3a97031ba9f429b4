"""Whole journeys of people whose every answer is a canary, through all kinds of trouble.

Afterwards nothing of them stands in the clear in any file, log line or temporary file; and once
they had themselves erased, not even what was sealed is left.
"""

from __future__ import annotations

import asyncio
import io
import json
import logging
import random
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from PIL import Image

from bot import inbox, outbox
from bot.channels import telegram, telegram_request
from bot.logs import QUIET, Discreet, unhandled
from core.conversation.messages import Text
from core.conversation.turn import Turn
from core.visits.venue import Venue, make_qr
from handlers.health_code import HealthCode
from handlers.privacy import Erasure
from handlers.registration import Registration
from tests.corpus_proofs import in_root, named, pdf
from tests.loopback import twilio
from tests.loopback.faults import Fault
from tests.loopback.telegram import TOKEN
from tests.reading import expect, expect_question
from tests.stories.canary import files_in, forms, sightings
from tests.stories.questions import Sent
from tests.stories.script import (
    Step,
    Tenant,
    answers,
    consents,
    declares,
    expect_code,
    export_for,
)
from tests.world import Heard, OnTelegram, OnWeb, Person, World

VENUE = ("Quimbrady Fishball Palace", "鱻龘魚蛋皇宮")
PLATE = "ZX7351"
JPEG, PNG = b"\xff\xd8\xff\xe0\0\x10JFIF", b"\x89PNG\r\n\x1a\n"
SECRETS = {
    "bot token": [TOKEN, TOKEN.partition(":")[2]],
    "Twilio's token": [twilio.TOKEN, f"{twilio.ACCOUNT}:{twilio.TOKEN}"],
}


@dataclass
class Canary(Tenant):
    """Somebody whose every answer is found again wherever it stands."""

    mobile: str = "91732846"
    english: str = "ZABRISKE Quillon"
    chinese: str = "歐陽鱻龘"
    birthday: tuple[str, str] = ("29 July 1931", "1931年7月29日")
    address: str = "Flat 7Q, Quimbrady House, 1931 Vexlow Lane"
    proof: bytes = b""
    seen: dict[str, list[str | bytes]] = field(default_factory=dict)

    def steps(self) -> list[Step]:
        said = {
            Registration.english_name: f"{self.english} {self.chinese}",
            Registration.address: self.address,
            Registration.proof: Sent(self.proof, f"{self.english}.pdf"),
        }
        return [(asked, said.get(asked, given)) for asked, given in super().steps()]

    def canaries(self) -> dict[str, list[str | bytes]]:
        """Return all that must not be found, by what it is."""
        bare = self.number.translate({ord(char): None for char in "()"})
        middle = len(self.proof) // 2
        return {
            "number": [self.number, bare, bare[:-1]],
            "mobile": [self.mobile, f"{self.mobile[:4]} {self.mobile[4:]}"],
            "English name": [self.english, *self.english.split()],
            "Chinese name": [self.chinese],
            "birthday": [*self.birthday, "1931-07-29", "29/07/1931", "19310729"],
            "address": [self.address, "Quimbrady House", "Vexlow"],
            "proof": [self.proof[:200], self.proof[middle : middle + 40], JPEG],
            "picture": [PNG],
            "visits": [*VENUE, PLATE],
            **self.seen,
        }


def records(world: World) -> bytes:
    """Return an export in which every place is a canary."""
    export = json.loads(export_for(world))
    for visit in export["visits"]:
        if "qr" in visit:
            visit["qr"] = make_qr(Venue("Zq7Xw3Lp", *VENUE, "MARKET"))
        else:
            visit.update(venue="Zq7Xw3Lp", name_en=VENUE[0], name_zh=VENUE[1])
    for ride in export["taxis"]:
        ride["plate"] = PLATE
    return json.dumps(export).encode()


def photo() -> bytes:
    """Return a photo of a bill, with a canary behind it."""
    chance, stream = random.Random(7), io.BytesIO()
    picture = Image.new("RGB", (300, 200))
    picture.putdata([(chance.randrange(256),) * 3 for _ in range(300 * 200)])
    picture.save(stream, "JPEG")
    return stream.getvalue()


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    """The log as the program writes it, at its most talkative."""
    file, root, levels = tmp_path / "log.txt", logging.getLogger(), {}
    for name in ("", *QUIET):
        levels[name] = logging.getLogger(name).level
        logging.getLogger(name).setLevel(logging.WARNING if name else logging.DEBUG)
    handler = logging.FileHandler(file)
    handler.setFormatter(Discreet())
    root.addHandler(handler)
    yield file
    root.removeHandler(handler)
    handler.close()
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let what fails be tried again soon, and temporary files be found."""
    for owner, name in ((inbox, "BACKOFF"), (outbox, "BACKOFF"), (telegram, "FIRST_WAIT")):
        monkeypatch.setattr(owner, name, 0.001)
    monkeypatch.setattr(telegram_request, "READ_TIMEOUT", 1.5)
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setattr(tempfile, "tempdir", None)


TROUBLE = {
    "an update could not be read": 4,
    "could not take updates in, trying on: POST /bot.../sendMessage …": 1,
    "a cycle of turns failed: ValueError at": 16,
    ", try 8: ValueError at": 2,
    "a message could not be deleted from a chat: /bot.../deleteMessage": 1,
    "a web request failed: RuntimeError": 2,
}
"""What the log must tell of, and how often at least: else nothing was tried."""


def was_logged(log: Path) -> None:
    """Fail where there was less trouble than there should have been."""
    logged = log.read_text()
    for trouble, least in TROUBLE.items():
        assert logged.count(trouble) >= least, f"{trouble!r} was no trouble"


SEALED = {
    "chats": ("session",),
    "holders": ("key", "record", "document"),
    "exports": ("body",),
    "proofs": ("body",),
    "codes": ("body",),
    "uploads": ("body",),
    "inbox": ("body",),
    "outbox": ("body",),
}
"""Columns with what a person told us."""


def cells(world: World) -> set[bytes]:
    """Return all that is sealed in the store just now."""
    file = world.folder / "healthcode.sqlite3"
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        return {
            cell
            for table, columns in SEALED.items()
            for row in connection.execute(f"SELECT {', '.join(columns)} FROM {table}")  # noqa: S608
            for cell in row
            if cell
        }


def stumbles(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let turns crash, with the answer in the error's words: some messages twice, some for ever."""
    conversation = world.app.inbox.conversation
    take, left = conversation.take, {"stumble": 2, "poison": 10_000}

    async def crash(turn: Turn) -> None:
        body = turn.incoming.body
        for word in left:
            if isinstance(body, Text) and word in body.text and left[word]:
                left[word] -= 1
                raise ValueError(f"cannot read {body.text!r}: {turn.session.answers}")
        await take(turn)

    monkeypatch.setattr(conversation, "take", crash)


async def trouble_on_telegram(world: World, person: Person, canary: Canary) -> None:
    """Let the Bot API fail in all its ways, and bring what cannot be read."""
    assert isinstance(person, OnTelegram)
    faults, quoted = world.bot_api.faults, f"POST /bot{TOKEN}/sendMessage {canary.number}"
    faults.add(Fault(method="getUpdates", status=502, description=quoted))
    faults.add(Fault(method="sendMessage", status=500, description=quoted, times=2))
    faults.add(Fault(method="deleteMessage", status=400, description=f"/bot{TOKEN}/deleteMessage"))
    faults.add(Fault(method="getFile", hang=3.0))
    faults.add(Fault(method="sendPhoto", status=500, description=quoted))
    faults.add(Fault(method="getFile", status=500, description=quoted))
    user, chat = person.side.user_object(), person.side.chat_object()
    broken: list[dict[str, Any]] = [
        {"message": {"message_id": canary.number, "chat": chat, "from": user}},
        {"message": {"message_id": 1, "date": canary.english, "chat": chat, "text": canary.number}},
        {"callback_query": {"id": canary.mobile, "from": user, "data": [canary.chinese]}},
        {"edited_message": canary.address},
    ]
    for update in broken:
        world.bot_api.push(**update)


async def trouble_on_the_web(world: World, person: Person, canary: Canary) -> None:
    """Send what is not of our page, and let what is fail."""
    assert isinstance(person, OnWeb)
    with pytest.raises(AssertionError, match="went wrong"):
        await person.sends(f"{canary.english}.json", records(world))
    async with person.session.get(f"{person.url}/picture/{person.seen}") as answer:
        assert answer.status == 500
    for frame in (canary.number, json.dumps({"type": "text", "text": [canary.english]}), "{"):
        await person.socket.send_str(frame)
    elsewhere = f"{person.url}/{quote(canary.address)}?{canary.number}"
    async with person.session.get(elsewhere) as answer:
        assert answer.status == 404
    reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(person.url).port)
    writer.write(f"GET / HTTP/1.1\r\nHost: x\r\n{canary.number} {canary.mobile}\r\n\r\n".encode())
    assert b" 400 " in await reader.readline()
    writer.close()
    await writer.wait_closed()


def fails_once(monkeypatch: pytest.MonkeyPatch, owner: object, name: str, canary: Canary) -> None:
    """Let a method fail the first time, with canaries in the error's words."""
    real, left = getattr(owner, name), [1]

    async def failing(*arguments: Any, **more: Any) -> Any:
        if left:
            left.pop()
            raise RuntimeError(f"{canary.number} {canary.english} {arguments}")
        return await real(*arguments, **more)

    monkeypatch.setattr(owner, name, failing)


async def journey(world: World, person: Person, canary: Canary, sealed: set[bytes]) -> Heard:
    """Go from hello to the first code, with every kind of mistake on the way."""
    await consents(person, "en", "agree_erase")
    await person.says(f"stumble {canary.number.replace('(', '((')}")
    expect(await person.hears(), "registration.number.error.format")
    await person.says(f"poison {canary.number} {canary.mobile} {canary.english} {canary.address}")
    expect(await person.hears(), "engine.undelivered.message")
    await person.says("/back")
    heard = await person.hears()
    heard = await answers(world, person, canary, heard)
    canary.seen["passcode"] = [await world.sms("+852" + canary.mobile)]
    sealed |= cells(world)
    expect_question(heard, HealthCode.conditions)
    expect_question(await declares(person, "en", "symptoms"), HealthCode.visits)
    for broken in (records(world)[:-30], records(world).replace(b'"in"', b'"on"')):
        await person.sends(f"{canary.english}.json", broken)
        await person.hears()
    await person.sends(f"{canary.english}.json", records(world))
    heard = expect_code(world, await person.hears(), "red", "en")
    sealed |= cells(world)
    return heard


@pytest.mark.parametrize("place", ["start", "middle", "end"])
def test_the_search_finds_each_canary_in_each_form(place: str) -> None:
    chance, canaries = random.Random(7), Canary(proof=photo()).canaries()
    canaries["passcode"] = ["028461"]
    for name, values in {**SECRETS, **canaries}.items():
        for canary in values:
            for how, form in forms(canary):
                noise = chance.randbytes(chance.randrange(10_000, 10_010)) + b" "
                before = b"" if place == "start" else noise
                after = b"" if place == "end" else b" " + noise
                text = {"file": before + form + after}
                assert f"{name} as {how} in file" in sightings({name: [canary]}, text), canary


def test_the_search_finds_nothing_where_nothing_is() -> None:
    texts = {"noise": random.Random(7).randbytes(3_000_000), "nothing": b"", "little": b"ab"}
    canaries = {**Canary(proof=photo()).canaries(), "passcode": ["028461"]}
    assert sightings(canaries, texts) == []
    assert sightings(canaries, {"a number": b"9028461, 0284617, x028461"}) == []


@pytest.mark.errors_expected
@pytest.mark.usefixtures("impatient")
async def test_nothing_is_found_of_people_in_trouble_nor_anything_of_the_erased(
    tmp_path: Path,
    log: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(unhandled)
    folder, sealed = tmp_path / "data", set[bytes]()
    bill = pdf(lambda writer: in_root("/Lang", named(), writer))
    people = [Canary(proof=bill + b"%CANARY-OF-A-BILL"), Canary(mobile="95518274", proof=photo())]
    found: list[str] = []

    def search(*canaries: dict[str, list[str | bytes]]) -> None:
        said = "".join(capfd.readouterr()).encode()
        texts = {**files_in(folder, tmp_path / "tmp"), "log.txt": log.read_bytes(), "said": said}
        for some in (SECRETS, *canaries):
            found.extend(sightings(some, texts))

    async with World(folder) as world:
        stumbles(world, monkeypatch)
        assert world.app.web is not None
        chats = [world.on_telegram(), await world.on_web()]
        await trouble_on_telegram(world, chats[0], people[0])
        world.phones.faults.add(Fault(status=500, description=people[0].mobile))
        await journey(world, chats[0], people[0], sealed)
        await journey(world, chats[1], people[1], sealed)
        for owner, name in ((world.app.web._store, "keep"), (world.app.web._files, "_draw")):
            fails_once(monkeypatch, owner, name, people[1])
        await trouble_on_the_web(world, chats[1], people[1])
        canaries = [person.canaries() for person in people]
        assert (folder / "healthcode.sqlite3-wal").stat().st_size > 0
        search(*canaries)
        for person in chats:
            await person.says("/details")
            await person.hears()
            await person.presses("erase")
            expect_question(await person.hears(), Erasure.sure)
        sealed |= cells(world)
        for person in chats:
            await person.presses("erase")
            expect(await person.hears(), "erasure.done")
        search(*canaries)
        assert len(sealed) > 40
        # A large cell is spread over pages of the file: its ends are enough.
        ends = [end for cell in sealed for end in (cell[:64], cell[-32:])]
        found += sightings({"a sealed cell": ends}, files_in(folder))
    search(*canaries)
    assert not found
    was_logged(log)
