"""Load an operator's list: every row checked, a bad file changes nothing."""

from __future__ import annotations

from bot.app import bring_up_to_date, open_store
from bot.clock import system_clock
from bot.settings import Settings
from core.identity import normalise
from core.lists import read_cases, read_exposures, read_places
from core.policy import Policy


async def load(settings: Settings, policy: Policy, kind: str, data: bytes) -> str:
    """Put a list in place of the one before; return one sentence. Raise ListError."""
    _, store = open_store(settings, policy, system_clock)
    try:
        await bring_up_to_date(store)
        async with store.writing() as tx:
            if kind == "exposures":
                exposures = read_exposures(data)
                await tx.lists.replace_exposures(exposures)
                count = len(exposures)
            elif kind == "places":
                places = read_places(data)
                await tx.lists.replace_places(places)
                count = len(places)
            else:
                cases = [
                    (tx.people.document_index(c.document, normalise(c.document, c.number)), c.case)
                    for c in read_cases(data)
                ]
                await tx.lists.replace_cases(cases)
                count = len(cases)
            await tx.people.record(
                f"{kind} loaded", actor="operator", object=str(count), now=system_clock()
            )
    finally:
        await store.close()
    return f"{count} {kind} are loaded; they take the place of the list before."
