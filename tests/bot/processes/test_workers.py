"""The process beside ours: what it draws and reads, and what happens when it dies."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import msgspec
import pytest
import uvloop

from bot.channels import TryAgain
from bot.processes.workers import Workers
from core.answer import Invalid
from core.colour import Colour
from core.conversation.messages import Card
from core.picture import WORDS, draw
from core.visits import Export, Reading, VisitPolicy, read_export, read_exports
from tests.corpus import NOW, Upload, as_json, export, visit_uploads, zipped

CARD = Card(
    colour=Colour.GREEN,
    code="HK1:ABC",
    name=["C*** T** M**"],
    tail="456(3)",
    issued_at=datetime(2021, 12, 10, 4, tzinfo=UTC),
    expires_at=datetime(2021, 12, 10, 15, 59, 59, tzinfo=UTC),
    language="en",
)


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    running = Workers()
    running.warm()
    yield running
    running.close()


async def test_a_card_is_drawn_as_it_is_here(workers: Workers) -> None:
    assert await workers.draw(CARD) == draw(CARD)


async def test_visits_are_read_as_they_are_here(workers: Workers) -> None:
    data = as_json(export())
    read = await workers.read_visits(data, "a.json", NOW, VisitPolicy())
    assert Export.from_bytes(read) == read_export(
        data, name="a.json", now=NOW, policy=VisitPolicy()
    )


async def test_what_it_can_no_longer_open_changes_no_answer(workers: Workers) -> None:
    names = (["C*** T** M**", "陳*文"], ["W" * 60, "陳" * 40], ["\U0002a6a5"])
    for colour, language, name in product(Colour, WORDS, names):
        for challenge in ("", "4711"):
            card = msgspec.structs.replace(
                CARD, colour=colour, language=language, name=name, challenge=challenge
            )
            assert await workers.draw(card) == draw(card)
    old_name = zipped(("cafe.json", as_json(export()))).replace(b"cafe.json", b"caf\x82.json")
    for upload in [*visit_uploads(), Upload("cp437.zip", old_name, "")]:
        found = ""
        try:
            read = await workers.read_visits(upload.data, upload.name, NOW, VisitPolicy())
            Export.from_bytes(read)
        except Invalid as invalid:
            found = invalid.code
        assert found == upload.code, upload.name


async def test_several_exports_are_read_as_they_are_here(workers: Workers) -> None:
    data = zipped(("a.json", as_json(export())), ("b.json", b"no export"))
    read = await workers.read_exports(data, "all.zip", NOW, VisitPolicy())
    here = read_exports(data, name="all.zip", now=NOW, policy=VisitPolicy())
    assert Reading.from_bytes(read) == here
    assert [reading.error for reading in here] == ["", "not_export"]
    with pytest.raises(Invalid) as caught:
        await workers.read_exports(b"no export", "a.json", NOW, VisitPolicy())
    assert (caught.value.code, caught.value.params) == ("not_export", {"name": "a.json"})


async def test_what_is_wrong_with_visits_comes_back_whole(workers: Workers) -> None:
    with pytest.raises(Invalid) as caught:
        await workers.read_visits(b"x" * 3_000_000, "a.json", NOW, VisitPolicy())
    assert (caught.value.code, caught.value.params) == ("too_large", {"limit_kb": 2000})


async def test_the_loop_goes_on_meanwhile(workers: Workers) -> None:
    cards, turns = 20, 0
    many = asyncio.gather(*(workers.draw(CARD) for _ in range(cards)))
    while not many.done():
        await asyncio.sleep(0)
        turns += 1
    await many
    # Drawn in the loop, each card would leave it one turn.
    assert turns > 10 * cards


async def test_a_process_that_dies_is_replaced() -> None:
    workers = Workers()
    await workers.draw(CARD)
    (first,) = workers.pids
    # It answers none of them before it dies, however long we are kept from killing it.
    os.kill(first, signal.SIGSTOP)
    cut_off = asyncio.gather(*(workers.draw(CARD) for _ in range(3)), return_exceptions=True)
    await asyncio.sleep(0)
    os.kill(first, signal.SIGKILL)
    died = await cut_off
    assert any(isinstance(each, TryAgain) for each in died)
    assert await workers.draw(CARD) == draw(CARD)
    (second,) = workers.pids
    assert second != first
    workers.close()
    workers.close()
    assert workers.pids == []


async def test_a_process_that_died_while_nobody_asked_is_replaced_too() -> None:
    workers = Workers()
    await workers.draw(CARD)
    os.kill(workers.pids[0], signal.SIGKILL)
    for _ in range(100):
        if not workers.pids or await drawn(workers):
            break
        await asyncio.sleep(0.01)
    assert await workers.draw(CARD) == draw(CARD)
    workers.close()


async def drawn(workers: Workers) -> bool:
    """Tell whether a card could be drawn."""
    try:
        return bool(await workers.draw(CARD))
    except TryAgain:
        return False


async def test_nobody_gets_what_somebody_else_asked_for(workers: Workers) -> None:
    """Also where one who asked has gone away meanwhile."""
    cards = [msgspec.structs.replace(CARD, tail=f"{number:03}(3)") for number in range(9)]
    asked = [asyncio.create_task(workers.draw(card)) for card in cards]
    await asyncio.sleep(0)
    asked[3].cancel()
    pictures = await asyncio.gather(*asked, return_exceptions=True)
    assert isinstance(pictures.pop(3), asyncio.CancelledError)
    del cards[3]
    assert pictures == [draw(card) for card in cards]


def test_another_loop_is_served_too() -> None:
    workers = Workers()

    async def leaves() -> None:
        asking = asyncio.create_task(workers.draw(CARD))
        await asyncio.sleep(0)
        asking.cancel()

    async def asks() -> bytes:
        return await workers.draw(CARD)

    asyncio.run(leaves())
    assert asyncio.run(asks()) == draw(CARD)
    assert uvloop.run(asks()) == draw(CARD)
    workers.close()


@pytest.mark.parametrize("said", [b"\xff\xff\xff\xff", b"\0\0\0\x01\xc1", b"\0\0\0\x01"], ids=repr)
async def test_a_process_that_talks_nonsense_is_ended(
    said: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = f"import os, sys; sys.stdin.buffer.read(1); os.write(1, {said!r})"
    monkeypatch.setattr("bot.processes.workers.START", program)
    workers = Workers()
    with pytest.raises(TryAgain):
        await workers.draw(CARD)
    assert workers.pids == []
    workers.close()


async def test_what_nobody_has_foreseen_ends_neither_the_process_nor_silently(
    workers: Workers,
) -> None:
    before = workers.pids
    with pytest.raises(RuntimeError, match=r"^ValueError at .*qr_code.py:\d+"):
        await workers.draw(msgspec.structs.replace(CARD, code="A" * 5_000))
    assert await workers.draw(CARD) == draw(CARD)
    assert workers.pids == before


def test_a_worker_knows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEALTHCODE_TELEGRAM_TOKEN", "secret")
    workers = Workers()
    workers.warm()
    environment = Path(f"/proc/{workers.pids[0]}/environ").read_bytes()
    assert environment == b""
    workers.close()


def test_nothing_is_left_behind_when_the_program_is_killed(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "import asyncio, os, signal\n"
        "from bot.processes.workers import Workers\n"
        "workers = Workers()\n"
        "workers.warm()\n"
        "print(*workers.pids, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    root = str(Path(__file__).parents[3])
    done = subprocess.run(
        [sys.executable, str(program)],
        env={**os.environ, "PYTHONPATH": root},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    worker = Path(f"/proc/{int(done.stdout)}")
    for _ in range(100):
        if not worker.exists() or "Z" in (worker / "stat").read_text().rpartition(")")[2][:3]:
            return
        signal.sigtimedwait([], 0.05)
    raise AssertionError("the worker outlived its parent")


async def test_a_process_that_hangs_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    workers = Workers()
    await workers.draw(CARD)
    monkeypatch.setattr("bot.processes.workers.LONGEST", 0.5)
    os.kill(workers.pids[0], signal.SIGSTOP)
    with pytest.raises(TryAgain, match="hangs"):
        await workers.draw(CARD)
    monkeypatch.undo()
    assert await workers.draw(CARD) == draw(CARD)
    workers.close()
