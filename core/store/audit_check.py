"""Walk the audit log from its beginning to its end, and find the first entry that is not as it was.

It is read in pieces, each in its own transaction: the program may run meanwhile, and in it.
"""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, bindparam, func, select
from sqlalchemy.exc import OperationalError

from core.signing.checkpoint import Checkpoint, CheckpointError, open_checkpoint
from core.store.audit import GENESIS, IN_THE_CHAIN, PIECE, TWIN, is_genuine, next_hash
from core.store.store import Store, Transaction
from core.store.tables import audit, audit_chain, checkpoints

_TOPS = select(
    select(func.max(audit_chain.c.place)).scalar_subquery().label("entry"),
    select(func.max(checkpoints.c.place))
    .where(checkpoints.c.begins == 0)
    .scalar_subquery()
    .label("signed"),
)
_SIGNED = select(checkpoints.c.place, checkpoints.c.body).where(
    checkpoints.c.begins == 0,
    checkpoints.c.place > bindparam("after"),
    checkpoints.c.place <= bindparam("upto"),
)
_ALL = (
    select(audit, audit_chain.c.place, TWIN.label("twice"))
    .select_from(audit.outerjoin(audit_chain, audit.c.number == audit_chain.c.number))
    .where(audit.c.number > bindparam("after"))
    .order_by(audit.c.number)
    .limit(PIECE)
)
LOWEST = -(2**63)
"""Less than every number: who puts an entry in may give it any."""


class Broken(Exception):
    """The log is not whole. The message completes "the audit log is not whole: …"."""


class TooOld(CheckpointError):
    """A check-point cannot be compared: its entry has been let go of after its time."""


@dataclass(frozen=True)
class Whole:
    """A log that is whole: its entries, when the first and the last were written (epoch seconds),
    and how many of them wait for their place in the chain."""

    entries: int = 0
    first: float | None = None
    last: float | None = None
    waiting: int = 0

    def with_entry(self, at: float, *, waits: bool = False) -> Whole:
        """Return the log with one entry more."""
        first = at if self.first is None else min(self.first, at)
        last = at if self.last is None else max(self.last, at)
        return Whole(self.entries + 1, first, last, self.waiting + waits)


async def check(store: Store, outside: Checkpoint | None = None, breath: float = 0.0) -> Whole:
    """Return what is in the log, or raise Broken for the first entry that is not as it was.

    `outside`: a check-point that was kept elsewhere, which alone can tell that the end is missing.
    Raise TooOld where it says nothing any more. `breath`: seconds between two pieces.
    """
    while True:
        walk = _Walk(store, outside, breath)
        try:
            return await walk.whole()
        except Broken:
            # Where entries were let go of meanwhile, those that were to come next are gone.
            if not await walk.is_overtaken():
                raise


def _is_of_a_value(error: Exception) -> bool:
    """Tell whether what failed is the reading of a value: SQLite takes any type, and any bytes as
    text, in any column. What SQLite itself reports, a lock for one, has a code."""
    if not isinstance(error, OperationalError):
        return True
    return isinstance(error.orig, sqlite3.Error) and not hasattr(error.orig, "sqlite_errorcode")


class _Walk:
    """One way through the log."""

    def __init__(self, store: Store, outside: Checkpoint | None, breath: float) -> None:
        self.store = store
        self.outside = outside
        self.breath = breath
        self.begin: Checkpoint | None = None
        self.found = Whole()

    async def whole(self) -> Whole:
        """Return what is in the log, or raise Broken or TooOld."""
        try:
            await self._along_the_chain()
            await self._beside_the_chain()
        except (OperationalError, TypeError) as error:
            if not _is_of_a_value(error):
                raise
            raise Broken("it holds values that are none of this program's") from None
        return self.found

    async def is_overtaken(self) -> bool:
        """Tell whether the log begins elsewhere by now."""
        async with self.store.reading() as tx:
            return await self._begin(tx) != self.begin

    async def _begin(self, tx: Transaction) -> Checkpoint | None:
        try:
            return await tx.audit.begin()
        except CheckpointError as error:
            raise Broken(f"the check-point of its beginning {error}") from None

    async def _along_the_chain(self) -> None:
        async with self.store.reading() as tx:
            self.begin = await self._begin(tx)
            tops = (await tx.connection.execute(_TOPS)).one()
        begins = self.begin.place if self.begin else 0
        self.place, self.hash = begins, self.begin.hash if self.begin else GENESIS
        self.signed = begins
        if self.outside and self.outside.place < begins:
            raise TooOld(f"is of entry {self.outside.place}, which is no longer kept: take a newer")
        self._compare(self.outside)
        end = tops.signed or begins
        while self.place < end:
            await self._piece(end)
            await asyncio.sleep(self.breath)
        if (tops.entry or begins) > end:
            raise Broken(f"entry {end + 1} was put in, or its check-point removed")
        if self.outside and self.outside.place > end:
            raise Broken(f"the entries from {end + 1} to {self.outside.place} were removed")

    async def _piece(self, end: int) -> None:
        """Check the next entries, up to the last that was signed when the walk began."""
        async with self.store.reading() as tx:
            rows = (await tx.connection.execute(IN_THE_CHAIN, {"after": self.place})).all()
            of = {"after": self.place, "upto": rows[-1].place if rows else end}
            bodies = {row.place: row.body for row in await tx.connection.execute(_SIGNED, of)}
        if not rows:
            raise Broken(f"the entries from {self.place + 1} to {end} were removed")
        for row in rows[: end - self.place]:
            self._step(row)
            if (body := bodies.get(row.place)) is not None:
                self._compare(self._opened(row.place, body))
                self.signed = row.place
            self._compare(self.outside)

    def _step(self, row: Row[Any]) -> None:
        """Take one entry of the chain."""
        self.place += 1
        if row.place != self.place or row.at is None:
            raise Broken(f"entry {self.place} was removed")
        if not is_genuine(self.store.ring, row):
            raise Broken(f"entry {self.place} was changed or put in")
        if row.twice:
            raise Broken(f"entry {self.place} is there twice")
        self.hash = next_hash(self.hash, self.place, row)
        if row.hash != self.hash:
            raise Broken(f"at entry {self.place} one was removed, put in or moved")
        self.found = self.found.with_entry(row.at)

    def _compare(self, checkpoint: Checkpoint | None) -> None:
        """Compare the chain with a check-point of this place: it may have been written anew."""
        if checkpoint and checkpoint.place == self.place and checkpoint.hash != self.hash:
            first = min(self.signed + 1, self.place)
            raise Broken(f"from entry {first} to {self.place} one was removed, put in or moved")

    def _opened(self, place: int, body: bytes) -> Checkpoint:
        try:
            checkpoint = open_checkpoint(body, self.store.ring)
        except CheckpointError as error:
            raise Broken(f"the check-point of entry {place} {error}") from None
        if checkpoint.place != place or checkpoint.begins:
            raise Broken(f"the check-point of entry {place} is another's")
        return checkpoint

    async def _beside_the_chain(self) -> None:
        """Check the entries that have no place yet: each by itself."""
        after: int | None = LOWEST
        while after is not None:
            async with self.store.reading() as tx:
                rows = (await tx.connection.execute(_ALL, {"after": after})).all()
            for row in rows:
                if row.place is None:
                    self._waits(row)
            # The piece that is not full is the end, also where others are written meanwhile.
            after = rows[-1].number if len(rows) == PIECE else None
            await asyncio.sleep(self.breath)

    def _waits(self, row: Row[Any]) -> None:
        if row.twice or not is_genuine(self.store.ring, row):
            raise Broken(f"row {row.number}, which has no place yet, was changed or put in")
        self.found = self.found.with_entry(row.at, waits=True)
