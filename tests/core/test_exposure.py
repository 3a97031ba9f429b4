from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from core.exposure import Exposure, Match, matches
from core.visits import Visit, VisitKind, VisitPolicy
from tests.speed import seconds

POLICY = VisitPolicy()
NOON = datetime(2021, 12, 10, 4, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def hong_kong(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00").astimezone(UTC)


def visit(entered: str, left: str, place: str = "AAAAAAAA") -> Visit:
    return Visit(VisitKind.VENUE, place, hong_kong(entered), hong_kong(left))


def exposure(starts: str, ends: str, place: str = "AAAAAAAA") -> Exposure:
    return Exposure(VisitKind.VENUE, place, hong_kong(starts), hong_kong(ends), "case 12345")


def met(there: Visit, where: Exposure, now: datetime = NOON) -> bool:
    found = matches([there], [where], now=now, policy=POLICY)
    assert found in ([], [Match(there, where)])
    return bool(found)


LUNCH = visit("2021-12-09T12:00:00", "2021-12-09T13:00:00")


@pytest.mark.parametrize(
    ("starts", "ends", "expected"),
    [
        ("2021-12-09T10:00:00", "2021-12-09T12:01:00", False),
        ("2021-12-09T10:00:00", "2021-12-09T12:01:01", True),
        ("2021-12-09T12:58:59", "2021-12-09T15:00:00", True),
        ("2021-12-09T12:59:00", "2021-12-09T15:00:00", False),
        ("2021-12-09T12:30:00", "2021-12-09T12:31:00", False),
        ("2021-12-09T12:30:00", "2021-12-09T12:31:01", True),
        ("2021-12-01T00:00:00", "2021-12-31T00:00:00", True),
        ("2021-12-09T13:00:00", "2021-12-09T14:00:00", False),
        ("2021-12-09T11:00:00", "2021-12-09T12:00:00", False),
        ("2021-12-08T12:00:00", "2021-12-08T13:00:00", False),
    ],
)
def test_more_than_a_minute_together_counts(starts: str, ends: str, expected: bool) -> None:
    assert met(LUNCH, exposure(starts, ends)) is expected


@pytest.mark.parametrize(
    ("entered", "left", "expected"),
    [
        ("2021-11-19T22:00:00", "2021-11-19T23:59:59", False),
        ("2021-11-19T22:00:00", "2021-11-20T00:01:00", False),
        ("2021-11-19T22:00:00", "2021-11-20T00:01:01", True),
        ("2021-11-20T00:00:00", "2021-11-20T00:01:01", True),
        ("2021-12-10T11:00:00", "2021-12-10T12:00:00", True),
    ],
)
@pytest.mark.parametrize("now", ["2021-12-10T00:00:00", "2021-12-10T23:59:59"])
def test_the_window_begins_at_a_hong_kong_midnight(
    entered: str, left: str, expected: bool, now: str
) -> None:
    all_along = exposure("2021-11-01T00:00:00", "2021-12-31T00:00:00")
    assert met(visit(entered, left), all_along, hong_kong(now)) is expected


def test_the_window_moves_on_at_midnight() -> None:
    there = visit("2021-11-20T12:00:00", "2021-11-20T13:00:00")
    where = exposure("2021-11-20T12:00:00", "2021-11-20T13:00:00")
    midnight = hong_kong("2021-12-11T00:00:00")
    assert met(there, where, midnight - SECOND)
    assert not met(there, where, midnight)


def test_place_and_kind_must_both_agree() -> None:
    where = exposure("2021-12-09T12:00:00", "2021-12-09T13:00:00")
    assert not met(visit("2021-12-09T12:00:00", "2021-12-09T13:00:00", "aaaaaaaa"), where)
    taxi = Visit(VisitKind.TAXI, "AAAAAAAA", LUNCH.entered, LUNCH.left)
    assert not met(taxi, where)
    assert met(taxi, Exposure(VisitKind.TAXI, "AAAAAAAA", LUNCH.entered, LUNCH.left))


def test_every_pair_is_found_earliest_first_as_a_plain_search_finds_it() -> None:
    chance = random.Random(3)

    def span(longest: int) -> tuple[datetime, datetime]:
        begins = NOON - timedelta(minutes=chance.randrange(60 * 24 * 25))
        return begins, begins + timedelta(seconds=chance.randrange(longest))

    def place() -> str:
        return chance.choice("ABCDE") * 8

    visits = [Visit(VisitKind.VENUE, place(), *span(40_000)) for _ in range(300)]
    exposures = [Exposure(VisitKind.VENUE, place(), *span(20_000)) for _ in range(300)]
    oldest = hong_kong("2021-11-20T00:00:00")
    expected = {
        (there.entered, where.starts)
        for there in visits
        for where in exposures
        if there.place == where.place
        and min(there.left, where.ends) - max(there.entered, where.starts, oldest) > 60 * SECOND
    }
    found = matches(visits, iter(exposures), now=NOON, policy=POLICY)
    order = [(match.visit.entered, match.exposure.starts) for match in found]
    assert set(order) == expected
    assert order == sorted(order)
    assert len(found) > 100


def test_many_exposures_elsewhere_cost_little() -> None:
    elsewhere = [exposure("2021-12-09T12:00:00", "2021-12-09T13:00:00", "Z" * 8)] * 100_000
    found: list[Match] = []
    assert seconds(lambda: found.extend(matches([LUNCH], elsewhere, now=NOON, policy=POLICY))) < 0.5
    assert found == []
