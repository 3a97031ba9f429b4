"""Counts by period."""

from __future__ import annotations

import asyncio

from sqlalchemy import select

from core.store.store import Store
from core.store.tallies import Tallies, count_of
from tests.core.store.people import NOON


async def test_events_are_counted_by_name_and_period(store: Store) -> None:
    async with store.writing() as tx:
        tallies = Tallies(tx.connection)
        for name, period in (("a", "1"), ("a", "1"), ("a", "2"), ("b", "1")):
            await tallies.add(name, period, NOON)
        assert await tallies.of("a", ["1", "2", "3"]) == {"1": 2, "2": 1}
        for period, count in (("1", 2), ("3", 0)):
            assert await tx.connection.scalar(select(count_of("a", period))) == count


async def test_many_at_once_are_all_counted(store: Store) -> None:
    async def add() -> None:
        async with store.writing() as tx:
            await Tallies(tx.connection).add("a", "1", NOON)

    await asyncio.gather(*(add() for _ in range(25)))
    async with store.reading() as tx:
        assert await Tallies(tx.connection).of("a", ["1"]) == {"1": 25}
