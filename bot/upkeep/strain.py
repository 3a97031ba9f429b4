"""Tell the operator when one-time codes are misused, or have run out."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator

from bot.clock import Clock
from bot.logs import where
from core.store.store import Store
from core.store.strain import Strain, current_strain

EVERY = 60.0
"""Seconds between two looks."""

AGAIN = 3600.0
"""Seconds after which a trouble that lasts is told again."""

ENOUGH, LEAST_SHARE = 50, 0.4
"""Of so many codes in an hour fewer are typed only where somebody has them sent to others, as the
SMS earn him money, or where they do not arrive."""

log = logging.getLogger(__name__)


async def keep_watching(store: Store, clock: Clock) -> None:
    """Look, and tell, until cancelled."""
    told: dict[str, float] = {}
    while True:
        try:
            async with store.reading() as tx:
                strain = await current_strain(tx, clock())
        except Exception as error:
            log.error("the one-time codes could not be looked at: %s", where(error))
        else:
            at = clock().timestamp()
            for kind, words in troubles(strain):
                # Either way: the clock may have been set back.
                if abs(at - told.get(kind, 0.0)) >= AGAIN:
                    told[kind] = at
                    log.error("%s", words)
        await asyncio.sleep(EVERY)


def troubles(strain: Strain) -> Iterator[tuple[str, str]]:
    """Yield what is wrong, each with the name of its kind."""
    if strain.failing:
        yield (
            "failing",
            "very many one-time codes are typed wrong: each may be tried once this hour",
        )
    if strain.full:
        yield "full", "all one-time codes of the day are sent: nobody gets one before midnight"
    if strain.sent >= ENOUGH and strain.typed < LEAST_SHARE * strain.sent:
        yield (
            "unused",
            f"of the newest {strain.sent} one-time codes {strain.typed} were typed: they do not "
            "arrive, or somebody has them sent to others",
        )
