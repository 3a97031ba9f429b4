"""When a key is withdrawn, withdraw the codes that it signed, and let their holders hear of it.

Likewise of a key that is distrusted, those that it signed before some instant. Nothing is
remembered: what is alive and signed so is still to be done, also after the process was killed, and
also what another process signed before it noticed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from bot.clock import Clock
from bot.logs import where
from core.days import end_of_day, hong_kong_day
from core.signing.issuer_keys import SECOND, IssuerKey
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
                log.info("%d codes are withdrawn as their keys are", count)
                put()
        except Exception as error:
            log.error("codes of withdrawn keys could not be withdrawn: %s", where(error))


async def withdraw_once(store: Store, clock: Clock) -> int:
    """Withdraw all codes that do not count as their keys say; return how many."""
    now, count = clock(), 0
    keys = [IssuerKey.of(key) for key in store.ring.of(Purpose.SIGN)]
    void = {
        key.kid: before
        for key in keys
        # Later none of those codes can be alive: each ends with its day.
        if (before := key.void_before) and now <= end_of_day(hong_kong_day(before - SECOND))
    }
    while void:
        async with store.writing() as tx:
            done = await withdraw_signed_by(tx, void, now)
        if not done:
            break
        count += done
    return count
