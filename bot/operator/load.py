"""Load an operator's list: every row checked, a bad file changes nothing."""

from __future__ import annotations

from bot.app import opened
from bot.clock import system_clock
from bot.settings import Settings
from core.lists import read_cases, read_exposures, read_places, read_tenants
from core.policy import Policy
from core.store import lists, loading
from core.store.lists import Listed
from core.store.people import People


async def load(settings: Settings, policy: Policy, kind: str, data: bytes) -> str:
    """Put a list in place of the one before; return one sentence. Raise ListError, or Superseded
    where another list of this kind is loaded meanwhile."""
    async with opened(settings, policy, system_clock) as store:
        async with store.reading() as tx:
            listed = _read(kind, data, tx.people)
        count = await loading.replace(store, listed, system_clock())
    entries = f"1 {kind[:-1]} is" if count == 1 else f"{count} {kind} are"
    return f"{entries} loaded, in place of the list before."


def _read(kind: str, data: bytes, people: People) -> Listed:
    """Return a list as it is kept."""
    if kind == "exposures":
        return lists.exposures(read_exposures(data))
    if kind == "places":
        return lists.places(read_places(data))
    index = people.document_index
    if kind == "tenants":
        tenants = read_tenants(data)
        return lists.tenants((index(t.document, t.number), t.estate) for t in tenants)
    cases = read_cases(data)
    return lists.cases((index(c.document, c.number), c.case) for c in cases)
