"""The loop that chains the audit log: it keeps up, keeps a check-point, and says what is wrong."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, select, update

from bot.operator.kept_checkpoint import FILE, kept
from bot.upkeep import chaining
from bot.upkeep.chaining import Chaining, chain_all, in_words
from core.store.audit import PIECE
from core.store.audit_check import Whole, check
from core.store.store import Store
from core.store.tables import audit, audit_chain, checkpoints
from core.vault import KeyRing
from tests.bot.machine import until
from tests.clock import NOON, TestClock
from tests.core.store.chains import drop_triggers, write
from tests.world import World


async def acts(store: Store, clock: TestClock, *objects: str) -> None:
    async with store.writing() as tx:
        await write(tx, clock(), *objects)


async def run(statement: Any, store: Store) -> None:
    await drop_triggers(store)
    async with store.writing() as tx:
        await tx.connection.execute(statement)


@pytest.fixture
async def chain(store: Store, tmp_path: Path, clock: TestClock) -> AsyncIterator[Chaining]:
    """The loop of a process whose folder is `tmp_path`."""
    yield Chaining(store, tmp_path, clock)


def errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR]


async def test_all_that_waits_is_chained_in_pieces(store: Store, clock: TestClock) -> None:
    await acts(store, clock, *map(str, range(PIECE + 3)))
    await chain_all(store, clock)
    assert (await check(store)).waiting == 0
    async with store.reading() as tx:
        before = await tx.audit.newest_signed()
    await chain_all(store, clock)
    async with store.reading() as tx:
        assert await tx.audit.newest_signed() == before, "where nothing waits nothing is written"


async def test_the_check_point_in_the_folder_is_ten_minutes_old_at_most(
    store: Store, chain: Chaining, clock: TestClock, tmp_path: Path
) -> None:
    ten, file = timedelta(minutes=10), tmp_path / FILE

    async def look_at(age: timedelta = ten) -> int:
        await chain.look(age)
        checkpoint = kept(file, store.ring)
        return checkpoint.place if checkpoint else 0

    assert await look_at() == 0
    await acts(store, clock, "a")
    assert await look_at() == 1
    assert file.stat().st_mode & 0o777 == 0o600
    await acts(store, clock, "b")
    assert await look_at() == 1
    clock.jump(minutes=10)
    assert await look_at() == 2
    await acts(store, clock, "c")
    assert await look_at(timedelta()) == 3, "as when the program stops"
    clock.jump(minutes=-5)
    await acts(store, clock, "d")
    assert await look_at() == 4, "a clock that was put back"


@pytest.mark.errors_expected
async def test_a_check_point_that_is_not_true_any_more_stays(
    store: Store,
    chain: Chaining,
    clock: TestClock,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await acts(store, clock, "a", "b")
    await chain.look()
    before = (tmp_path / FILE).read_bytes()
    for table in (audit, audit_chain, checkpoints):
        await run(delete(table), store)
    await acts(store, clock, "c")
    for _ in range(3):
        await chain.look()
    assert (tmp_path / FILE).read_bytes() == before
    told = (
        "the audit log is not chained as it should be: a check-point in audit-checkpoint.cbor stays"
    )
    assert [line.startswith(told) for line in errors(caplog)] == [True]
    await chain.check()
    assert "THE AUDIT LOG IS NOT WHOLE" in errors(caplog)[-1]


@pytest.mark.errors_expected
async def test_what_fails_is_told_once_and_tried_again(
    store: Store,
    chain: Chaining,
    clock: TestClock,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(chaining, "EVERY", 0.01)
    await acts(store, clock, "a")
    real, tries = chaining.chain_all, 0

    async def fails(*arguments: Any) -> None:
        nonlocal tries
        tries += 1
        if tries < 4:
            raise OSError("A123456(3)")
        await real(*arguments)

    monkeypatch.setattr(chaining, "chain_all", fails)
    task = asyncio.create_task(chain.keep_chaining())
    await until(lambda: (tmp_path / FILE).exists())
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    [line] = errors(caplog)
    assert line.startswith("the audit log is not chained as it should be: OSError at ")
    assert "A123456" not in caplog.text


@pytest.mark.errors_expected
async def test_another_key_ring_chains_nothing_and_says_so(
    store: Store,
    chain: Chaining,
    clock: TestClock,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await acts(store, clock, "a")
    await chain.look()
    await acts(store, clock, "b")
    other = Store(store.writer, store.reader, KeyRing.generate(NOON), store.policy)
    await Chaining(other, tmp_path, clock).look()
    [line] = errors(caplog)
    assert line.endswith(": a check-point is not signed by a key of this key ring")
    async with store.reading() as tx:
        assert await tx.connection.scalar(select(func.count()).select_from(audit_chain)) == 1
    await Chaining(other, tmp_path, clock).check()
    assert errors(caplog)[-1].startswith("the audit log could not be checked: audit-checkpoint")


async def test_a_check_point_of_what_was_let_go_of_is_replaced(
    store: Store, chain: Chaining, clock: TestClock, tmp_path: Path
) -> None:
    await acts(store, clock, "a")
    await chain.look()
    await acts(store, clock, "b", "c")
    await chain_all(store, clock)
    async with store.writing() as tx:
        assert await tx.audit.forget(clock() + timedelta(days=1), clock()) == 3
    await chain.check()
    await chain.look()
    checkpoint = kept(tmp_path / FILE, store.ring)
    assert checkpoint is not None
    assert checkpoint.place == 3


@pytest.mark.errors_expected
async def test_a_check_that_cannot_be_made_is_told_without_its_words(
    store: Store,
    chain: Chaining,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails() -> None:
        raise OSError("A123456(3)")

    monkeypatch.setattr(store, "reading", fails)
    await chain.check()
    [line] = errors(caplog)
    assert line.startswith("the audit log could not be checked: OSError at ")
    assert "A123456" not in line


@pytest.mark.errors_expected
async def test_the_log_is_checked_again_and_again(
    store: Store,
    chain: Chaining,
    clock: TestClock,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(chaining, "CHECKED_EVERY", 0.01)
    await acts(store, clock, "a")
    await chain.look()
    task = asyncio.create_task(chain.keep_checking())
    await until(lambda: caplog.text.count("the audit log is whole: 1 entry") > 1)
    await run(update(audit).values(act="nothing"), store)
    await until(lambda: len(errors(caplog)) > 1)
    assert all(line.startswith("THE AUDIT LOG IS NOT WHOLE: ") for line in errors(caplog))
    task.cancel()


@pytest.mark.errors_expected
async def test_at_the_start_a_broken_log_is_told_loudly_and_people_are_served(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with World(tmp_path) as world:
        store, person = world.app.store, await world.on_web()
        await acts(store, world.clock, "a", "b")
        await until(lambda: "the audit log is whole" in caplog.text)
        await run(update(audit).where(audit.c.number == 2).values(act="nothing"), store)
        await world.app.chaining.check()
        assert "THE AUDIT LOG IS NOT WHOLE: " in errors(caplog)[-1]
        await person.starts()
        assert await person.hears()


async def test_when_the_program_stops_nothing_waits(tmp_path: Path) -> None:
    async with World(tmp_path) as world:
        await acts(world.app.store, world.clock, "a")
        settings, ring = world.app.settings, world.app.store.ring
    checkpoint = kept(settings.data / FILE, ring)
    assert checkpoint is not None
    assert checkpoint.place >= 1


def test_a_log_is_told_in_one_sentence() -> None:
    at = NOON.timestamp()
    assert in_words(Whole()) == "The audit log is whole: it has no entries yet."
    assert in_words(Whole(1, at, at)) == (
        "The audit log is whole: 1 entry from 2021-12-10 12:00 to 2021-12-10 12:00, Hong Kong time."
    )
    assert in_words(Whole(3, at, at, 1)).endswith("; 1 of them waits for its place in the chain.")
    assert in_words(Whole(1_234, at, at + 3600, 2)) == (
        "The audit log is whole: 1,234 entries from 2021-12-10 12:00 to 2021-12-10 13:00, "
        "Hong Kong time; 2 of them wait for their place in the chain."
    )
