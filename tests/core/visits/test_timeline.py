from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from core.answer import Invalid
from core.visits import Export, Visit, VisitKind, VisitPolicy, read_export
from core.visits.timeline import read_plate, read_time
from tests.corpus import as_json, export, visit

HOUR = timedelta(hours=1)
NOON = datetime(2021, 12, 10, 4, tzinfo=UTC)
"""12:00 in Hong Kong."""


def hong_kong(text: str) -> str:
    return f"{text}+08:00"


def read(*visits: dict[str, Any], now: datetime = NOON, **changes: Any) -> Export:
    document = export(**({"visits": list(visits), "exported": now.isoformat()} | changes))
    return read_export(as_json(document), name="", now=now, policy=VisitPolicy())


def stay(entered: str, left: str | None, venue: str = "AAAAAAAA") -> dict[str, Any]:
    return visit(
        venue=venue,
        name_en="",
        **{"in": hong_kong(entered), "out": hong_kong(left) if left else None},
    )


def refused(*visits: dict[str, Any], **changes: Any) -> Invalid:
    with pytest.raises(Invalid) as caught:
        read(*visits, **changes)
    return caught.value


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2021-12-10T08:00:00+08:00", datetime(2021, 12, 10, tzinfo=UTC)),
        ("2021-12-10T00:00:00Z", datetime(2021, 12, 10, tzinfo=UTC)),
        ("2021-12-09T19:00:00-05:00", datetime(2021, 12, 10, tzinfo=UTC)),
        ("2021-12-10T05:45:00+05:45", datetime(2021, 12, 10, tzinfo=UTC)),
        ("2021-12-10T08:00", datetime(2021, 12, 10, tzinfo=UTC)),
        (" 2021-12-10 08:00:00 ", datetime(2021, 12, 10, tzinfo=UTC)),
        ("2020-02-29T08:00:00", datetime(2020, 2, 29, tzinfo=UTC)),
    ],
)
def test_times_in_any_zone_and_hong_kong_time_without_one(text: str, instant: datetime) -> None:
    assert read_time(text) == instant
    assert read_time(text).tzinfo is UTC


@pytest.mark.parametrize(
    "text", ["", "2021-12-10", "2021-02-29T08:00", "9999-12-31T23:59:59-01:00", "x" * 40]
)
def test_no_time(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_time(text)


@pytest.mark.parametrize("text", ["KB4484", "kb 4484", "ＫＢ４４８４", "KB-4484"])
def test_a_plate_however_it_is_written(text: str) -> None:
    assert read_plate(text) == "KB4484"


def test_visits_come_in_order_of_entry_with_their_kind() -> None:
    taxi = {"plate": "kb 4484", "in": "2021-12-09T09:00", "out": "2021-12-09T09:20"}
    record = read(stay("2021-12-09T10:00:00", "2021-12-09T11:00:00"), taxis=[taxi])
    assert record.visits == [
        Visit(
            VisitKind.TAXI,
            "KB4484",
            datetime(2021, 12, 9, 1, tzinfo=UTC),
            datetime(2021, 12, 9, 1, 20, tzinfo=UTC),
        ),
        Visit(
            VisitKind.VENUE,
            "AAAAAAAA",
            datetime(2021, 12, 9, 2, tzinfo=UTC),
            datetime(2021, 12, 9, 3, tzinfo=UTC),
            "",
            "良田體育館",
        ),
    ]


@pytest.mark.parametrize(
    ("entered", "left", "kept"),
    [
        ("2021-11-09T22:00:00", "2021-11-09T23:59:59", False),
        ("2021-11-09T22:00:00", "2021-11-10T00:00:00", True),
        ("2021-11-10T00:00:00", "2021-11-10T00:10:00", True),
        ("2021-11-09T23:59:59", None, True),
        ("2021-11-08T23:59:59", None, False),
        ("2020-02-29T12:00:00", "2020-02-29T12:00:00", False),
    ],
)
def test_thirty_one_hong_kong_days_are_kept(entered: str, left: str | None, kept: bool) -> None:
    for now in ("2021-12-10T00:00:00", "2021-12-10T23:59:59"):
        record = read(stay(entered, left), now=datetime.fromisoformat(hong_kong(now)))
        assert (len(record.visits), record.dropped) == ((1, 0) if kept else (0, 1))


def test_an_open_visit_ends_with_the_next_ride_the_export_or_the_day_after() -> None:
    record = read(
        stay("2021-12-01T10:00:00", None),
        stay("2021-12-04T10:00:00", None),
        stay("2021-12-10T11:30:00", None),
        taxis=[ride("2021-12-04T15:00:00", None), ride("2021-12-05T09:00:00", None)],
    )
    lengths = [visit.left - visit.entered for visit in record.visits]
    assert lengths == [24 * HOUR, 5 * HOUR, 18 * HOUR, 24 * HOUR, HOUR / 2]


def test_an_open_visit_to_a_mall_goes_on_in_its_restaurant() -> None:
    record = read(
        stay("2021-12-10T09:00:00", None),
        stay("2021-12-10T10:00:00", "2021-12-10T11:00:00", "BBBBBBBB"),
    )
    lengths = [visit.left - visit.entered for visit in record.visits]
    assert (lengths, record.overlaps) == ([3 * HOUR, HOUR], 0)


def test_an_open_ride_ends_where_one_gets_out() -> None:
    rides = [ride("2021-12-10T09:00:00", None)]
    record = read(stay("2021-12-10T09:30:00", None), taxis=rides)
    assert record.visits[0].left == record.visits[1].entered


def test_an_export_that_was_kept_before_overlaps_were_counted_is_read() -> None:
    kept = msgspec.msgpack.decode(read(stay("2021-12-09T10:00:00", None)).to_bytes())
    assert Export.from_bytes(msgspec.msgpack.encode(kept[:-1])).overlaps == 0


def test_an_open_visit_within_the_clock_skew_has_no_length() -> None:
    [only] = read(stay("2021-12-10T12:05:00", None)).visits
    assert only.left == only.entered


@pytest.mark.parametrize(
    ("left", "code"),
    [
        ("2021-12-10T12:10:00", ""),
        ("2021-12-10T12:10:01", "future"),
    ],
)
def test_ten_minutes_of_skew_are_forgiven(left: str, code: str) -> None:
    row = stay("2021-12-10T11:00:00", left)
    assert (refused(row).code if code else "") == code
    assert code or read(row).visits


def test_the_export_may_be_ten_minutes_ahead_too() -> None:
    assert read(exported=hong_kong("2021-12-10T12:10:00")).visits == []
    assert refused(exported=hong_kong("2021-12-10T12:10:01")).code == "exported_future"


def test_the_export_is_of_the_last_24_hours() -> None:
    assert read(exported=hong_kong("2021-12-09T12:00:00")).visits == []
    assert refused(exported=hong_kong("2021-12-09T11:59:59")).code == "stale"


def test_as_many_visits_are_taken_as_the_policy_says() -> None:
    two = [stay("2021-12-09T10:00:00", "2021-12-09T11:00:00")] * 2
    document = as_json(export(visits=two, exported=NOON.isoformat()))
    record = read_export(document, name="", now=NOON, policy=VisitPolicy(max_visits=2))
    assert len(record.visits) == 2
    with pytest.raises(Invalid) as caught:
        read_export(document, name="", now=NOON, policy=VisitPolicy(max_visits=1))
    assert (caught.value.code, caught.value.params) == ("too_many", {"limit": 1})


def test_an_end_of_blanks_is_none() -> None:
    blank = {**stay("2021-12-10T11:30:00", None), "out": " "}
    assert read(blank) == read(stay("2021-12-10T11:30:00", None))


def test_nothing_is_visited_after_the_export() -> None:
    row = stay("2021-12-10T11:00:00", "2021-12-10T11:10:00")
    assert read(row, exported=hong_kong("2021-12-10T11:00:00")).visits
    error = refused(row, exported=hong_kong("2021-12-10T10:59:59"))
    assert (error.code, error.params) == ("after_export", {"row": 1, "place": "良田體育館"})


def ride(entered: str, left: str | None, plate: str = "KB4484") -> dict[str, Any]:
    return {"plate": plate, "in": entered, "out": left}


def test_two_taxis_at_once_are_both_named() -> None:
    before = ride("2021-12-09T07:00", "2021-12-09T07:30", "AB123")
    long = ride("2021-12-09T08:00", "2021-12-09T20:00")
    other = ride("2021-12-09T19:59", "2021-12-09T21:00", "AB123")
    between = ride("2021-12-09T09:00", "2021-12-09T09:30")
    error = refused(taxis=[before, long, between, other])
    assert error.code == "overlap"
    assert error.params == {"row": 4, "place": "AB123", "other_row": 2, "other_place": "KB4484"}


def test_one_may_change_taxis_in_the_same_minute() -> None:
    rides = [
        ride("2021-12-09T08:00", "2021-12-09T08:20"),
        ride("2021-12-09T08:20", None, "AB123"),
        ride("2021-12-09T08:40", "2021-12-09T09:00", "CD45"),
    ]
    record = read(taxis=rides)
    assert (len(record.visits), record.overlaps) == (3, 0)


@pytest.mark.parametrize(
    ("entered", "left"),
    [
        ("2021-12-09T13:00:00", "2021-12-09T14:00:00"),
        ("2021-12-09T12:00:00", "2021-12-09T14:00:00"),
        ("2021-12-09T13:00:00", "2021-12-09T18:00:00"),
        ("2021-12-09T12:00:00", "2021-12-09T19:00:00"),
        ("2021-12-09T18:00:00", "2021-12-09T19:00:00"),
    ],
)
def test_a_restaurant_in_a_mall_is_no_overlap(entered: str, left: str) -> None:
    mall = stay("2021-12-09T12:00:00", "2021-12-09T18:00:00")
    record = read(mall, stay(entered, left, "BBBBBBBB"))
    assert (len(record.visits), record.overlaps) == (2, 0)


def test_shops_of_one_mall_may_lie_within_it_and_within_each_other() -> None:
    record = read(
        stay("2021-12-09T12:00:00", "2021-12-09T18:00:00"),
        stay("2021-12-09T12:30:00", "2021-12-09T15:00:00", "BBBBBBBB"),
        stay("2021-12-09T13:00:00", "2021-12-09T13:30:00", "CCCCCCCC"),
        stay("2021-12-09T16:00:00", "2021-12-09T17:00:00", "DDDDDDDD"),
    )
    assert (len(record.visits), record.overlaps) == (4, 0)


def test_a_mall_scanned_again_on_the_way_out_is_one_mall() -> None:
    record = read(
        stay("2021-12-09T12:00:00", "2021-12-09T18:00:00"),
        stay("2021-12-09T12:30:00", "2021-12-09T13:00:00", "BBBBBBBB"),
        stay("2021-12-09T12:50:00", "2021-12-09T17:00:00"),
        stay("2021-12-09T17:30:00", "2021-12-09T18:30:00"),
        stay("2021-12-09T18:10:00", "2021-12-09T18:20:00", "BBBBBBBB"),
        stay("2021-12-09T18:30:00", "2021-12-09T18:40:00", "BBBBBBBB"),
    )
    assert (len(record.visits), record.overlaps) == (6, 0)


def test_who_forgets_to_leave_a_venue_is_believed_and_it_is_noted() -> None:
    record = read(
        stay("2021-12-09T12:00:00", "2021-12-09T18:00:00"),
        stay("2021-12-09T17:59:00", "2021-12-09T19:00:00", "BBBBBBBB"),
        stay("2021-12-09T18:30:00", "2021-12-09T20:00:00", "CCCCCCCC"),
    )
    assert (len(record.visits), record.overlaps) == (3, 2)


@pytest.mark.parametrize(
    ("entered", "left", "overlaps"),
    [
        ("2021-12-09T11:00", "2021-12-09T12:00", 0),
        ("2021-12-09T11:00", "2021-12-09T12:01", 1),
        ("2021-12-09T11:00", "2021-12-09T19:00", 1),
        ("2021-12-09T13:00", "2021-12-09T13:30", 1),
        ("2021-12-09T17:30", "2021-12-09T18:30", 1),
        ("2021-12-09T18:00", "2021-12-09T18:30", 0),
    ],
)
def test_a_ride_beside_a_visit_is_believed_and_it_is_noted(
    entered: str, left: str, overlaps: int
) -> None:
    record = read(stay("2021-12-09T12:00:00", "2021-12-09T18:00:00"), taxis=[ride(entered, left)])
    assert (len(record.visits), record.overlaps) == (2, overlaps)


def test_a_taxi_is_not_a_venue_of_the_same_name() -> None:
    row = stay("2021-12-09T08:00:00", "2021-12-09T09:00:00", "AAAAAAAA")
    taxi = ride("2021-12-09T08:30", "2021-12-09T08:40", "AAAAAAAA")
    assert read(row, taxis=[taxi]).overlaps == 1


def test_one_may_leave_and_enter_in_the_same_second_or_scan_one_place_twice() -> None:
    record = read(
        stay("2021-12-09T08:00:00", "2021-12-09T20:00:00"),
        stay("2021-12-09T09:00:00", "2021-12-09T09:30:00"),
        stay("2021-12-09T19:00:00", "2021-12-09T20:30:00"),
        stay("2021-12-09T20:30:00", "2021-12-09T21:00:00", "BBBBBBBB"),
    )
    assert (len(record.visits), record.overlaps) == (4, 0)


@pytest.mark.parametrize("installed", ["2021-11-20", hong_kong("2021-11-20T00:00:00")])
def test_the_record_is_covered_twenty_one_days_after_the_installation(installed: str) -> None:
    record = read(app={"installed": installed})
    assert record.installed == date(2021, 11, 20)
    assert record.covered_from == date(2021, 12, 11)


def test_notifications_are_counted_and_not_kept() -> None:
    record = read(notifications=[{"venue": "AAAAAAAA"}, {}])
    assert record.notifications == 2
    assert b"AAAAAAAA" not in record.to_bytes()


def test_a_name_keeps_what_can_be_seen_and_falls_back() -> None:
    chinese = stay("2021-12-09T08:00:00", "2021-12-09T09:00:00") | {"name_en": " \u200b "}
    assert read(chinese).visits[0].name_en == ""
    assert read(chinese | {"name_en": "=1+1\tx"}).visits[0].name_en == "=1+1 x"
