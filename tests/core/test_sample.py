from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from core.days import HONG_KONG, hong_kong_day
from core.sample import INSTALLED_DAYS, PLACES, sample_export
from core.visits import Export, VisitKind, VisitPolicy, read_export
from core.visits.venue import VENUE_ID

NOW = datetime(2021, 12, 10, 4, 20, 30, 5, tzinfo=UTC)
HOURS = {venue.id: (opens, closes) for venue, opens, closes in PLACES}


def read(data: bytes, now: datetime = NOW) -> Export:
    return read_export(data, name="", now=now, policy=VisitPolicy())


@pytest.mark.parametrize("name", ["a.json", "a.csv", "A.ZIP", "visits"])
def test_a_sample_is_taken_whole_in_every_form(name: str) -> None:
    record = read(sample_export(31, 60, 7, NOW, name=name))
    assert (len(record.visits), record.dropped) == (60, 0)
    assert record == read(sample_export(31, 60, 7, NOW))


def test_the_seed_alone_decides() -> None:
    assert sample_export(31, 60, 7, NOW) == sample_export(31, 60, 7, NOW)
    assert sample_export(31, 60, 7, NOW) != sample_export(31, 60, 8, NOW)
    assert sample_export(9, 9, 1, NOW, name="a.zip") == sample_export(9, 9, 1, NOW, name="a.zip")


def test_it_is_plausible() -> None:
    record = read(sample_export(31, 800, 7, NOW))
    assert record.places > 30
    assert record.first_day == hong_kong_day(NOW) - timedelta(days=30)
    assert record.last_day == hong_kong_day(NOW)
    assert record.covered_from <= hong_kong_day(NOW)
    for before, after in pairwise(record.visits):
        assert before.left < after.entered
    taxis = [visit for visit in record.visits if visit.kind is VisitKind.TAXI]
    assert 40 < len(taxis) < 160
    for visit in record.visits:
        assert visit.left > visit.entered
        if visit.kind is VisitKind.VENUE:
            opens, closes = HOURS[visit.place]
            entered, left = visit.entered.astimezone(HONG_KONG), visit.left.astimezone(HONG_KONG)
            assert opens <= entered.hour
            assert left.hour < closes or (left.hour, left.minute) == (closes, 0)
            assert visit.name_en
            assert visit.name_zh


def test_the_days_asked_for_bound_it() -> None:
    record = read(sample_export(3, 20, 1, NOW))
    assert record.first_day is not None
    assert record.first_day >= hong_kong_day(NOW) - timedelta(days=2)
    assert record.installed == hong_kong_day(NOW) - timedelta(days=INSTALLED_DAYS)
    assert read(sample_export(90, 400, 1, NOW)).dropped > 200


def test_no_visits_are_a_record_too() -> None:
    assert read(sample_export(31, 0, 1, NOW)).visits == []


@pytest.mark.parametrize(("days", "visits"), [(1, 200), (0, 1), (-1, 1)])
def test_more_visits_than_there_is_room_for(days: int, visits: int) -> None:
    with pytest.raises(ValueError, match="have room for"):
        sample_export(days, visits, 1, NOW)


def test_before_sunrise_today_has_no_room() -> None:
    early = datetime(2021, 12, 9, 17, tzinfo=UTC)
    record = read(sample_export(2, 30, 1, early), early)
    assert record.first_day == record.last_day == hong_kong_day(early) - timedelta(days=1)


def test_places_are_thirty_or_more_each_with_its_own_id() -> None:
    assert len(HOURS) == len(PLACES) >= 30
    assert all(VENUE_ID.fullmatch(venue) for venue in HOURS)
