"""The audit log: turns write entries, and the chain gives each its place afterwards.

An entry carries a mark that only who holds the key ring can make, so nobody else can put one in or
change one. Its place in the chain follows within seconds: `hash = SHA-256(previous ‖ entry)`, and
the newest hash is signed, so nobody can take one out or move one either. Turns do not wait for
that: on PostgreSQL they would wait for each other.

The order of places is the one in which the entries were found. Numbers say nothing: transactions
that are open at the same time take theirs before it is known which of them ends first.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Row, and_, bindparam, delete, exists, func, insert, select

from core.signing.checkpoint import (
    HASH_BYTES,
    Checkpoint,
    CheckpointError,
    open_checkpoint,
    sign_checkpoint,
)
from core.store.connection import Connection
from core.store.tables import audit, audit_chain, checkpoints
from core.vault import KeyRing

GENESIS = bytes(HASH_BYTES)
"""What the first entry follows."""

NONCE_BYTES = 16
"""How much of a mark is random: two entries that say the same have different ones."""

PIECE = 200
"""Entries that are worked on at a time, some milliseconds: turns come in between."""

LATE = 10_000
"""So many entries may be written on PostgreSQL while the transaction of one is open."""

KEPT_EVERY, KEPT_AFTER = timedelta(minutes=10), 1_000
"""A check-point is kept for each ten minutes or 1,000 entries; of those between, the newest."""

OPERATOR = "operator"
"""Who acts on the command line, in the audit."""

LOCK = 0x4155444954  # "AUDIT"
"""The name of PostgreSQL's lock: one process at a time works on the chain."""

_twin = audit.alias("twin")
# In the words of the index `audit_actor`, by which it is found.
TWIN = exists().where(
    _twin.c.actor == audit.c.actor,
    _twin.c.at == audit.c.at,
    _twin.c.mark == audit.c.mark,
    _twin.c.number != audit.c.number,
)
"""Tells whether an entry is there twice."""

IN_THE_CHAIN = (
    select(audit_chain.c.place, audit_chain.c.number, audit_chain.c.hash)
    .add_columns(audit.c.at, audit.c.actor, audit.c.act, audit.c.object, audit.c.mark)
    .add_columns(TWIN.label("twice"))
    .select_from(audit_chain.outerjoin(audit, audit.c.number == audit_chain.c.number))
    .where(audit_chain.c.place > bindparam("after"))
    .order_by(audit_chain.c.place)
    .limit(PIECE)
)
"""The next entries of the chain. Of one that is gone there are only place, number and hash."""

_WAITING = (
    select(audit)
    .where(
        audit.c.number > bindparam("after"),
        ~exists().where(audit_chain.c.number == audit.c.number),
    )
    .order_by(audit.c.number)
    .limit(PIECE)
)
_LAST = select(func.max(audit_chain.c.number))
_OPENED = select(checkpoints.c.body).order_by(checkpoints.c.place.desc()).limit(1)
_NEWEST = _OPENED.where(checkpoints.c.begins == 0)
_BEGIN = _OPENED.where(checkpoints.c.begins == 1)
_TIMES = select(func.count()).where(
    audit.c.actor == bindparam("of_actor"),
    audit.c.at > bindparam("since"),
    audit.c.act == bindparam("of_act"),
)


async def times(connection: Connection, actor: str, act: str, since: datetime) -> int:
    """Count how often somebody has done something since a time."""
    values = {"of_actor": actor, "of_act": act, "since": since.timestamp()}
    return await connection.scalar(_TIMES, values) or 0


def new_mark(ring: KeyRing, at: float, actor: str, act: str, object: str) -> bytes:
    """Return the mark of an entry: a random number, and the code that binds it to the contents."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + _code(ring, nonce, at, actor, act, object)


def is_genuine(ring: KeyRing, entry: Row[Any]) -> bool:
    """Tell whether the program wrote an entry, and wrote it so."""
    mark = entry.mark
    if not isinstance(mark, bytes):
        return False
    nonce = mark[:NONCE_BYTES]
    code = _code(ring, nonce, entry.at, entry.actor, entry.act, entry.object)
    return hmac.compare_digest(mark[NONCE_BYTES:], code)


def _code(ring: KeyRing, nonce: bytes, *contents: float | str) -> bytes:
    return ring.index("audit", msgspec.json.encode([nonce, *contents]).decode())


def next_hash(previous: bytes, place: int, entry: Row[Any]) -> bytes:
    """Return the chain's hash at an entry: SHA-256 of the one before it and of a JSON array."""
    contents = [entry.number, entry.at, entry.actor, entry.act, entry.object, entry.mark]
    return hashlib.sha256(previous + msgspec.json.encode([place, *contents])).digest()


class Audit:
    """The chain of the audit log, in the open transaction."""

    def __init__(self, connection: Connection, ring: KeyRing) -> None:
        self.connection = connection
        self.ring = ring
        self._shared = connection.dialect.name == "postgresql"

    async def newest(self) -> Checkpoint | None:
        """Return the newest check-point, or raise CheckpointError where it is not ours to open."""
        return await self._opened(_NEWEST)

    async def newest_signed(self) -> bytes | None:
        """Return the newest check-point as it was signed."""
        body: bytes | None = await self.connection.scalar(_NEWEST)
        return body

    async def begin(self) -> Checkpoint | None:
        """Return where the log begins since entries were let go of, None for its first entry."""
        return await self._opened(_BEGIN, begins=True)

    async def _opened(self, which: Any, *, begins: bool = False) -> Checkpoint | None:
        body = await self.connection.scalar(which)
        if body is None:
            return None
        checkpoint = open_checkpoint(body, self.ring)
        if checkpoint.begins is not begins:
            raise CheckpointError("is of another kind")
        return checkpoint

    async def waiting(self, after: int | None = None) -> Sequence[Row[Any]]:
        """Return some entries that wait for their place; those before number `after` are not seen.

        None: as far back as one can be that has come just now.
        """
        if after is None:
            last: int = await self.connection.scalar(_LAST) or 0
            after = last - LATE if self._shared else last
        return (await self.connection.execute(_WAITING, {"after": after})).all()

    async def extend(self, now: datetime, after: int | None = None) -> int:
        """Give some waiting entries their place, and sign the last; return how many.

        The chain goes on from what was signed last, whatever stands in it: what somebody else has
        written into it does not become part of it. None are given a place while another process
        gives some. Raise CheckpointError where the newest check-point is not ours to open.
        """
        if not await self._locked() or not (waiting := await self.waiting(after)):
            return 0
        head = await self.newest()
        last = int(await self.connection.scalar(select(func.max(audit_chain.c.place))) or 0)
        place, digest = (max(last, head.place), head.hash) if head else (last, GENESIS)
        rows: list[dict[str, Any]] = []
        for entry in waiting:
            place += 1
            digest = next_hash(digest, place, entry)
            rows.append({"place": place, "number": entry.number, "hash": digest})
        await self.connection.execute(insert(audit_chain), rows)
        await self._sign(Checkpoint(place, digest, now))
        return len(rows)

    async def _sign(self, checkpoint: Checkpoint) -> None:
        """Keep a check-point; the one before it goes where the one before that is near enough."""
        chosen = select(checkpoints.c.place, checkpoints.c.at)
        last = (
            await self.connection.execute(
                chosen.where(checkpoints.c.begins == 0)
                .order_by(checkpoints.c.place.desc())
                .limit(2)
            )
        ).all()
        await self._keep(checkpoint)
        if len(last) < 2:
            return
        newest, kept = last
        time, entries = checkpoint.at.timestamp() - kept.at, checkpoint.place - kept.place
        if time < KEPT_EVERY.total_seconds() and entries < KEPT_AFTER:
            gone = and_(checkpoints.c.place == newest.place, checkpoints.c.begins == 0)
            await self.connection.execute(delete(checkpoints).where(gone))

    async def _keep(self, checkpoint: Checkpoint) -> None:
        await self.connection.execute(
            insert(checkpoints),
            {
                "place": checkpoint.place,
                "begins": int(checkpoint.begins),
                "at": checkpoint.at.timestamp(),
                "body": sign_checkpoint(self.ring, checkpoint),
            },
        )

    async def forget(self, before: datetime, now: datetime) -> int:
        """Let some entries go that are from before an instant, from the log's beginning only.

        Where the log then begins is signed. An entry that is not genuine may give itself any age:
        it goes with the first check-point after it that is old enough. Return how many went.
        """
        if not await self._locked():
            return 0
        begin = await self.begin()
        old = _NEWEST.where(checkpoints.c.at < before.timestamp())
        sure = await self._opened(old)
        sure_to = sure.place if sure and sure.at < before else 0
        upto = None
        rows = await self.connection.execute(IN_THE_CHAIN, {"after": begin.place if begin else 0})
        for entry in rows.all():
            by_itself = is_genuine(self.ring, entry) and entry.at < before.timestamp()
            if entry.place > sure_to and not by_itself:
                break
            upto = entry
        if upto is None:
            return 0
        await self._keep(Checkpoint(upto.place, upto.hash, now, begins=True))
        those = audit_chain.c.place <= upto.place
        numbers = select(audit_chain.c.number).where(those)
        gone = await self.connection.execute(delete(audit).where(audit.c.number.in_(numbers)))
        await self.connection.execute(delete(audit_chain).where(those))
        await self.connection.execute(delete(checkpoints).where(checkpoints.c.place < upto.place))
        return gone.rowcount

    async def holds(self, checkpoint: Checkpoint) -> bool:
        """Tell whether what a check-point says is still so, or was let go of after its time."""
        begin = await self.begin()
        if begin and checkpoint.place < begin.place:
            return True
        if begin and checkpoint.place == begin.place:
            return begin.hash == checkpoint.hash
        there = select(audit_chain.c.hash).where(audit_chain.c.place == checkpoint.place)
        return await self.connection.scalar(there) == checkpoint.hash

    async def _locked(self) -> bool:
        """Tell whether no other process works on the chain until this transaction ends."""
        if not self._shared:
            return True  # SQLite has one writer.
        return bool(await self.connection.scalar(select(func.pg_try_advisory_xact_lock(LOCK))))
