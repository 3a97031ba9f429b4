"""Put a list in place of the one before, while the chats go on.

A list may have a million rows. They are brought in some at a time, each time in one transaction,
and count for nothing until all of them are there; then one transaction puts them in force. Wherever
the program is killed, one whole list is in force; the rest goes with the next load.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Insert, Table, delete, func, insert, select, update

from core.plain_error import PlainError
from core.store import tables
from core.store.audit import OPERATOR
from core.store.dialects import insert_or_set
from core.store.lists import EVER, LOADED, Listed
from core.store.store import Store, Transaction
from core.store.tables import lists

ROWS = 1_000
"""Rows in one transaction: tens of milliseconds, in which nobody else can write into SQLite."""

REST = 0.03
"""Seconds between two of them, longer than who waits for SQLite's lock takes to look again."""

FIRST = -1
"""Before the version of any lists: the codes that are assessed again first have this one."""

T = TypeVar("T")


class Superseded(PlainError):
    """Another list of this kind is being loaded by now. The text says so to the operator."""

    def __init__(self, table: Table) -> None:
        super().__init__(f"another list of {table.name} is being loaded, so this one is given up")


async def replace(store: Store, listed: Listed, now: datetime) -> int:
    """Put a list in force in place of the one before; return how many rows it has.

    Raise Superseded, with nothing changed, where another load of it has begun meanwhile.
    """
    load = await _step(store, partial(_begin, table=listed.table))
    rows, count = iter(listed.rows), 0
    while some := list(islice(rows, ROWS)):
        await _step(store, partial(load.add, rows=some))
        count += len(some)
    async with store.writing() as tx:
        await load.put_in_force(tx)
        if listed.decides:
            await tx.lists.tallies.add(LOADED, EVER)
        act = f"{listed.table.name} loaded"
        await tx.people.record(act, actor=OPERATOR, object=str(count), now=now)
    named = load.last if listed.names else None
    while named is not None:
        named = await _step(store, partial(load.put_first, after=named))
    while await _step(store, load.erase_earlier):
        pass
    return count


async def _step(store: Store, step: Callable[[Transaction], Awaitable[T]]) -> T:
    """Take a step in a transaction of its own, then let others write."""
    async with store.writing() as tx:
        done = await step(tx)
    await asyncio.sleep(REST)
    return done


@cache
def _another(dialect: str) -> Insert:
    return insert_or_set(dialect, lists, loading=lists.c.loading + 1)


async def _begin(tx: Transaction, table: Table) -> _Load:
    """Begin to bring a list in; who is at it already is superseded."""
    statement = _another(tx.connection.dialect.name)
    await tx.connection.execute(statement, {"name": table.name, "load": 0, "loading": 1})
    last = select(func.coalesce(func.max(table.c.number), 0))
    return _Load(table, await _newest(tx, table), (await tx.connection.execute(last)).scalar_one())


async def _newest(tx: Transaction, table: Table) -> int:
    """Return the number of the newest load of a list."""
    newest = select(lists.c.loading).where(lists.c.name == table.name)
    number: int = (await tx.connection.execute(newest)).scalar_one()
    return number


@dataclass(frozen=True)
class _Load:
    """The load of a list, by its number. `last`: the last row that was there before it."""

    table: Table
    number: int
    last: int

    async def add(self, tx: Transaction, rows: list[dict[str, Any]]) -> None:
        """Bring some rows in, or raise Superseded."""
        if await _newest(tx, self.table) != self.number:
            raise Superseded(self.table)
        of_this = [row | {"load": self.number} for row in rows]
        await tx.connection.execute(insert(self.table), of_this)

    async def put_in_force(self, tx: Transaction) -> None:
        """Let these rows count instead of those before, or raise Superseded."""
        still = (lists.c.name == self.table.name) & (lists.c.loading == self.number)
        changed = await tx.connection.execute(update(lists).where(still).values(load=self.number))
        if not changed.rowcount:
            raise Superseded(self.table)

    async def put_first(self, tx: Transaction, after: int) -> int | None:
        """Have the codes assessed before all others of whom the next rows name; return the last
        of these rows, None for none. In a city the others take half an hour."""
        t, holders, codes = self.table.c, tables.holders.c, tables.codes.c
        some = select(t.number).where(t.number > after, t.load == self.number)
        rows = (await tx.connection.execute(some.order_by(t.number).limit(ROWS))).scalars().all()
        if not rows:
            return None
        named = (
            select(holders.id)
            .join(self.table, t.document == holders.document)
            .where(t.number.between(rows[0], rows[-1]), t.load == self.number)
        )
        urgent = (
            select(codes.id)
            .where(codes.lists.is_not(None), codes.holder.in_(named))
            # Who holds one just now may be waiting for another of these.
            .with_for_update(skip_locked=True)
        )
        marked = update(tables.codes).where(codes.id.in_(urgent)).values(lists=FIRST)
        await tx.connection.execute(marked)
        return int(rows[-1])

    async def erase_earlier(self, tx: Transaction) -> int:
        """Erase some rows of earlier loads; return how many."""
        number = self.table.c.number
        earlier = (number <= self.last) & (self.table.c.load != self.number)
        some = select(number).where(earlier).order_by(number).limit(ROWS)
        gone = await tx.connection.execute(delete(self.table).where(number.in_(some)))
        return gone.rowcount
