"""Where a Hong Kong day begins and ends, and which days a window holds."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from core.days import counts, end_of_day, first_day_after, hong_kong_day, start_of_day

DAY = date(2021, 12, 10)


def test_a_day_begins_at_16_00_utc_and_ends_a_second_before_the_next() -> None:
    assert start_of_day(DAY) == datetime(2021, 12, 9, 16, tzinfo=UTC)
    assert end_of_day(DAY) == datetime(2021, 12, 10, 15, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize("seconds", [-120, -1, 0, 1, 120])
def test_an_instant_lies_in_the_day_of_the_hong_kong_clock(seconds: int) -> None:
    instant = start_of_day(DAY) + timedelta(seconds=seconds)
    assert hong_kong_day(instant) == (DAY if seconds >= 0 else DAY - timedelta(days=1))


def test_summer_time_of_older_years_is_known() -> None:
    assert start_of_day(date(1976, 7, 1)) == datetime(1976, 6, 30, 15, tzinfo=UTC)


@pytest.mark.parametrize(("back", "counted"), [(-1, False), (0, True), (20, True), (21, False)])
def test_a_window_of_21_days_is_today_and_the_20_before(back: int, counted: bool) -> None:
    assert counts(DAY - timedelta(days=back), DAY, 21) is counted


def test_what_counts_ends_on_the_first_day_after() -> None:
    assert first_day_after(date(2024, 2, 15), 14) == date(2024, 2, 29)
