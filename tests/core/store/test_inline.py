"""SQLite in the loop's own thread, as the store uses it."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import event, make_url, select, text
from sqlalchemy.exc import IntegrityError, OperationalError

from core.store import inline
from core.store.inline import OVER, RETRY, SLOW, InlineEngine, Replaced
from core.store.store import Store
from core.store.tables import chats, outbox
from tests.core.store.people import NOON


def engine(tmp_path: Path, connections: int = 1) -> InlineEngine:
    """An engine on a new file."""
    return InlineEngine(make_url(f"sqlite:///{tmp_path / 'a.sqlite3'}"), connections)


async def begun(tmp_path: Path, connections: int = 1) -> InlineEngine:
    """An engine on a new file, with the table t."""
    made = engine(tmp_path, connections)
    async with made.begin() as connection:
        await connection.execute(text("CREATE TABLE t (n INTEGER)"))
    return made


async def put(where: InlineEngine, number: int) -> None:
    async with where.begin() as connection:
        await connection.execute(text("INSERT INTO t VALUES (:n)"), {"n": number})


async def kept(where: InlineEngine) -> list[Any]:
    async with where.connect() as connection:
        return list(await connection.scalars(text("SELECT n FROM t ORDER BY n")))


async def test_a_transaction_is_kept_or_undone(tmp_path: Path) -> None:
    here, other = await begun(tmp_path), engine(tmp_path)
    with pytest.raises(ZeroDivisionError):
        async with here.begin() as connection:
            await connection.execute(text("INSERT INTO t VALUES (1)"))
            raise ZeroDivisionError
    assert await kept(other) == []
    await put(here, 2)
    assert await kept(other) == [2]
    await here.dispose()
    await other.dispose()


async def test_writers_wait_for_one_another(tmp_path: Path) -> None:
    here, order = await begun(tmp_path), []

    async def writer(number: int) -> None:
        async with here.begin() as connection:
            order.append(number)
            await asyncio.sleep(0.01)
            await connection.execute(text("INSERT INTO t VALUES (:n)"), {"n": number})
            order.append(number)

    await asyncio.gather(*map(writer, range(3)))
    assert order == [0, 0, 1, 1, 2, 2]
    assert await kept(here) == [0, 1, 2]
    await here.dispose()


async def test_sqlalchemy_finds_all_it_needs(tmp_path: Path, store: Store) -> None:
    row = {"id": "web:1", "key": b"k", "session": b"s", "seen_at": NOON.timestamp()}
    async with store.writing() as tx:
        inserted = await tx.connection.execute(
            outbox.insert().values(route="web", chat="web:1", made_at=0, due_at=0)
        )
        assert inserted.inserted_primary_key == (1,)
        await tx.connection.execute(chats.insert(), [row])
        found = await tx.connection.scalar(
            select(chats.c.id).where(chats.c.id.regexp_match("^web:"))
        )
        assert found == "web:1"
    with pytest.raises(IntegrityError):
        async with store.writing() as tx:
            await tx.connection.execute(chats.insert(), [row])


class Disk:
    """A disk whose commits take some seconds, or until it `turns`, and the threads that waited for
    it.

    To the engine they take just those seconds, however busy the machine is.
    """

    def __init__(self, where: InlineEngine, monkeypatch: pytest.MonkeyPatch) -> None:
        self.takes = self.taken = 0.0
        self.asked, self.turns = threading.Event(), threading.Event()
        self.turns.set()
        self.waited: list[bool] = []
        event.listen(where.sync_engine, "commit", self._commit)
        clocks = SimpleNamespace(monotonic=time.monotonic, perf_counter=lambda: self.taken)
        monkeypatch.setattr(inline, "time", clocks)

    def _commit(self, _: Any) -> None:
        self.waited.append(threading.current_thread() is threading.main_thread())
        self.asked.set()
        time.sleep(self.takes)
        self.turns.wait(10)
        self.taken += self.takes


async def test_the_loop_does_not_wait_for_a_slow_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = await begun(tmp_path)
    disk = Disk(here, monkeypatch)
    await put(here, 0)
    assert disk.waited == [True]
    disk.takes = SLOW * 1.2 * OVER
    await put(here, 1)
    disk.waited.clear()
    disk.takes = 0.0
    for number in range(RETRY + 1):
        await put(here, number)
    # And tries after a time whether it has become fast.
    assert disk.waited == [False] * RETRY + [True]
    await here.dispose()


async def test_one_long_commit_is_no_slow_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = await begun(tmp_path)
    disk = Disk(here, monkeypatch)
    disk.takes = SLOW * 2
    await put(here, 0)
    disk.takes = 0.0
    await put(here, 1)
    assert disk.waited == [True, True]
    await here.dispose()


async def test_a_commit_in_a_thread_is_waited_for_by_who_is_cancelled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = await begun(tmp_path)
    disk = Disk(here, monkeypatch)
    monkeypatch.setattr(inline, "SLOW", -1.0)
    await put(here, 0)
    disk.asked.clear()
    disk.turns.clear()
    putting = asyncio.create_task(put(here, 1))
    assert await asyncio.to_thread(disk.asked.wait, 10)
    putting.cancel()
    assert not (await asyncio.wait([putting], timeout=0.05))[0]
    disk.turns.set()
    with pytest.raises(asyncio.CancelledError):
        await putting
    assert await kept(here) == [0, 1]
    await put(here, 2)
    assert await kept(here) == [0, 1, 2]
    assert disk.waited == [True, False, False]
    await here.dispose()


async def test_nothing_is_written_where_another_file_is_in_place_of_the_database(
    tmp_path: Path,
) -> None:
    """A backup that is put back beside the running program, which would go on in the old file."""
    here = await begun(tmp_path)
    await put(here, 1)
    file, away = tmp_path / "a.sqlite3", tmp_path / "away"
    file.rename(away)
    with pytest.raises(Replaced):
        await put(here, 2)
    file.write_bytes(b"another")
    with pytest.raises(Replaced):
        await put(here, 3)
    assert file.read_bytes() == b"another"
    away.rename(file)
    await put(here, 4)
    assert await kept(here) == [1, 4]
    await here.dispose()


async def test_a_commit_that_fails_is_undone(tmp_path: Path) -> None:
    here = await begun(tmp_path)

    def full(_: Any) -> None:
        raise OSError("no space left")

    event.listen(here.sync_engine, "commit", full)
    with pytest.raises(OSError, match="no space"):
        await put(here, 1)
    event.remove(here.sync_engine, "commit", full)
    assert await kept(here) == []
    await put(here, 2)
    assert await kept(here) == [2]
    await here.dispose()


async def test_a_writer_waits_for_another_process_and_the_loop_goes_on(tmp_path: Path) -> None:
    here, other = await begun(tmp_path), sqlite3.connect(tmp_path / "a.sqlite3")
    other.execute("BEGIN IMMEDIATE")
    writing = asyncio.create_task(put(here, 1))
    longest = 0.0
    for _ in range(20):
        before = time.perf_counter()
        await asyncio.sleep(0.01)
        longest = max(longest, time.perf_counter() - before)
    assert not writing.done()
    assert longest < 1
    other.rollback()
    other.close()
    await writing
    assert await kept(here) == [1]
    await here.dispose()


async def test_a_writer_does_not_wait_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inline, "PATIENCE", 0.05)
    here, other = await begun(tmp_path), sqlite3.connect(tmp_path / "a.sqlite3")
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(OperationalError, match="locked"):
        await put(here, 1)
    other.rollback()
    other.close()
    await put(here, 2)
    assert await kept(here) == [2]
    await here.dispose()
