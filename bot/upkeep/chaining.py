"""Give the entries of the audit log their places in the chain, and keep check-points of it.

Every few seconds, whichever process comes first. Each process keeps the newest check-point in its
data folder too, where who can only write to the database does not reach it.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.clock import Clock
from bot.logs import where
from bot.operator.kept_checkpoint import FILE, keep, kept
from core.days import clock_time
from core.signing.checkpoint import CheckpointError
from core.store.audit import KEPT_EVERY, PIECE
from core.store.audit_check import Broken, TooOld, Whole
from core.store.audit_check import check as check_all
from core.store.store import Store

EVERY = 5.0
"""Seconds between two looks."""

BREATH = 0.02
"""Seconds between two batches, in which everybody else is served."""

CHECKED_EVERY = 3600.0
"""Seconds between two checks of the whole log."""

CALM = 0.1
"""Seconds between two pieces of such a check, which is in no hurry."""

log = logging.getLogger(__name__)


class Chaining:
    """Keeps the chain of the audit log up with its entries, and its check-point in `folder`."""

    def __init__(self, store: Store, folder: Path, clock: Clock) -> None:
        self.store = store
        self.file = folder / FILE
        self.clock = clock
        self._seen_all = not store.shared
        self._failed = ""

    async def keep_chaining(self) -> None:
        """Look now and again and again, until cancelled."""
        while True:
            await self.look(KEPT_EVERY)
            await asyncio.sleep(EVERY)

    async def look(self, age: timedelta = timedelta()) -> None:
        """Chain what waits, and keep a check-point where the one in the folder is of an age.

        What fails is told once.
        """
        try:
            # Other processes may have written entries long ago and ended before they were chained.
            await chain_all(self.store, self.clock, None if self._seen_all else 0)
            self._seen_all = True
            await self._keep(age)
        except CheckpointError as error:
            self._tell(f"a check-point {error}")
        except Exception as error:
            self._tell(where(error))
        else:
            self._failed = ""

    async def keep_checking(self) -> None:
        """Check the log now and every hour, until cancelled."""
        while True:
            await self.check()
            await asyncio.sleep(CHECKED_EVERY)

    async def check(self) -> None:
        """Look whether the log is whole. The program runs on where it is not: people at the border
        need their codes."""
        try:
            whole = await check_beside(self.store, self.file, CALM)
        except Broken as broken:
            log.error("THE AUDIT LOG IS NOT WHOLE: %s", broken)
        except CheckpointError as error:
            log.error("the audit log could not be checked: %s %s", self.file.name, error)
        except Exception as error:
            log.error("the audit log could not be checked: %s", where(error))
        else:
            log.info("the audit log is whole: %s", _entries(whole))

    async def _keep(self, age: timedelta) -> None:
        """Put the newest check-point in place of one that is old enough, and still true.

        Raise CheckpointError for one that is not: it is the proof, and stays.
        """
        old = kept(self.file, self.store.ring)
        if old and timedelta() <= self.clock() - old.at < age:
            return
        async with self.store.reading() as tx:
            body = await tx.audit.newest_signed()
            true = old is None or await tx.audit.holds(old)
        if not true:
            raise CheckpointError(f"in {self.file.name} stays: it is not of this log any more")
        if body is not None:
            await asyncio.to_thread(keep, self.file, body)

    def _tell(self, why: str) -> None:
        if why != self._failed:
            log.error("the audit log is not chained as it should be: %s", why)
            self._failed = why


async def chain_all(store: Store, clock: Clock, after: int | None = None) -> None:
    """Give every entry that waits its place. Where none waits, nothing is written."""
    more = True
    while more:
        async with store.reading() as tx:
            if not await tx.audit.waiting(after):
                return
        async with store.writing() as tx:
            more = await tx.audit.extend(clock(), after) == PIECE
        await asyncio.sleep(BREATH)


async def check_beside(store: Store, file: Path, breath: float = 0.0) -> Whole:
    """Check the log beside the check-point in a file, where there is one that still says something.

    Raise Broken, CheckpointError or OSError.
    """
    try:
        return await check_all(store, kept(file, store.ring), breath)
    except TooOld:
        return await check_all(store, None, breath)


def in_words(whole: Whole) -> str:
    """Say in one sentence what a log holds that is whole."""
    if whole.first is None or whole.last is None:
        return "The audit log is whole: it has no entries yet."
    wait = "waits for its" if whole.waiting == 1 else "wait for their"
    waiting = f"; {whole.waiting:,} of them {wait} place in the chain"
    return (
        f"The audit log is whole: {_entries(whole)} from {_moment(whole.first)} "
        f"to {_moment(whole.last)}, Hong Kong time{waiting if whole.waiting else ''}."
    )


def _entries(whole: Whole) -> str:
    return "1 entry" if whole.entries == 1 else f"{whole.entries:,} entries"


def _moment(at: float) -> str:
    return clock_time(datetime.fromtimestamp(at, UTC))
