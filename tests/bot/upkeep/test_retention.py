"""What the program keeps of somebody, and for how long, when he never comes back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import ColumnElement, func, insert, select

from bot.upkeep import retention
from core.days import hong_kong_day
from core.store import tables
from core.store.retention import ROWS, Step
from core.store.store import Store
from handlers.welcome import Welcome
from tests.bot.machine import until
from tests.clock import TestClock
from tests.reading import expect_question
from tests.stories.script import Tenant, gets_code, registers
from tests.world import World

KEPT: dict[str, Callable[[], ColumnElement[Any]]] = {
    "one-time codes": lambda: select(func.count()).select_from(tables.challenges),
    "SMS counted": lambda: select(func.count()).select_from(tables.dispatches),
    "words": lambda: select(func.count(tables.outbox.c.body)),
    "ids of messages": lambda: select(func.count()).select_from(tables.inbox),
    "proof": lambda: select(func.count()).select_from(tables.proofs),
    "visits": lambda: select(func.count()).select_from(tables.exports),
    "codes": lambda: select(func.count()).select_from(tables.codes),
    "registration": lambda: select(func.count()).select_from(tables.holders),
    "link": lambda: select(func.count()).select_from(tables.links),
    "chat": lambda: select(func.count()).select_from(tables.chats),
    "consent": lambda: select(func.count()).select_from(tables.consents),
    # The program itself makes keys meanwhile.
    "audit": lambda: select(func.count()).where(tables.audit.c.act != "key made"),
}  # type: ignore[dict-item]

LAST_DAYS = [
    (1, {"one-time codes"}),
    (7, {"words"}),
    (21, {"proof"}),
    (30, {"ids of messages", "SMS counted"}),
    (31, {"codes"}),
    (180, {"registration", "link", "chat", "consent"}),
    (730, {"audit"}),
]
"""Days after which these are gone, as docs/policy.md says."""


async def what_is_kept(store: Store) -> set[str]:
    async with store.reading() as tx:
        return {name for name, count in KEPT.items() if await tx.connection.scalar(count())}


async def days_of_visits(world: World, chat: str) -> set[int]:
    """Return how many Hong Kong days ago somebody's visits ended that are still kept."""
    async with world.app.store.reading() as tx:
        known = await tx.people.of_chat(chat)
        export = known and await tx.people.export_of(known)
    assert export
    today = hong_kong_day(world.clock())
    return {(today - hong_kong_day(visit.left)).days for visit in export.visits}


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "EVERY", 0.01)


async def looks(world: World) -> None:
    """Wait until the program has looked for what is old, as it does every hour."""
    looked = asyncio.Event()
    real = retention.empty_the_log

    async def noted(connection: Any) -> None:
        await real(connection)
        looked.set()

    for _ in range(2):  # The one that is under way may have begun before.
        looked.clear()
        retention.empty_the_log = noted
        await asyncio.wait_for(looked.wait(), 10)
    retention.empty_the_log = real


@pytest.mark.errors_expected
async def test_each_thing_is_kept_for_its_time_and_no_longer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # The clock tells of years that pass here; it is not set.
    monkeypatch.setattr(retention, "SET_AHEAD", timedelta(days=1_000))
    async with World(tmp_path) as world:
        person, begins = await world.on_web(), world.clock()
        await registers(world, person, Tenant())
        await gets_code(world, person, "en")
        store = world.app.store
        (chat,) = [c for c in await chats(store) if c.startswith("web:")]
        kept = await what_is_kept(store)
        assert kept == set(KEPT)
        visited = await days_of_visits(world, chat)
        assert min(visited) < 7
        assert max(visited) > 23
        for days, gone in LAST_DAYS:
            world.clock.set(begins + timedelta(days=days, minutes=-1))
            await looks(world)
            assert kept <= await what_is_kept(store) | {"visits"}, f"{days} days"
            if days in (7, 21):
                left = {ago + days for ago in visited if ago + days < 31}
                assert await days_of_visits(world, chat) == left, f"{days} days"
            if days == 31:
                assert "visits" not in await what_is_kept(store)
            world.clock.set(begins + timedelta(days=days, hours=1))
            await looks(world)
            kept -= gone
            assert await what_is_kept(store) - {"visits"} == kept - {"visits"}, f"{days} days"
        await person.says("hello")
        expect_question(await person.hears(), Welcome.consent)
    # Nobody has changed the keys in two years, and the program says so.
    errors = {record.name for record in caplog.records if record.levelno >= logging.ERROR}
    assert errors <= {"bot.upkeep.publication"}


async def chats(store: Store) -> list[str]:
    async with store.reading() as tx:
        return list(await tx.connection.scalars(select(tables.chats.c.id)))


@pytest.mark.errors_expected
async def test_a_look_that_fails_is_taken_again_and_told_without_its_words(
    store: Store,
    clock: TestClock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    looked: list[str] = []

    class Three:
        async def step(self, _: object) -> Step:
            return Step(3, more=False)

    def failing(*_: object) -> list[Three]:
        looked.append("")
        if len(looked) < 3:
            raise RuntimeError("at A123456(3)")
        return [Three()]

    monkeypatch.setattr(retention, "sweeps", failing)
    with caplog.at_level(logging.INFO):
        task = asyncio.create_task(retention.keep_erasing(store, clock))
        await until(lambda: len(looked) > 4)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    said = [
        record.getMessage() for record in caplog.records if record.name == "bot.upkeep.retention"
    ]
    assert [line.partition(":")[0] for line in said[:3]] == [
        "what is old could not be erased",
        "what is old could not be erased",
        "3 rows were older than they may be, and are erased",
    ]
    assert "A123456" not in caplog.text


@pytest.mark.errors_expected
@pytest.mark.parametrize("ends", ["set right", "a day has passed"])
async def test_nothing_is_erased_by_a_clock_that_was_set_ahead(
    store: Store,
    clock: TestClock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    ends: str,
) -> None:
    looked: list[datetime] = []
    slept = 0
    go_on = asyncio.Event()

    async def an_hour(_: float) -> None:
        nonlocal slept
        slept += 1
        go_on.clear()
        await go_on.wait()

    def sweeps(_: object, now: datetime) -> list[Any]:
        looked.append(now)
        return []

    async def later() -> None:
        before = slept
        go_on.set()
        await until(lambda: slept > before)

    monkeypatch.setattr(retention, "sweeps", sweeps)
    monkeypatch.setattr(retention, "asyncio", SimpleNamespace(sleep=an_hour))
    task = asyncio.create_task(retention.keep_erasing(store, clock))
    await until(lambda: slept)
    await later()
    clock.jump(minutes=9)
    await later()
    assert len(looked) == 3
    clock.jump(days=31)
    for _ in range(23):
        await later()
    assert len(looked) == 3
    assert "set ahead by 44640 minutes" in caplog.text
    if ends == "set right":
        clock.jump(days=-31)
    else:
        await later()
    await later()
    await later()
    assert len(looked) == 5
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


@pytest.mark.errors_expected
async def test_what_cannot_be_erased_keeps_nothing_else_from_it(
    store: Store, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    swept: list[str] = []

    class Damaged:
        async def step(self, _: object) -> Step:
            raise RuntimeError

    class Whole:
        async def step(self, _: object) -> Step:
            swept.append("rows")
            return Step(0, more=False)

    async def failing(*_: object) -> None:
        raise RuntimeError

    async def visits(*_: object) -> None:
        swept.append("visits")

    monkeypatch.setattr(retention, "end_waiting", failing)
    monkeypatch.setattr(retention, "erase_entries", failing)
    monkeypatch.setattr(retention, "sweeps", lambda *_: [Damaged(), Whole()])
    monkeypatch.setattr(retention, "erase_visits", visits)
    task = asyncio.create_task(retention.keep_erasing(store, clock))
    await until(lambda: swept == ["rows", "visits"])
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_turns_come_in_while_many_rows_are_erased(store: Store, clock: TestClock) -> None:
    table, many = tables.dispatches, 5 * ROWS
    filling = {"challenge": "", "chat": "", "phone": b"", "block": b"", "made_at": 0.0}
    async with store.writing() as tx:
        rows = [{"id": str(row), **filling} for row in range(many)]
        await tx.connection.execute(insert(table), rows)
    erasing = asyncio.create_task(retention.erase_rows(store, clock))
    left = {many}
    while not erasing.done():
        async with store.writing() as tx:
            left.add(await tx.connection.scalar(select(func.count()).select_from(table)))
        await asyncio.sleep(0)
    assert left >= {many, many - ROWS, ROWS}
    await erasing
