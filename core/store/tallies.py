"""Counts of events by period: global limits that survive a restart."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Insert, bindparam, delete, func, select

from core.store.connection import Connection
from core.store.dialects import insert_or_set, one_of
from core.store.tables import tallies

_COUNTS = select(tallies.c.period, tallies.c.count).where(
    tallies.c.name == bindparam("of_name"),
    one_of(tallies.c.period, "periods"),
)


@cache
def _add(dialect: str) -> Insert:
    count = tallies.c.count + 1
    return insert_or_set(dialect, tallies, count=count, counted_at=bindparam("at"))


class Tallies:
    """Counts, in the open transaction."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    async def add(self, name: str, period: str, now: datetime | None = None) -> None:
        """Count one event. The count is erased some time after its last; without `now`, never."""
        at = now and now.timestamp()
        await self.connection.execute(
            _add(self.connection.dialect.name),
            {"name": name, "period": period, "count": 1, "counted_at": at, "at": at},
        )

    async def clear(self, name: str, period: str) -> None:
        """Begin to count anew."""
        await self.connection.execute(
            delete(tallies).where(tallies.c.name == name, tallies.c.period == period)
        )

    async def of(self, name: str, periods: Sequence[str]) -> dict[str, int]:
        """Return the counts of some periods."""
        rows = await self.connection.execute(_COUNTS, {"of_name": name, "periods": periods})
        return {period: count for period, count in rows}


def count_of(name: str, period: Any) -> ColumnElement[int]:
    """Return the count of one period, as an expression of a larger statement."""
    return (
        select(func.coalesce(func.sum(tallies.c.count), 0))
        .where(tallies.c.name == name, tallies.c.period == period)
        .scalar_subquery()
    )
