"""When a key is withdrawn, withdraw the codes that it signed, and let their holders hear of it.

Nothing is remembered: what is alive and signed by a withdrawn key is still to be done, also after
the process was killed, and also what another process signed before it noticed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from bot.clock import Clock
from bot.logs import where
from core.issuer_keys import IssuerKey
from core.store.signed_by import withdraw_signed_by
from core.store.store import Store
from core.vault import Purpose

EVERY = 2.0
"""Seconds between two looks."""

log = logging.getLogger(__name__)


async def keep_withdrawing(store: Store, clock: Clock, put: Callable[[], None]) -> None:
    """Look again and again, until cancelled; `put` is called when messages are in the inbox."""
    while True:
        await asyncio.sleep(EVERY)
        try:
            if count := await withdraw_once(store, clock):
                log.info("%d codes of withdrawn keys are withdrawn", count)
                put()
        except Exception as error:
            log.error("codes of withdrawn keys could not be withdrawn: %s", where(error))


async def withdraw_once(store: Store, clock: Clock) -> int:
    """Withdraw all codes that withdrawn keys signed; return how many."""
    now, count = clock(), 0
    keys = [IssuerKey.of(key) for key in store.ring.of(Purpose.SIGN) if key.withdrawn]
    kids = [key.kid for key in keys if now <= key.not_after]
    while kids:
        async with store.writing() as tx:
            done = await withdraw_signed_by(tx, kids, now)
        if not done:
            break
        count += done
    return count
