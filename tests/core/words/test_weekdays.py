"""Days that are called by their weekday."""

from __future__ import annotations

from datetime import date

import pytest

from core.answer import Invalid
from core.words.written_dates import BACK, FORWARD, Sense, only_day

WEDNESDAY = date(2021, 12, 8)
SUNDAY = date(2021, 12, 12)


@pytest.mark.parametrize(
    ("text", "today", "way", "day"),
    [
        ("Saturday", WEDNESDAY, FORWARD, date(2021, 12, 11)),
        ("Tuesday", WEDNESDAY, FORWARD, date(2021, 12, 14)),
        ("Tuesday", WEDNESDAY, BACK, date(2021, 12, 7)),
        ("next Tuesday", WEDNESDAY, FORWARD, date(2021, 12, 14)),
        ("last Friday", WEDNESDAY, BACK, date(2021, 12, 3)),
        ("last week Tuesday", WEDNESDAY, BACK, date(2021, 11, 30)),
        ("Thu this week", WEDNESDAY, FORWARD, date(2021, 12, 9)),
        ("next Wednesday", WEDNESDAY, FORWARD, date(2021, 12, 15)),
        ("next Tuesday", WEDNESDAY, BACK, date(2021, 12, 14)),
        ("last Tuesday", WEDNESDAY, FORWARD, date(2021, 12, 7)),
        ("coming Wednesday", WEDNESDAY, FORWARD, date(2021, 12, 15)),
        ("上上個星期日", WEDNESDAY, BACK, date(2021, 11, 28)),
        ("这周六", WEDNESDAY, FORWARD, date(2021, 12, 11)),
        ("本週五", WEDNESDAY, FORWARD, date(2021, 12, 10)),
        ("下星期一", SUNDAY, FORWARD, date(2021, 12, 13)),
        ("next Monday", SUNDAY, FORWARD, date(2021, 12, 13)),
        ("上星期日", SUNDAY, BACK, date(2021, 12, 5)),
    ],
)
def test_a_weekday_is_a_day(text: str, today: date, way: int, day: date) -> None:
    found = only_day(text, Sense(today, way))
    assert found is not None
    assert found.value == day.isoformat()


@pytest.mark.parametrize(
    ("text", "way", "first", "second"),
    [
        ("next Friday", FORWARD, date(2021, 12, 10), date(2021, 12, 17)),
        ("last Monday", BACK, date(2021, 12, 6), date(2021, 11, 29)),
        ("Wednesday", FORWARD, date(2021, 12, 8), date(2021, 12, 15)),
        ("禮拜三", BACK, date(2021, 12, 8), date(2021, 12, 1)),
    ],
)
def test_where_it_may_be_two_days_both_are_named(
    text: str, way: int, first: date, second: date
) -> None:
    with pytest.raises(Invalid) as refused:
        only_day(text, Sense(WEDNESDAY, way))
    assert refused.value.code == "which_day"
    assert refused.value.params == {"first": first, "second": second}


@pytest.mark.parametrize("text", ["Friday 24", "24 Friday", "every Friday", "唔係星期五", "星期"])
def test_beside_a_figure_or_a_doubt_it_is_none(text: str) -> None:
    assert only_day(text, Sense(WEDNESDAY, FORWARD)) is None


def test_a_day_that_may_be_any_has_no_weekday() -> None:
    assert only_day("last Friday", Sense(WEDNESDAY)) is None
