"""Codes of a withdrawn key: all are withdrawn, each holder hears of his, and no others."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from sqlalchemy import func, select

from core.store import signed_by
from core.store.codes import Assessed, Why
from core.store.people import Known
from core.store.signed_by import count_signed_by, withdraw_signed_by
from core.store.store import Store, Transaction
from core.store.tables import codes, inbox
from tests.core.store.people import NOON, register
from tests.core.store.test_codes import GREEN, assessed

HOUR = timedelta(hours=1)
OLD, NEW = b"old-key.", b"new-key."
VOID = {OLD: NOON + HOUR}
GOOD: Assessed = assessed(GREEN)


async def keep(
    tx: Transaction, known: Known, number: int, kid: bytes = OLD, ends: datetime = NOON + HOUR
) -> bytes:
    """Keep a code that a key signed; return its id."""
    code_id = number.to_bytes(8, "big")
    await tx.codes.keep(
        known,
        GOOD,
        code_id=code_id,
        kid=kid,
        chat="web:1",
        issued_at=ends - HOUR,
        expires_at=ends,
    )
    return code_id


async def withdrawn(tx: Transaction) -> dict[bytes, str]:
    rows = await tx.connection.execute(
        select(codes.c.id, codes.c.withdrawn_why).where(codes.c.withdrawn_at.is_not(None))
    )
    return {row.id: row.withdrawn_why for row in rows}


async def test_all_that_are_alive_are_withdrawn_and_told_once(store: Store) -> None:
    async with store.writing() as tx:
        known = await register(tx)
        alive = {await keep(tx, known, number) for number in (1, 2)}
        await keep(tx, known, 3, kid=NEW)
        await keep(tx, known, 4, ends=NOON - HOUR)
        before = await keep(tx, known, 5)
        await tx.codes.withdraw([before], Why.HEALTH, NOON)
        assert await count_signed_by(tx, VOID, NOON) == 2
        assert await count_signed_by(tx, {b"no key": NOON}, NOON) == 0
        assert await withdraw_signed_by(tx, VOID, NOON) == 2
        assert await withdraw_signed_by(tx, VOID, NOON) == 0
        expected = {**dict.fromkeys(alive, "key"), before: "health"}
        assert await withdrawn(tx) == expected
        told = await tx.connection.scalars(select(inbox.c.message))
        assert set(told) == {f"web:withdrawn:{code_id.hex()}" for code_id in alive}


async def test_of_a_distrusted_key_only_what_was_issued_before(store: Store) -> None:
    async with store.writing() as tx:
        known = await register(tx)
        old = await keep(tx, known, 1, ends=NOON)  # An hour earlier.
        await keep(tx, known, 2, ends=NOON + timedelta(seconds=1))
        newer = await keep(tx, known, 3, kid=NEW, ends=NOON + HOUR)
        void = {OLD: NOON - HOUR + timedelta(seconds=1), NEW: NOON + timedelta(seconds=1)}
        assert await count_signed_by(tx, void, NOON) == 2
        assert await withdraw_signed_by(tx, void, NOON) == 2
        assert await withdrawn(tx) == {old: "key", newer: "key"}
        assert await tx.codes.revoked(NOON) == [], "the keys say it"


async def test_verifiers_need_not_be_told_of_each_as_the_key_says_it(store: Store) -> None:
    async with store.writing() as tx:
        known = await register(tx)
        await keep(tx, known, 1)
        other = await keep(tx, known, 2, kid=NEW)
        await tx.codes.withdraw([other], Why.HEALTH, NOON)
        await withdraw_signed_by(tx, VOID, NOON)
        assert await tx.codes.revoked(NOON) == [other[:4]]


async def test_several_processes_share_the_work(store: Store) -> None:
    count = 3 * signed_by.AT_ONCE + 1
    async with store.writing() as tx:
        known = await register(tx)
        for number in range(count):
            await keep(tx, known, number)

    async def work() -> int:
        done = 0
        while True:
            async with store.writing() as tx:
                some = await withdraw_signed_by(tx, VOID, NOON)
            if not some:
                return done
            done += some

    assert sum(await asyncio.gather(work(), work())) == count
    async with store.reading() as tx:
        assert await tx.connection.scalar(select(func.count()).select_from(inbox)) == count
        assert await count_signed_by(tx, VOID, NOON) == 0
