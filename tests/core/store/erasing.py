"""Erase all that is old, in the transaction that is open."""

from __future__ import annotations

from datetime import datetime

from core.policy import RetentionPolicy
from core.store.connection import Connection
from core.store.retention import ROWS, sweeps


async def erase_what_is_old(connection: Connection, keep: RetentionPolicy, now: datetime) -> int:
    """Return how many rows were erased."""
    erased = 0
    for sweep in sweeps(keep, now):
        more = True
        while more:
            step = await sweep.step(connection)
            assert step.erased <= ROWS, "in one transaction"
            erased, more = erased + step.erased, step.more
    return erased
