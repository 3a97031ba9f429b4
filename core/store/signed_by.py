"""Codes by the key that signed them: how many are alive, and their end when it is withdrawn."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, func, select

from core.store.codes import Why
from core.store.tables import codes
from core.store.withdrawals import tell

if TYPE_CHECKING:
    from core.store.store import Transaction

AT_ONCE = 20
"""Codes withdrawn in one transaction: for so long everybody else waits."""


def _alive(kids: Collection[bytes], now: datetime) -> tuple[ColumnElement[bool], ...]:
    unspent = codes.c.expires_at >= now.timestamp(), codes.c.withdrawn_at.is_(None)
    return codes.c.kid.in_(kids), *unspent


async def count_signed_by(tx: Transaction, kid: bytes, now: datetime) -> int:
    """Return how many codes of a key are neither over nor withdrawn."""
    return await tx.connection.scalar(select(func.count()).where(*_alive([kid], now))) or 0


async def withdraw_signed_by(tx: Transaction, kids: Collection[bytes], now: datetime) -> int:
    """Withdraw some codes of withdrawn keys and let their holders hear of it; return how many.

    None are left where none were withdrawn. Several processes share the codes, as each takes rows
    that no other holds.
    """
    rows = (
        await tx.connection.execute(
            select(codes.c.id, codes.c.holder, codes.c.chat)
            .where(*_alive(kids, now))
            .order_by(codes.c.expires_at)
            .limit(AT_ONCE)
            .with_for_update(skip_locked=True)
        )
    ).all()
    withdrawn = await tx.codes.withdraw([row.id for row in rows], Why.KEY, now)
    for row in rows:
        await tell(tx, row.holder, row.id, row.chat, Why.KEY, now)
    return len(withdrawn)
