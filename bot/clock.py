"""Time, as a parameter."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]
"""Returns the present instant in UTC."""


def system_clock() -> datetime:
    """Return the present instant."""
    return datetime.now(UTC)


# While the machine sleeps both clocks go on, where it has one that does.
_UNSET = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Drift:
    """How the clock was set, as told by another of the machine's clocks that nobody can set."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.forget()

    def forget(self) -> None:
        """Take the clock as it is now for right."""
        self._apart = self._now_apart()

    def ahead(self) -> timedelta:
        """Return by how much it was set ahead since; less than nothing where it was set back."""
        return timedelta(seconds=self._now_apart() - self._apart)

    def _now_apart(self) -> float:
        return self.clock().timestamp() - time.clock_gettime(_UNSET)


async def sleep_until(
    wake: asyncio.Event, due: datetime | None, clock: Clock, most: float | None
) -> None:
    """Sleep until woken, until `due`, or for `most` seconds, whichever comes first."""
    waits = [] if most is None else [most]
    if due is not None:
        waits.append(max((due - clock()).total_seconds(), 0.001))
    with suppress(TimeoutError):
        async with asyncio.timeout(min(waits) if waits else None):
            await wake.wait()
