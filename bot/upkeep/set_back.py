"""Notice that the clock was set back: what was to be tried again soon would wait for as long."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta

from bot.clock import Clock, Drift
from bot.logs import where
from bot.outbox import LEASE
from core.store.lanes import be_due_sooner
from core.store.store import Store
from core.store.tables import inbox, outbox

EVERY = 5.0
"""Seconds between two looks."""

LITTLE = timedelta(seconds=LEASE)
"""What is due so soon is left as it is: others may have taken it by a clock that is right."""

log = logging.getLogger(__name__)


async def keep_in_step(store: Store, clock: Clock, wake: Callable[[], None]) -> None:
    """Look again and again, until cancelled; `wake` is called where something is due sooner."""
    drift = Drift(clock)
    while True:
        await asyncio.sleep(EVERY)
        try:
            if await in_step(store, drift):
                wake()
        except Exception as error:
            log.error("what waits could not be put in step with the clock: %s", where(error))


async def in_step(store: Store, drift: Drift) -> bool:
    """Let what waits wait no longer than it was to; tell whether the clock was set back."""
    back = -drift.ahead()
    if back > LITTLE:
        async with store.writing() as tx:
            for rows in (inbox, outbox):
                await be_due_sooner(tx.connection, rows, drift.clock() + LITTLE, back)
        log.warning("the clock was set back by %d seconds", back.total_seconds())
    drift.forget()
    return back > LITTLE
