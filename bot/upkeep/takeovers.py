"""Notice that a chat has waited long enough to become a holder's own, and let it hear of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from bot.clock import Clock
from bot.logs import where
from core.store.store import Store

EVERY = 2.0
"""Seconds between two looks."""

log = logging.getLogger(__name__)


async def keep_announcing(store: Store, clock: Clock, wake: Callable[[], None]) -> None:
    """Look for waits that are over, until cancelled; `wake` is called where there are some."""
    while True:
        try:
            if await announce(store, clock):
                wake()
        except Exception as error:
            log.error("waits that are over could not be announced: %s", where(error))
        await asyncio.sleep(EVERY)


async def announce(store: Store, clock: Clock) -> bool:
    """Put into the inbox which waits are over; tell whether there were any."""
    async with store.reading() as tx:
        if not await tx.takeovers.over(clock()):
            return False
    async with store.writing() as tx:
        await tx.takeovers.announce(clock())
    return True
