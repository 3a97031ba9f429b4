"""Notice that an operator's list was loaded, and assess the codes of the day again, by and by.

Lists are loaded, and codes withdrawn, by other processes on the same database. What they leave in
the inbox for people to hear is noticed here too.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from bot.clock import Clock
from bot.logs import where
from core.store.inbox import Inbox
from core.store.reassessment import is_due, reassess
from core.store.store import Store

EVERY = 2.0
"""Seconds between two looks."""

BREATH = 0.02
"""Seconds between two batches, in which everybody else is served."""

log = logging.getLogger(__name__)


async def keep_reassessing(store: Store, clock: Clock, wake: Callable[[], None]) -> None:
    """Assess again what is to be, until cancelled; `wake` is called where the inbox has work."""
    while True:
        pause = EVERY
        try:
            if await reassess_some(store, clock, wake):
                pause = BREATH
        except Exception as error:
            log.error("codes could not be assessed again: %s", where(error))
        await asyncio.sleep(pause)


async def reassess_some(store: Store, clock: Clock, wake: Callable[[], None]) -> bool:
    """Assess some codes again; tell whether there may be more."""
    async with store.reading() as tx:
        waits = await Inbox(tx.connection, tx.ring).next_due()
        due = await is_due(tx)
    if waits is not None and waits <= clock():
        wake()
    if not due:
        return False
    async with store.writing() as tx:
        done = await reassess(tx, clock())
    if done.withdrawn:
        log.info("%d codes are withdrawn under new lists", done.withdrawn)
        wake()
    if done.damaged:
        log.error("%d codes could not be assessed again: their rows are damaged", done.damaged)
    return done.looked_at > 0
