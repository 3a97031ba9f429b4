"""Time, as a parameter."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Returns the present instant in UTC."""


def system_clock() -> datetime:
    """Return the present instant."""
    return datetime.now(UTC)


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
