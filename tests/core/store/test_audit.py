"""The audit log: append-only, each entry with its place in the chain, old ones let go of."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from core.signing.checkpoint import CheckpointError
from core.store import audit as audits
from core.store.audit_check import Broken, Whole, check
from core.store.store import Store
from core.store.tables import audit, audit_chain, checkpoints
from core.vault import KeyRing
from tests.clock import NOON
from tests.core.store.chains import chained, drop_triggers, rows_of_chain, write

DAY, MINUTE, SECOND = timedelta(days=1), timedelta(minutes=1), timedelta(seconds=1)


async def count(store: Store, *tables: Any) -> list[int]:
    async with store.reading() as tx:
        return [
            await tx.connection.scalar(select(func.count()).select_from(table)) for table in tables
        ]


async def kept(store: Store) -> list[tuple[int, int]]:
    """Return the places of the check-points, and whether the log begins there."""
    async with store.reading() as tx:
        rows = await tx.connection.execute(
            select(checkpoints.c.place, checkpoints.c.begins).order_by(checkpoints.c.place)
        )
        return [(row.place, row.begins) for row in rows]


FORBIDDEN = [
    update(audit).values(act="nothing"),
    update(audit).where(audit.c.number == 1).values(mark=None),
    delete(audit),
    delete(audit).where(audit.c.number == 2),
    update(audit_chain).values(place=audit_chain.c.place + 10),
    delete(audit_chain),
    delete(audit_chain).where(audit_chain.c.place == 1),
]


@pytest.mark.parametrize("statement", FORBIDDEN, ids=str)
@pytest.mark.parametrize("places", [True, False], ids=["in the chain", "waiting"])
async def test_nothing_is_changed_or_deleted(store: Store, statement: Any, places: bool) -> None:
    async with store.writing() as tx:
        await write(tx, NOON, "a", "b")
        if places:
            await tx.audit.extend(NOON)
    if places or statement.table is audit:
        with pytest.raises(DBAPIError, match="append-only"):
            async with store.writing() as tx:
                await tx.connection.execute(statement)
    assert await check(store) == Whole(
        2, NOON.timestamp(), NOON.timestamp() + 1e-6, 0 if places else 2
    )


async def test_nothing_is_replaced_or_emptied(store: Store) -> None:
    async with store.writing() as tx:
        await write(tx, NOON, "a")
    statement = (
        "TRUNCATE audit"
        if store.shared
        else "REPLACE INTO audit (number, at, actor, act, object) VALUES (1, 1, '', '', '')"
    )
    with pytest.raises(DBAPIError, match="append-only"):
        async with store.writing() as tx:
            await tx.connection.execute(text(statement))
    assert (await check(store)).waiting == 1


async def test_an_entry_that_cannot_be_written_undoes_the_act(store: Store) -> None:
    with pytest.raises(DBAPIError):
        async with store.writing() as tx:
            await tx.connection.execute(insert(checkpoints), cell(7))
            await tx.people.record(None, actor="web:1", object="", now=NOON)  # type: ignore[arg-type]
    assert await kept(store) == []


def cell(place: int) -> dict[str, Any]:
    return {"place": place, "begins": 0, "at": 0.0, "body": b"?"}


async def test_places_follow_each_other_whatever_the_numbers(store: Store) -> None:
    async with store.writing() as tx:
        await write(tx, NOON, *"abc")
        assert await tx.audit.extend(NOON) == 3
        assert await tx.audit.extend(NOON) == 0
        await write(tx, NOON + SECOND, *"de")
        assert await tx.audit.extend(NOON + SECOND) == 2
        assert [tuple(row) for row in await rows_of_chain(tx)] == [(n, n) for n in range(1, 6)]
    assert (await check(store)).entries == 5


async def test_a_transaction_that_ends_late_has_its_place_behind_those_that_overtook_it(
    store: Store,
) -> None:
    if not store.shared:
        return  # SQLite has one writer: there is none that could be overtaken.
    async with store.writing() as slow:
        await write(slow, NOON, "slow")
        await chained(store, NOON, "fast")
    async with store.writing() as tx:
        assert await tx.audit.extend(NOON) == 1
        assert [tuple(row) for row in await rows_of_chain(tx)] == [(1, 2), (2, 1)]
    assert (await check(store)).entries == 2


async def test_one_that_ends_very_late_is_found_by_who_looks_at_all(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not store.shared:
        return
    monkeypatch.setattr(audits, "LATE", 1)
    async with store.writing() as slow:
        await write(slow, NOON, "slow")
        await chained(store, NOON, *"abc")
    async with store.writing() as tx:
        assert await tx.audit.extend(NOON) == 0
        assert await tx.audit.extend(NOON, 0) == 1
    assert await check(store) == Whole(4, NOON.timestamp(), NOON.timestamp() + 2e-6)


async def test_one_process_at_a_time_works_on_the_chain(store: Store) -> None:
    if not store.shared:
        return
    async with store.writing() as tx:
        await write(tx, NOON, "a")
    async with store.writing() as first, store.writing() as second:
        assert await first.audit.extend(NOON) == 1
        assert await asyncio.wait_for(second.audit.extend(NOON), 5) == 0
        assert await second.audit.forget(NOON + DAY, NOON) == 0


async def test_of_check_points_one_is_kept_for_ten_minutes_or_1000_entries(store: Store) -> None:
    for minute in range(24):
        await chained(store, NOON + minute * MINUTE, "a")
    assert await kept(store) == [(1, 0), (10, 0), (19, 0), (24, 0)]
    assert (await check(store)).entries == 24


async def test_many_entries_at_once_keep_check_points_too(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audits, "KEPT_AFTER", 4)
    for _ in range(4):
        await chained(store, NOON, *"ab")
    assert await kept(store) == [(2, 0), (4, 0), (6, 0), (8, 0)]


async def test_the_chain_goes_on_from_what_was_signed_and_not_from_what_stands_there(
    store: Store,
) -> None:
    await chained(store, NOON, *"abc")
    await drop_triggers(store)
    async with store.writing() as tx:
        await tx.connection.execute(update(audit_chain).values(hash=b"x" * 32))
        await write(tx, NOON, "d")
        await tx.audit.extend(NOON + DAY)
    with pytest.raises(Broken, match="at entry 1 one was"):
        await check(store)


async def test_without_any_check_point_the_break_stays(store: Store) -> None:
    await chained(store, NOON, *"abc")
    async with store.writing() as tx:
        await tx.connection.execute(delete(checkpoints))
    await chained(store, NOON, "d")
    with pytest.raises(Broken, match="at entry 4 one was removed"):
        await check(store)


async def test_on_a_check_point_of_another_ring_nothing_is_built(store: Store) -> None:
    await chained(store, NOON, "a")
    other = Store(store.writer, store.reader, KeyRing.generate(NOON), store.policy)
    with pytest.raises(CheckpointError, match="is not signed by a key of this key ring"):
        await chained(other, NOON, "b")


async def test_old_entries_go_from_the_beginning_to_the_second(store: Store) -> None:
    for second in range(4):
        await chained(store, NOON + second * SECOND, "a")
    async with store.writing() as tx:
        assert await tx.audit.forget(NOON, NOON + DAY) == 0
        assert await tx.audit.forget(NOON + 2 * SECOND, NOON + DAY) == 2
        assert await tx.audit.forget(NOON + 2 * SECOND, NOON + DAY) == 0
    assert await count(store, audit, audit_chain) == [2, 2]
    assert await kept(store) == [(2, 1), (4, 0)]
    assert await check(store) == Whole(
        2, (NOON + 2 * SECOND).timestamp(), (NOON + 3 * SECOND).timestamp()
    )
    async with store.writing() as tx:
        assert await tx.audit.forget(NOON + DAY, NOON + DAY) == 2
    assert await check(store) == Whole()
    newest = await chained(store, NOON + 2 * DAY, "b")
    assert newest.place == 5
    assert (await check(store, newest)).entries == 1


async def test_what_has_no_place_yet_does_not_go(store: Store) -> None:
    async with store.writing() as tx:
        await write(tx, NOON, "a")
        assert await tx.audit.forget(NOON + DAY, NOON + DAY) == 0
    assert await count(store, audit) == [1]


async def test_an_entry_that_was_made_older_keeps_its_time(store: Store) -> None:
    await chained(store, NOON, "a")
    await chained(store, NOON + DAY, "b")
    await drop_triggers(store)
    async with store.writing() as tx:
        await tx.connection.execute(update(audit).values(at=0.0))
        assert await tx.audit.forget(NOON, NOON + 2 * DAY) == 0
        # What was signed before that instant is as old, whatever stands there now.
        assert await tx.audit.forget(NOON + SECOND, NOON + 2 * DAY) == 1
    with pytest.raises(Broken, match="entry 2 was changed"):
        await check(store)


async def test_a_check_point_that_was_made_older_lets_nothing_go(store: Store) -> None:
    await chained(store, NOON, "a")
    await drop_triggers(store)
    async with store.writing() as tx:
        await tx.connection.execute(update(audit).values(at=0.0))
        await tx.connection.execute(update(checkpoints).values(at=0.0))
        assert await tx.audit.forget(NOON, NOON + DAY) == 0


async def test_a_check_point_holds_until_its_entry_is_gone(store: Store) -> None:
    first = await chained(store, NOON, "a")
    second = await chained(store, NOON + SECOND, "b")
    async with store.writing() as tx:
        assert await tx.audit.holds(first)
        assert await tx.audit.holds(second)
        await tx.audit.forget(NOON + SECOND, NOON + DAY)
        assert await tx.audit.holds(first)
        await tx.audit.forget(NOON + DAY, NOON + DAY)
        assert await tx.audit.holds(first)
        assert await tx.audit.holds(second)
    beyond = await chained(store, NOON + DAY, "c")
    await drop_triggers(store)
    async with store.writing() as tx:
        await tx.connection.execute(delete(audit_chain))
        assert not await tx.audit.holds(beyond)
