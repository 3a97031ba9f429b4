"""What is beyond its time is erased, to the second, and nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Table, func, insert, select

from core.days import start_of_day
from core.policy import RetentionPolicy
from core.store import tables
from core.store.retention import PASSING, empty_the_log, erase_what_is_old
from core.store.store import Store, Transaction
from core.store.tables import DONE, PARKED, WAITING
from tests.core.store.people import NOON, register

KEEP = RetentionPolicy()
SECOND = timedelta(seconds=1)
AGED = [
    (tables.challenges, "expires_at", timedelta(days=KEEP.passcode_days)),
    (tables.dispatches, "made_at", timedelta(days=KEEP.message_id_days)),
    (tables.uploads, "made_at", PASSING),
    (tables.proofs, "made_at", timedelta(days=KEEP.proof_days)),
    (tables.codes, "issued_at", timedelta(days=KEEP.code_days)),
    (tables.audit, "at", timedelta(days=KEEP.audit_days)),
    (tables.chats, "seen_at", timedelta(days=KEEP.draft_days)),
]


async def put(tx: Transaction, table: Table, **values: object) -> None:
    """Insert a row; what is not named has some value of its type."""
    some = {
        column.name: b"x" if column.type.python_type is bytes else column.type.python_type(1)
        for column in table.columns
        if not column.nullable and column.name != "number"
    }
    await tx.connection.execute(insert(table), {**some, **values})


async def count(tx: Transaction, table: Table) -> int:
    return await tx.connection.scalar(select(func.count()).select_from(table)) or 0


@pytest.mark.parametrize(("table", "column", "kept"), AGED, ids=lambda value: str(value))
async def test_each_table_has_its_time(
    store: Store, table: Table, column: str, kept: timedelta
) -> None:
    limit = (NOON - kept).timestamp()
    async with store.writing() as tx:
        keys = [c.name for c in table.primary_key if c.name != "number"]
        for number, at in enumerate((limit - 1, limit, limit + 1)):
            key = {
                k: bytes([number]) if k == "id" and table is tables.codes else str(number)
                for k in keys
            }
            await put(tx, table, **key, **{column: at})
        assert await erase_what_is_old(tx.connection, KEEP, NOON) == 1
        ages = (await tx.connection.scalars(select(table.c[column]).order_by(column))).all()
        assert ages == [limit, limit + 1]
        assert await erase_what_is_old(tx.connection, KEEP, NOON) == 0, "again, it does no harm"


async def test_visit_records_are_kept_by_hong_kong_days(store: Store) -> None:
    async with store.writing() as tx:
        first = start_of_day((NOON - timedelta(days=KEEP.visit_days - 1)).date())
        for holder, exported in (("old", first - SECOND), ("kept", first)):
            await put(tx, tables.exports, holder=holder, exported_at=exported.timestamp())
        await erase_what_is_old(tx.connection, KEEP, NOON)
        assert (await tx.connection.scalars(select(tables.exports.c.holder))).all() == ["kept"]


async def test_a_registration_that_nobody_uses_goes_with_all_that_hangs_on_it(
    store: Store,
) -> None:
    later = NOON + timedelta(days=KEEP.registration_days)
    hanging = (tables.holders, tables.links, tables.exports, tables.proofs, tables.codes)
    async with store.writing() as tx:
        known = await register(tx)
        used = await register(tx, "web:2", number="G123456(A)")
        for number, who in enumerate((known, used)):
            at = later.timestamp()
            await put(tx, tables.exports, holder=who.id, exported_at=at)
            await put(tx, tables.proofs, holder=who.id, made_at=at)
            await put(tx, tables.codes, id=bytes([number]), holder=who.id, issued_at=at)
        await tx.people.change(used, used.holder, b"index", later)
        await erase_what_is_old(tx.connection, KEEP, later)
        assert [await count(tx, table) for table in hanging] == [2] * 5
        await erase_what_is_old(tx.connection, KEEP, later + SECOND)
        assert [await count(tx, table) for table in hanging] == [1] * 5
        assert await tx.people.of_chat("web:2") is not None


async def test_a_chat_that_speaks_for_somebody_stays(store: Store) -> None:
    async with store.writing() as tx:
        await register(tx)
        for chat in ("web:1", "web:2"):
            await put(tx, tables.chats, id=chat, seen_at=0.0)
        await erase_what_is_old(tx.connection, KEEP, NOON)
        assert (await tx.connection.scalars(select(tables.chats.c.id))).all() == ["web:1"]


@pytest.mark.parametrize(("state", "kept"), [(WAITING, True), (DONE, False), (PARKED, False)])
async def test_messages_are_forgotten_when_the_work_on_them_is_over(
    store: Store, state: int, kept: bool
) -> None:
    old = (NOON - timedelta(days=KEEP.message_id_days) - SECOND).timestamp()
    async with store.writing() as tx:
        await put(tx, tables.inbox, received_at=old, state=state, body=b"body")
        await put(tx, tables.outbox, made_at=old, state=state, body=b"body")
        await erase_what_is_old(tx.connection, KEEP, NOON)
        assert await count(tx, tables.inbox) == int(kept)
        bodies = (await tx.connection.scalars(select(tables.outbox.c.body))).all()
    assert bodies in ([b"body"] if kept else [], [None])
    assert (b"body" in bodies) == kept


async def test_of_a_transcript_the_words_go_first(store: Store) -> None:
    week = timedelta(days=KEEP.message_days)
    async with store.writing() as tx:
        for age in (week + SECOND, week):
            at = (NOON - age).timestamp()
            await put(tx, tables.outbox, made_at=at, state=DONE, body=b"body")
        await erase_what_is_old(tx.connection, KEEP, NOON)
        rows = select(tables.outbox.c.body).order_by(tables.outbox.c.number)
        assert (await tx.connection.scalars(rows)).all() == [None, b"body"]


async def test_the_log_is_emptied_where_there_is_one(store: Store) -> None:
    async with store.reading() as tx:
        await empty_the_log(tx.connection)
