"""Retention: what is older than it may be is erased. The periods are the policy's.

It is erased a few rows at a time, each time in one transaction: turns come in between, and what was
done is done, wherever the process is killed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Table, delete, exists, select, text, update
from sqlalchemy import tuple_ as row_of

from core.policy import RetentionPolicy
from core.store import tables
from core.store.codes import slowest_clock
from core.store.connection import Connection
from core.store.lanes import WAITS, kept
from core.store.visit_days import first_kept

PASSING = timedelta(days=1)
"""How long an upload may wait for its place."""

ROWS, FILES = 200, 10
"""Rows in one transaction: some milliseconds; of those that hold a file fewer."""


@dataclass(frozen=True)
class Step:
    """What was done in one transaction: rows erased, and whether there may be more."""

    erased: int
    more: bool


class Sweep(Protocol):
    """Rows of one kind that are too old. The same step again does no harm."""

    async def step(self, connection: Connection) -> Step:
        """Erase some of them."""
        ...


def sweeps(keep: RetentionPolicy, now: datetime) -> list[Sweep]:
    """Return all that is to be erased by now, each until its step finds no more.

    Of the audit log only its own beginning may go: `Audit.forget`. Of the visits in an export that
    also holds newer ones, see `core.store.visit_days`.
    """

    def ago(days: int) -> float:
        return (now - timedelta(days=days)).timestamp()

    at = now.timestamp()
    passing = (now - PASSING).timestamp()
    # An export that is older than the visits that are kept holds none of them any more.
    visits = first_kept(keep.visit_days, now).timestamp()
    code, draft = ago(keep.code_days), ago(keep.draft_days)
    t = tables
    ended = t.challenges.c.expires_at < ago(keep.passcode_days)
    return [
        # The index is by when they were made, which is before they end.
        Old(t.challenges, t.challenges.c.made_at, ago(keep.passcode_days), ended),
        Old(t.dispatches, t.dispatches.c.made_at, ago(keep.message_id_days)),
        Old(t.uploads, t.uploads.c.made_at, passing, most=FILES),
        Old(t.takeovers, t.takeovers.c.ended_at, passing),
        Old(t.takeovers, t.takeovers.c.starts_at, draft),
        Old(t.proofs, t.proofs.c.made_at, ago(keep.proof_days), most=FILES),
        Old(t.exports, t.exports.c.exported_at, visits, most=FILES),
        Old(t.installations, t.installations.c.made_at, visits),
        Old(t.codes, t.codes.c.issued_at, code),
        # Of who was erased there are only the ids of codes that were still good, until they end.
        Old(
            t.codes,
            t.codes.c.issued_at,
            at,
            t.codes.c.holder == "",
            t.codes.c.expires_at < slowest_clock(now),
        ),
        Old(t.withdrawals, t.withdrawals.c.made_at, code),
        Old(t.refusals, t.refusals.c.made_at, code),
        Unused(ago(keep.registration_days)),
        Gone(
            t.chats,
            t.chats.c.id,
            t.chats.c.seen_at < draft,
            ~exists().where(t.links.c.chat == t.chats.c.id),
            ~exists().where(t.inbox.c.chat == t.chats.c.id, t.inbox.c.state == WAITS),
        ),
        Gone(
            t.consents,
            t.consents.c.chat,
            t.consents.c.given_at < draft,
            ~exists().where(t.chats.c.id == t.consents.c.chat),
        ),
        Contents(t.inbox, t.inbox.c.received_at, ago(keep.message_days)),
        Contents(t.outbox, t.outbox.c.made_at, ago(keep.message_days)),
        # Only for a channel that is off does anything wait for so long.
        Old(t.outbox, t.outbox.c.made_at, ago(keep.message_id_days), t.outbox.c.state == WAITS),
        Messages(t.inbox, t.inbox.c.received_at, ago(keep.message_id_days), at),
        Messages(t.outbox, t.outbox.c.made_at, ago(keep.message_id_days), at),
        Old(t.tallies, t.tallies.c.counted_at, ago(keep.registration_days)),
        Old(t.staff, t.staff.c.removed_at, ago(keep.audit_days)),
    ]


class Old:
    """Rows from before a time, by the index of the column that says when they were made, or ended;
    tables of few rows need none. `also` must hold too."""

    def __init__(
        self,
        table: Table,
        column: ColumnElement[float],
        before: float,
        *also: ColumnElement[bool],
        most: int = ROWS,
    ) -> None:
        keys = list(table.primary_key)
        some = select(*keys).where(column < before, *also).order_by(column).limit(most)
        key: ColumnElement[Any] = keys[0] if len(keys) == 1 else row_of(*keys)
        self.statement = delete(table).where(key.in_(some))
        self.most = most

    async def step(self, connection: Connection) -> Step:
        """Erase the oldest."""
        erased = (await connection.execute(self.statement)).rowcount
        return Step(erased, erased == self.most)


class Contents:
    """What messages that were answered or sent, or given up, say: their ids are kept for longer."""

    def __init__(self, table: Table, column: ColumnElement[float], before: float) -> None:
        old = kept(table), column < before
        some = select(table.c.number).where(*old).order_by(column).limit(ROWS)
        self.statement = update(table).where(table.c.number.in_(some)).values(body=None)

    async def step(self, connection: Connection) -> Step:
        """Erase what the oldest say."""
        erased = (await connection.execute(self.statement)).rowcount
        return Step(erased, erased == ROWS)


class Messages:
    """Messages that do not wait any more. They are numbered as they come, so that the oldest are
    the first, but for what came while the clock was wrong: what is from after `now` is passed
    over, as newer ones may be behind it that are not.
    """

    def __init__(
        self, table: Table, column: ColumnElement[float], before: float, now: float
    ) -> None:
        self.table, self.column = table, column
        self.before, self.now = before, now
        self.after = 0

    async def step(self, connection: Connection) -> Step:
        """Erase the first of those that were not looked at yet."""
        number = self.table.c.number
        rows = await connection.execute(
            select(number, self.column).where(number > self.after).order_by(number).limit(ROWS)
        )
        past = list(takewhile(lambda row: not self.before <= row[1] <= self.now, rows))
        if not past:
            return Step(0, more=False)
        self.after = past[-1][0]
        gone = await connection.execute(
            delete(self.table).where(
                number.between(past[0][0], self.after),
                self.column < self.before,
                self.table.c.state != WAITS,
            )
        )
        return Step(gone.rowcount, len(past) == ROWS)


class Unused:
    """Registrations that were not used since a time, with all that hangs on each: whole or not at
    all."""

    def __init__(self, before: float) -> None:
        holders = tables.holders
        self.statement = (
            select(holders.c.id)
            .where(holders.c.seen_at < before)
            .order_by(holders.c.seen_at)
            .limit(FILES)
            # Who uses his just now keeps it.
            .with_for_update(skip_locked=True)
        )

    async def step(self, connection: Connection) -> Step:
        """Erase those that were used longest ago."""
        unused = (await connection.scalars(self.statement)).all()
        erased = 0
        for table in tables.OF_A_HOLDER:
            hangs = await connection.execute(delete(table).where(table.c.holder.in_(unused)))
            erased += hangs.rowcount
        gone = await connection.execute(
            delete(tables.holders).where(tables.holders.c.id.in_(unused))
        )
        return Step(erased + gone.rowcount, len(unused) == FILES)


class Gone:
    """Rows that nothing needs any more. No index says which: all are gone through by their key."""

    def __init__(
        self, table: Table, key: ColumnElement[str], *unneeded: ColumnElement[bool]
    ) -> None:
        self.table, self.key, self.unneeded = table, key, unneeded
        self.after = ""

    async def step(self, connection: Connection) -> Step:
        """Erase what is not needed of the next ones."""
        keys: Sequence[str] = (
            await connection.scalars(
                select(self.key).where(self.key > self.after).order_by(self.key).limit(ROWS)
            )
        ).all()
        if not keys:
            return Step(0, more=False)
        these = self.key.between(keys[0], keys[-1])
        self.after = keys[-1]
        gone = await connection.execute(delete(self.table).where(these, *self.unneeded))
        return Step(gone.rowcount, len(keys) == ROWS)


async def empty_the_log(connection: Connection) -> None:
    """Take what was erased out of SQLite's write-ahead log, which keeps it otherwise."""
    if connection.dialect.name == "sqlite":
        await connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
