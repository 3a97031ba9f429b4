"""Load an operator's list: every row checked, a bad file changes nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.app import opened
from bot.clock import system_clock
from bot.settings import Settings
from core.identity import DocumentType, normalise
from core.lists import read_cases, read_exposures, read_places, read_tenants
from core.policy import Policy
from core.store.lists import Lists
from core.store.people import People

Replace = Callable[[Lists], Awaitable[None]]
"""Puts a list that was read in place of the one before."""


async def load(settings: Settings, policy: Policy, kind: str, data: bytes) -> str:
    """Put a list in place of the one before; return one sentence. Raise ListError."""
    async with opened(settings, policy, system_clock) as store:
        # Before it is written: in the meantime nobody else can write into a SQLite store.
        async with store.reading() as tx:
            count, replace = _read(kind, data, tx.people)
        async with store.writing() as tx:
            await replace(tx.lists)
            await tx.people.record(
                f"{kind} loaded", actor="operator", object=str(count), now=system_clock()
            )
    entries = f"1 {kind[:-1]} is" if count == 1 else f"{count} {kind} are"
    return f"{entries} loaded, in place of the list before."


def _read(kind: str, data: bytes, people: People) -> tuple[int, Replace]:
    """Return how many entries a list has, and what puts it into the store."""
    if kind == "exposures":
        exposures = read_exposures(data)
        return len(exposures), lambda lists: lists.replace_exposures(exposures)
    if kind == "places":
        places = read_places(data)
        return len(places), lambda lists: lists.replace_places(places)

    def index(document: DocumentType, number: str) -> bytes:
        return people.document_index(document, normalise(document, number))

    if kind == "tenants":
        tenants = [(index(each.document, each.number), each.estate) for each in read_tenants(data)]
        return len(tenants), lambda lists: lists.replace_tenants(tenants)
    cases = [(index(each.document, each.number), each.case) for each in read_cases(data)]
    return len(cases), lambda lists: lists.replace_cases(cases)
