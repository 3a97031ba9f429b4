"""The operator's lists: exposures, high-risk places to live, cases, tenants.

What is read is in force as a whole: `core.store.loading` puts a list in place of the one before.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, bindparam, select

from core.address import Estate, HighRiskPlace
from core.assessment import Case, CaseKind
from core.exposure import Exposure
from core.store import tables
from core.store.connection import Connection
from core.store.dialects import one_of
from core.store.tallies import Tallies
from core.vault import KeyRing

LOADED, EVER = "lists loaded", "ever"
"""The tally of the loads of lists that decide colours: their version."""


@dataclass(frozen=True)
class Listed:
    """A list as it is kept. `decides`: codes are assessed again when it is in force. `names`: those
    of the people whom it names come first."""

    table: Table
    rows: Iterable[dict[str, Any]]
    decides: bool = True
    names: bool = False


def exposures(found: Iterable[Exposure]) -> Listed:
    """Return a list of where the virus was."""
    rows = (
        {
            "kind": str(e.kind),
            "place": e.place,
            "starts": e.starts.timestamp(),
            "ends": e.ends.timestamp(),
            "source": e.source,
        }
        for e in found
    )
    return Listed(tables.exposures, rows)


def places(found: Iterable[HighRiskPlace]) -> Listed:
    """Return a list of high-risk places to live."""
    rows = (
        {
            "district": str(p.district),
            "name_en": p.name_en,
            "name_zh": p.name_zh,
            "starts": p.starts.timestamp(),
            "ends": p.ends.timestamp(),
        }
        for p in found
    )
    return Listed(tables.places, rows)


def cases(found: Iterable[tuple[bytes, Case]]) -> Listed:
    """Return a list of cases, each by the blind index of its document."""
    rows = (
        {
            "document": index,
            "kind": str(case.kind),
            "since": case.since.isoformat(),
            "until": case.until.isoformat() if case.until else "",
        }
        for index, case in found
    )
    return Listed(tables.cases, rows, names=True)


def tenants(found: Iterable[tuple[bytes, Estate]]) -> Listed:
    """Return a register of tenants, each by the blind index of his document. No code is assessed
    again: where one lives was believed when it was issued."""
    rows = (
        {"document": index, "name_en": estate.name_en, "name_zh": estate.name_zh}
        for index, estate in found
    )
    return Listed(tables.tenants, rows, decides=False)


def _in_force(table: Table) -> ColumnElement[bool]:
    """Tell whether a row is of the list that is in force."""
    lists = tables.lists.c
    load = select(lists.load).where(lists.name == table.name).scalar_subquery()
    return table.c.load == load


# The statements of every code are put together once.
_EXPOSURES = select(
    tables.exposures.c.kind,
    tables.exposures.c.place,
    tables.exposures.c.starts,
    tables.exposures.c.ends,
    tables.exposures.c.source,
).where(
    _in_force(tables.exposures),
    one_of(tables.exposures.c.place, "wanted"),
    tables.exposures.c.ends >= bindparam("since"),
)
_PLACES = select(tables.places).where(_in_force(tables.places))
_PLACES_OF_DISTRICTS = _PLACES.where(one_of(tables.places.c.district, "districts"))
_CASES = select(tables.cases.c.kind, tables.cases.c.since, tables.cases.c.until).where(
    _in_force(tables.cases), tables.cases.c.document == bindparam("of_document")
)
_ESTATES = select(tables.tenants.c.name_en, tables.tenants.c.name_zh).where(
    _in_force(tables.tenants), tables.tenants.c.document == bindparam("of_document")
)


class Lists:
    """The lists that are in force, in the open transaction."""

    def __init__(self, connection: Connection, ring: KeyRing) -> None:
        self.connection = connection
        self.ring = ring
        self.tallies = Tallies(connection)

    async def version(self) -> int:
        """Return the version of the lists: how often one of them was put in another's place."""
        return (await self.tallies.of(LOADED, [EVER])).get(EVER, 0)

    async def exposures_at(self, places: Iterable[str], since: datetime) -> list[Exposure]:
        """Return the exposures at these places (venue ids and plates) that end after `since`."""
        wanted = {"wanted": sorted(set(places)), "since": since.timestamp()}
        rows = await self.connection.execute(_EXPOSURES, wanted)
        return [
            Exposure(
                kind=kind,
                place=place,
                starts=datetime.fromtimestamp(starts, UTC),
                ends=datetime.fromtimestamp(ends, UTC),
                source=source,
            )
            for kind, place, starts, ends, source in rows
        ]

    async def places_in(self, district: str) -> list[HighRiskPlace]:
        """Return the high-risk places of a district, and those listed for any.

        Of an unknown district (empty), as of a hotel, all that there are.
        """
        if district:
            districts = {"districts": [district, ""]}
            rows = await self.connection.execute(_PLACES_OF_DISTRICTS, districts)
        else:
            rows = await self.connection.execute(_PLACES)
        return [
            HighRiskPlace(
                district=row.district,
                name_en=row.name_en,
                name_zh=row.name_zh,
                starts=datetime.fromtimestamp(row.starts, UTC),
                ends=datetime.fromtimestamp(row.ends, UTC),
            )
            for row in rows
        ]

    async def cases_of(self, index: bytes) -> list[Case]:
        """Return what the authority lists of the holder of a document."""
        rows = await self.connection.execute(_CASES, {"of_document": index})
        return [
            Case(
                kind=CaseKind(kind),
                since=datetime.fromisoformat(since).date(),
                until=datetime.fromisoformat(until).date() if until else None,
            )
            for kind, since, until in rows
        ]

    async def estates_of(self, index: bytes) -> list[Estate]:
        """Return the estates in which the holder of a document is registered as living."""
        rows = await self.connection.execute(_ESTATES, {"of_document": index})
        return [Estate(name_en, name_zh) for name_en, name_zh in rows]
