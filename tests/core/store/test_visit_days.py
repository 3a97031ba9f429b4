"""Visits go when their own days are over, however new the export is that brought them."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select, update

from core.days import HONG_KONG
from core.store import visit_days
from core.store.store import Store
from core.store.tables import exports
from core.store.visit_days import trim_exports
from core.visits import Export, Visit, VisitKind
from tests.core.store.people import register

NOW = datetime(2022, 1, 10, 15, 0, tzinfo=HONG_KONG)
MIDNIGHT = datetime(2021, 12, 11, tzinfo=HONG_KONG)
"""The first of the 31 Hong Kong days that end on 10 January."""
DAYS = 31
SECOND = timedelta(seconds=1)
ENDS = [MIDNIGHT - SECOND, MIDNIGHT, MIDNIGHT + SECOND, NOW]


def export(ends: list[datetime]) -> Export:
    visits = [
        Visit(VisitKind.VENUE, f"venue{number:03}", end - timedelta(hours=1), end)
        for number, end in enumerate(ends)
    ]
    return Export(visits, date(2021, 11, 1), date(2021, 11, 1), NOW, dropped=2)


async def kept(store: Store, number: int, ends: list[datetime]) -> None:
    """Register somebody with an export."""
    async with store.writing() as tx:
        known = await register(tx, f"web:{number}", number=f"M{number}", document="passport")
        await tx.people.keep_export(known, export(ends), NOW)


async def trimmed(store: Store, now: datetime = NOW) -> tuple[int, int]:
    """Trim all; return in how many batches, and how many visits were erased."""
    after, batches, erased = "", 0, 0
    while batches == 0 or after:
        async with store.writing() as tx:
            after, gone = await trim_exports(tx.connection, tx.ring, DAYS, now, after)
        batches, erased = batches + 1, erased + gone
    return batches, erased


async def ends(store: Store, number: int) -> list[datetime]:
    async with store.reading() as tx:
        known = await tx.people.of_chat(f"web:{number}")
        assert known is not None
        found = await tx.people.export_of(known)
        assert found is not None
        assert found.dropped == 2, "the rest of the export is as it was"
        return [visit.left for visit in found.visits]


async def test_a_visit_goes_at_hong_kong_midnight(store: Store) -> None:
    await kept(store, 1, ENDS)
    await kept(store, 2, ENDS[1:])
    await kept(store, 3, [])
    assert (await trimmed(store))[1] == 1
    assert await ends(store, 1) == await ends(store, 2) == ENDS[1:]
    assert await ends(store, 3) == []
    assert (await trimmed(store))[1] == 0
    assert (await trimmed(store, NOW.replace(hour=23, minute=59)))[1] == 0
    assert (await trimmed(store, NOW.replace(day=11, hour=0)))[1] == 4
    assert await ends(store, 1) == [NOW]


async def test_all_are_reached_in_batches(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visit_days, "BATCH", 3)
    for number in range(7):
        await kept(store, number, ENDS)
    assert await trimmed(store) == (4, 7)
    assert [await ends(store, number) for number in range(7)] == [ENDS[1:]] * 7


@pytest.mark.parametrize("damage", [b"", b"\1damaged"])
async def test_a_damaged_one_stops_no_other(store: Store, damage: bytes) -> None:
    for number in range(3):
        await kept(store, number, ENDS)
    async with store.writing() as tx:
        first = await tx.connection.scalar(select(exports.c.holder).order_by(exports.c.holder))
        await tx.connection.execute(
            update(exports).where(exports.c.holder == first).values(body=damage)
        )
    assert (await trimmed(store))[1] == 2
