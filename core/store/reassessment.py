"""Assess live codes again that were assessed under older lists; withdraw those that are too good.

A few codes at a time, each time in one transaction: what was done is done, wherever the process is
killed, and several processes share the codes, as each takes rows that no other holds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from msgspec import DecodeError
from sqlalchemy import Row, func, select, update

from core.assessment import worse
from core.store.assessing import assess_holder
from core.store.codes import Why, opened
from core.store.tables import codes
from core.store.withdrawals import tell
from core.vault import Tampered

if TYPE_CHECKING:
    from core.store.store import Transaction

AT_ONCE = 20
"""Codes assessed in one transaction: for so long everybody else waits, about 40 ms."""

CLOSED_AT_ONCE = 1_000
"""Codes that are over, and are put away in one statement."""


@dataclass(frozen=True)
class Pass:
    """What was done in one transaction: codes looked at, of these withdrawn and damaged."""

    looked_at: int = 0
    withdrawn: int = 0
    damaged: int = 0


async def is_due(tx: Transaction) -> bool:
    """Tell whether codes were assessed under older lists than those of now."""
    return await _oldest(tx) < await tx.lists.version()


async def _oldest(tx: Transaction) -> float:
    """Return the oldest lists under which codes were assessed that may still be good."""
    oldest = await tx.connection.scalar(select(func.min(codes.c.lists)))
    return math.inf if oldest is None else oldest


async def reassess(tx: Transaction, now: datetime) -> Pass:
    """Assess some codes again; nothing was left to do where none were looked at."""
    version, oldest = await tx.lists.version(), await _oldest(tx)
    if oldest >= version:
        return Pass()
    # One version by itself: only so can the index tell those that are over from the others.
    older, at = codes.c.lists == oldest, now.timestamp()
    over = (
        select(codes.c.id)
        .where(older, codes.c.expires_at < at)
        .limit(CLOSED_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    closed = await tx.connection.execute(
        update(codes).where(codes.c.id.in_(over)).values(lists=None)
    )
    rows = (
        await tx.connection.execute(
            select(codes)
            .where(older, codes.c.expires_at >= at)
            .limit(AT_ONCE)
            .with_for_update(skip_locked=True)
        )
    ).all()
    withdrawn = damaged = 0
    for row in rows:
        try:
            withdrawn += await _again(tx, row, now)
        except (Tampered, DecodeError):
            damaged += 1
    ids = [row.id for row in rows]
    await tx.connection.execute(
        update(codes).where(codes.c.id.in_(ids), codes.c.lists.is_not(None)).values(lists=version)
    )
    return Pass(closed.rowcount + len(rows), withdrawn, damaged)


async def _again(tx: Transaction, row: Row[Any], now: datetime) -> bool:
    """Assess one code again; tell whether it is withdrawn."""
    known = await tx.people.of_id(row.holder)
    if known is None:
        return False
    code = opened(known, row)
    export = await tx.people.export_of(known)
    assessed = await assess_holder(tx, known, export, code.assessed.declaration, now)
    if not worse(assessed.assessment.colour, than=code.assessed.assessment.colour):
        return False
    await tx.codes.withdraw([code.id], Why.LISTS, now)
    await tx.people.record("code withdrawn", actor="lists", object=code.id.hex(), now=now)
    await tell(tx, known.id, code.id, code.chat, Why.LISTS, now)
    return True
