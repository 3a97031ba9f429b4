"""Codes by the key that signed them, and their end when it is withdrawn or distrusted.

`void` has the kid of each such key, and the instant before which no code of it counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, and_, func, or_, select

from core.store.codes import ALIVE, Why
from core.store.tables import codes
from core.store.withdrawals import tell

if TYPE_CHECKING:
    from core.store.store import Transaction

AT_ONCE = 20
"""Codes withdrawn in one transaction: for so long everybody else waits."""


def _void(void: Mapping[bytes, datetime]) -> ColumnElement[bool]:
    """Tell whether a code was signed by one of those keys before its instant."""
    return or_(
        *(
            and_(codes.c.kid == kid, codes.c.issued_at < before.timestamp())
            for kid, before in void.items()
        )
    )


async def count_signed_by(tx: Transaction, void: Mapping[bytes, datetime], now: datetime) -> int:
    """Return how many codes that do not count are neither over nor withdrawn."""
    counted = select(func.count()).where(_void(void), *ALIVE)
    return await tx.connection.scalar(counted, {"at": now.timestamp()}) or 0


async def withdraw_signed_by(tx: Transaction, void: Mapping[bytes, datetime], now: datetime) -> int:
    """Withdraw some codes that do not count and let their holders hear of it; return how many.

    None are left where none were withdrawn. Several processes share the codes, as each takes rows
    that no other holds.
    """
    rows = (
        await tx.connection.execute(
            select(codes.c.id, codes.c.holder, codes.c.chat)
            .where(_void(void), *ALIVE)
            .order_by(codes.c.expires_at)
            .limit(AT_ONCE)
            .with_for_update(skip_locked=True),
            {"at": now.timestamp()},
        )
    ).all()
    withdrawn = await tx.codes.withdraw([row.id for row in rows], Why.KEY, now)
    for row in rows:
        await tell(tx, row.holder, row.id, row.chat, Why.KEY, now)
    return len(withdrawn)
