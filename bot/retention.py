"""Erase, every hour, what is older than it may be."""

from __future__ import annotations

import asyncio
import logging

from bot.clock import Clock
from bot.logs import where
from core.store.retention import empty_the_log, erase_what_is_old
from core.store.store import Store

EVERY = 3600.0
"""Seconds between two looks."""

log = logging.getLogger(__name__)


async def keep_erasing(store: Store, clock: Clock) -> None:
    """Erase now and every hour, until cancelled."""
    while True:
        try:
            await erase_once(store, clock)
        except Exception as error:
            log.error("what is old could not be erased: %s", where(error))
        await asyncio.sleep(EVERY)


async def erase_once(store: Store, clock: Clock) -> None:
    """Erase what is old."""
    async with store.writing() as tx:
        erased = await erase_what_is_old(tx.connection, store.policy.retention, clock())
    if erased:
        log.info("%d rows were older than they may be, and are erased", erased)
        async with store.reading() as tx:
            await empty_the_log(tx.connection)
