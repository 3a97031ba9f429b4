"""How the one-time codes of the whole service fare."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from core.store.challenge_limits import FAILED, HOUR, ChallengeLimits, hour_of
from core.store.tables import challenges

if TYPE_CHECKING:
    from core.store.store import Transaction

TO_TYPE = 120
"""Seconds in which most people type the code that was sent to them."""

SAMPLE = 1_000
"""The newest codes tell how those of an hour fare, however many a city is sent."""


@dataclass(frozen=True)
class Strain:
    """How the codes of the whole service fare: whether so many fail that each may be tried once,
    and whether the day's are all sent; how many of the newest were `sent` in an hour, and how many
    of them `typed`.
    """

    failing: bool
    full: bool
    sent: int
    typed: int


async def current_strain(tx: Transaction, now: datetime) -> Strain:
    """Tell how the codes fare; those of the last minutes may still be typed."""
    policy = tx.policy.passcode
    limits = ChallengeLimits(tx.connection, tx.ring, policy)
    hour, until = hour_of(now.timestamp()), now.timestamp() - TO_TYPE
    failed = await limits.tallies.of(FAILED, [hour])
    newest = (
        select(challenges.c.verified_at)
        .where(challenges.c.made_at > until - HOUR, challenges.c.made_at <= until)
        .order_by(challenges.c.made_at.desc())
        .limit(SAMPLE)
        .subquery()
    )
    sent, typed = (
        await tx.connection.execute(select(func.count(), func.count(newest.c.verified_at)))
    ).one()
    failing = failed.get(hour, 0) >= policy.failures_per_hour
    return Strain(failing, await limits.day_is_full(now), sent, typed)
