"""Where the virus was, and who was there at the time."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import accumulate
from operator import attrgetter

import msgspec

from core.days import hong_kong_day, start_of_day
from core.visits import Visit, VisitKind, VisitPolicy

SHORTEST = timedelta(seconds=60)
"""Only a longer stay together counts (the matcher of https://github.com/headuck/GoOutWithDuck)."""


class Exposure(msgspec.Struct, frozen=True, array_like=True):
    """A confirmed case was at a place from `starts` to `ends` (both UTC).

    `place` is written as in a Visit; `source` is the authority's own reference.
    """

    kind: VisitKind
    place: str
    starts: datetime
    ends: datetime
    source: str = ""


class Match(msgspec.Struct, frozen=True):
    """A visit that met an exposure."""

    visit: Visit
    exposure: Exposure


class _Stays:
    """The visits to one place. Between two cuts lie all that can meet a given exposure."""

    def __init__(self, visits: Iterable[Visit]) -> None:
        self.visits = sorted(visits, key=attrgetter("entered"))
        self.entries = [visit.entered for visit in self.visits]
        # Visits to one place may overlap, so that their ends need not be in order.
        self.ends = list(accumulate((visit.left for visit in self.visits), max))

    def between(self, starts: datetime, ends: datetime) -> Sequence[Visit]:
        first = bisect_right(self.ends, starts)
        last = bisect_left(self.entries, ends)
        return self.visits[first:last]


def matches(
    visits: Iterable[Visit], exposures: Iterable[Exposure], *, now: datetime, policy: VisitPolicy
) -> list[Match]:
    """Return each visit that met an exposure for more than a minute, the earliest first.

    Only time within the last `policy.assess_days` Hong Kong days counts, today being the first:
    of a night that began before them, what lies after midnight. The exposures are read once, and
    may be all there are or only those at the places visited.
    """
    oldest = start_of_day(hong_kong_day(now) - timedelta(days=policy.assess_days - 1))
    by_place: defaultdict[tuple[VisitKind, str], list[Visit]] = defaultdict(list)
    for visit in visits:
        by_place[visit.kind, visit.place].append(visit)
    stays: dict[tuple[VisitKind, str], _Stays] = {}
    found: list[Match] = []
    for exposure in exposures:
        place = exposure.kind, exposure.place
        if place not in by_place:
            continue
        # Put in order where it is needed: most places have seen no case.
        if place not in stays:
            stays[place] = _Stays(by_place[place])
        starts = max(exposure.starts, oldest)
        found.extend(
            Match(visit, exposure)
            for visit in stays[place].between(starts, exposure.ends)
            if min(visit.left, exposure.ends) - max(visit.entered, starts) > SHORTEST
        )
    found.sort(key=lambda match: (match.visit.entered, match.exposure.starts))
    return found
