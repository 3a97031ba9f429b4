"""Codes by the key that signed them, and their end when it is withdrawn or distrusted.

`void` has the kid of each such key, and the instant before which no code of it counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, and_, func, or_, select

from core.store.codes import Why
from core.store.tables import codes
from core.store.withdrawals import tell

if TYPE_CHECKING:
    from core.store.store import Transaction

AT_ONCE = 20
"""Codes withdrawn in one transaction: for so long everybody else waits."""


def _alive(void: Mapping[bytes, datetime], now: datetime) -> tuple[ColumnElement[bool], ...]:
    signed = (
        and_(codes.c.kid == kid, codes.c.issued_at < before.timestamp())
        for kid, before in void.items()
    )
    unspent = codes.c.expires_at >= now.timestamp(), codes.c.withdrawn_at.is_(None)
    return or_(*signed), *unspent


async def count_signed_by(tx: Transaction, void: Mapping[bytes, datetime], now: datetime) -> int:
    """Return how many codes that do not count are neither over nor withdrawn."""
    return await tx.connection.scalar(select(func.count()).where(*_alive(void, now))) or 0


async def withdraw_signed_by(tx: Transaction, void: Mapping[bytes, datetime], now: datetime) -> int:
    """Withdraw some codes that do not count and let their holders hear of it; return how many.

    None are left where none were withdrawn. Several processes share the codes, as each takes rows
    that no other holds.
    """
    rows = (
        await tx.connection.execute(
            select(codes.c.id, codes.c.holder, codes.c.chat)
            .where(*_alive(void, now))
            .order_by(codes.c.expires_at)
            .limit(AT_ONCE)
            .with_for_update(skip_locked=True)
        )
    ).all()
    withdrawn = await tx.codes.withdraw([row.id for row in rows], Why.KEY, now)
    for row in rows:
        await tell(tx, row.holder, row.id, row.chat, Why.KEY, now)
    return len(withdrawn)
