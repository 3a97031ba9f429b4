"""Rows that wait in lanes: what makes one the next of its lane.

Rows are worked on in order within their lane: a chat in the inbox, a chat and a route in the
outbox. Bodies are sealed, and erased as soon as a row is done.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnClause,
    ColumnElement,
    Table,
    and_,
    func,
    literal_column,
    select,
    update,
)

from core.store.connection import Connection
from core.store.tables import WAITING

# A partial index serves only a condition that is written out, not a bound value.
WAITS: ColumnClause[int] = literal_column(str(WAITING))
"""The state of a row that waits, as conditions name it."""

AT_ONCE = 0.0
"""When a row is due that waits for nothing but its turn: also where the clock is set back."""


def first(rows: Table, *lane: str) -> ColumnElement[bool]:
    """Tell whether a row is the oldest of its lane that waits; only such a one is worked on."""
    earlier = rows.alias()
    oldest = select(func.min(earlier.c.number)).where(
        *(earlier.c[name] == rows.c[name] for name in lane), earlier.c.state == WAITS
    )
    return and_(rows.c.state == WAITS, rows.c.number == oldest.scalar_subquery())


def kept(rows: Table) -> ColumnElement[bool]:
    """Tell whether a row does not wait any more and still says something, in the words of the index
    of just these."""
    return and_(rows.c.body.is_not(None), rows.c.state != WAITS)


def in_order(rows: Table) -> ColumnElement[int]:
    """Return what rows that wait are put in order by.

    A sum, as SQLite would go through all rows that there ever were for one in the order of their
    key, only to save sorting the few that wait.
    """
    number: ColumnElement[int] = rows.c.number + literal_column("0")
    return number


async def be_due_sooner(
    connection: Connection, rows: Table, after: datetime, by: timedelta
) -> None:
    """Let rows that wait until after an instant be due sooner: so far was the clock set back."""
    far = rows.c.due_at > after.timestamp()
    sooner = rows.c.due_at - by.total_seconds()
    await connection.execute(update(rows).where(rows.c.state == WAITS, far).values(due_at=sooner))
