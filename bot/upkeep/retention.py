"""Erase, every hour, what is older than it may be."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from datetime import date, timedelta

from bot.clock import Clock, Drift
from bot.logs import where
from bot.upkeep.chaining import chain_all
from core.days import hong_kong_day
from core.store.retention import Sweep, empty_the_log, sweeps
from core.store.store import Store
from core.store.visit_days import trim_exports

EVERY = 3600.0
"""Seconds between two looks."""

BREATH = 0.1
"""Seconds between two batches, in which everybody else is served: there is no hurry."""

SET_AHEAD, DOUBTED = timedelta(minutes=10), 24
"""A clock that was set ahead by so much may be wrong, and for so many looks nothing is erased:
somebody has a day to set it right."""

log = logging.getLogger(__name__)


async def keep_erasing(store: Store, clock: Clock) -> None:
    """Erase now and every hour, until cancelled; visits once in each Hong Kong day.

    Of a clock that was set ahead it is not sure that anything is old.
    """
    trimmed_on: date | None = None
    drift, doubted = Drift(clock), 0
    while True:
        doubted = _doubted(drift, doubted)
        if not doubted:
            today = hong_kong_day(clock())
            for erase in (end_waiting, erase_rows, erase_entries):
                await _done(erase(store, clock))
            if trimmed_on != today and await _done(erase_visits(store, clock)):
                trimmed_on = today
            await _done(_empty_the_log(store))
        await asyncio.sleep(EVERY)


def _doubted(drift: Drift, before: int) -> int:
    """Return for how many looks the clock is doubted; `before`: as of the last one."""
    ahead = drift.ahead()
    drift.forget()
    if ahead > SET_AHEAD:
        minutes = ahead.total_seconds() / 60
        log.error("the clock was set ahead by %.0f minutes: nothing is erased for a day", minutes)
        return DOUBTED
    return 0 if ahead < -SET_AHEAD else max(before - 1, 0)


async def _done(erasing: Awaitable[None]) -> bool:
    """Tell whether it could be done. What cannot keeps nothing else from being erased."""
    try:
        await erasing
    except Exception as error:
        log.error("what is old could not be erased: %s", where(error))
        return False
    return True


async def _empty_the_log(store: Store) -> None:
    async with store.reading() as tx:
        await empty_the_log(tx.connection)


async def end_waiting(store: Store, clock: Clock) -> None:
    """End the wait of guardians whom nobody has confirmed in time."""
    async with store.writing() as tx:
        ended = await tx.waiting.lapse(clock())
    if ended:
        log.info("%d guardians were not confirmed in time, and are told", ended)


async def erase_rows(store: Store, clock: Clock) -> None:
    """Erase the rows that are old."""
    for sweep in sweeps(store.policy.retention, clock()):
        await _done(_swept(store, sweep))


async def _swept(store: Store, sweep: Sweep) -> None:
    erased, more = 0, True
    while more:
        async with store.writing() as tx:
            step = await sweep.step(tx.connection)
        erased, more = erased + step.erased, step.more
        if more:
            await asyncio.sleep(BREATH)
    if erased:
        log.info("%d rows were older than they may be, and are erased", erased)


async def erase_entries(store: Store, clock: Clock) -> None:
    """Erase the entries of the audit log that are old; each had its place in the chain first."""
    await chain_all(store, clock)
    before = clock() - timedelta(days=store.policy.retention.audit_days)
    erased, more = 0, 1
    while more:
        async with store.writing() as tx:
            more = await tx.audit.forget(before, clock())
        erased += more
        if more:
            await asyncio.sleep(BREATH)
    if erased:
        log.info("%d entries of the audit log were older than they may be, and are erased", erased)


async def erase_visits(store: Store, clock: Clock) -> None:
    """Erase the visits that are old from the records that also hold newer ones."""
    days, after, erased, more = store.policy.retention.visit_days, "", 0, True
    while more:
        async with store.writing() as tx:
            after, some = await trim_exports(tx.connection, tx.ring, days, clock(), after)
        erased, more = erased + some, bool(after)
        if more:
            await asyncio.sleep(BREATH)
    if erased:
        log.info("%d visits were older than they may be, and are erased", erased)
