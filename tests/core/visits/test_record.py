from __future__ import annotations

from datetime import UTC, date, datetime

import msgspec
import pytest

from core.visits import Export, Visit, VisitKind


def at(day: int, hour: int) -> datetime:
    return datetime(2021, 12, day, hour, tzinfo=UTC)


def export(*visits: Visit) -> Export:
    return Export(list(visits), date(2021, 11, 1), date(2021, 11, 22), at(10, 0), 3, 1)


GYM = Visit(VisitKind.VENUE, "gxr8l5A6", at(8, 15), at(8, 17), "Leung Tin", "良田")
CAB = Visit(VisitKind.TAXI, "KB4484", at(8, 16), at(8, 17))
AGAIN = Visit(VisitKind.VENUE, "gxr8l5A6", at(9, 2), at(9, 3))


def test_counts_are_of_different_places_and_hong_kong_days() -> None:
    record = export(GYM, CAB, AGAIN)
    assert record.places == 2
    assert (record.first_day, record.last_day) == (date(2021, 12, 8), date(2021, 12, 9))
    assert export(CAB).first_day == date(2021, 12, 9)


def test_an_empty_record_has_no_days() -> None:
    record = export()
    assert (record.places, record.first_day, record.last_day) == (0, None, None)


def test_what_was_sealed_comes_back() -> None:
    record = export(GYM, CAB, AGAIN)
    assert Export.from_bytes(record.to_bytes()) == record
    with pytest.raises(msgspec.DecodeError):
        Export.from_bytes(record.to_bytes()[:-1])
