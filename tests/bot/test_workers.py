"""The process beside ours: what it draws and reads, and what happens when it dies."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.channels import TryAgain
from bot.workers import Workers
from core.answer import Invalid
from core.assessment import Colour
from core.conversation.messages import Card
from core.picture import draw
from core.visits import Export, Reading, VisitPolicy, read_export, read_exports
from tests.corpus import NOW, as_json, export, zipped

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
    many = asyncio.gather(*(workers.draw(CARD) for _ in range(20)))
    longest = timedelta(0)
    while not many.done():
        began = datetime.now(UTC)
        await asyncio.sleep(0.001)
        longest = max(longest, datetime.now(UTC) - began)
    await many
    assert longest < timedelta(seconds=0.5)


async def test_a_process_that_dies_is_replaced() -> None:
    workers = Workers()
    await workers.draw(CARD)
    assert workers._pool is not None
    for process in list(workers._pool._processes.values()):
        os.kill(process.pid or 0, signal.SIGKILL)
    with pytest.raises(TryAgain):
        await workers.draw(CARD)
    assert await workers.draw(CARD) == draw(CARD)
    workers.close()
    workers.close()


def test_nothing_is_left_behind_when_the_program_is_killed(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "import asyncio, os, signal\n"
        "from bot.workers import Workers\n"
        "if __name__ == '__main__':\n"
        "    workers = Workers()\n"
        "    pid = workers._running().submit(os.getpid).result()\n"
        "    print(pid, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    root = str(Path(__file__).parents[2])
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
