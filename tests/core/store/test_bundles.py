"""Bundles: one after the other, whoever signs them."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from sqlalchemy import delete, func, select

from core.store.bundles import Bundles, Kept
from core.store.store import Store, Transaction
from core.store.tables import bundles
from tests.core.store.people import NOON

SECOND = timedelta(seconds=1)
START = int(NOON.timestamp())


async def keep(tx: Transaction, sequence: int, body: bytes = b"bundle") -> bool:
    ends = NOON + timedelta(hours=48)
    return await Bundles(tx.connection).keep(sequence, body, issued_at=NOON, expires_at=ends)


async def test_only_the_newest_is_kept(store: Store) -> None:
    async with store.writing() as tx:
        assert await Bundles(tx.connection).newest() is None
        assert await keep(tx, 7, b"older")
        assert await keep(tx, 9, b"newer")
        assert await Bundles(tx.connection).newest() == Kept(9, b"newer")
        assert await tx.connection.scalar(select(func.count()).select_from(bundles)) == 1


async def test_who_comes_second_keeps_nothing(store: Store) -> None:
    async with store.writing() as tx:
        assert await keep(tx, 7, b"first")
        assert not await keep(tx, 7, b"second")
        assert await Bundles(tx.connection).newest() == Kept(7, b"first")


async def test_the_sequence_grows_also_in_a_store_that_was_put_back(store: Store) -> None:
    async with store.writing() as tx:
        own = Bundles(tx.connection)
        assert await own.next(NOON) == START
        await keep(tx, START)
        assert await own.next(NOON) == START + 1
        await keep(tx, START + 1)
        assert await own.next(NOON - 60 * SECOND) == START + 2, "a clock that was put back"
        await tx.connection.execute(delete(bundles))
        assert await own.next(NOON + 5 * SECOND) == START + 5


async def test_of_two_at_once_one_bundle_is_kept(store: Store) -> None:
    async def sign(body: bytes) -> bool:
        async with store.writing() as tx:
            sequence = await Bundles(tx.connection).next(NOON)
            if store.shared:
                await asyncio.sleep(0.2)
            return await keep(tx, sequence, body)

    first, second = await asyncio.gather(sign(b"first"), sign(b"second"))
    async with store.reading() as tx:
        newest = await Bundles(tx.connection).newest()
        assert newest is not None
    if store.shared:
        assert first != second, "they saw the same store"
        assert newest == Kept(START, b"first" if first else b"second")
    else:
        assert first, "SQLite lets one wait for the other"
        assert second
        assert newest.sequence == START + 1
