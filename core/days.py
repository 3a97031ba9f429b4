"""Hong Kong days. Instants are UTC everywhere; a day begins and ends here and nowhere else."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

HONG_KONG = ZoneInfo("Asia/Hong_Kong")


def hong_kong_day(instant: datetime) -> date:
    """Return the Hong Kong calendar day in which an aware instant lies."""
    return instant.astimezone(HONG_KONG).date()


def clock_time(instant: datetime) -> str:
    """Return an instant as "2021-12-10 09:30", Hong Kong time."""
    return f"{instant.astimezone(HONG_KONG):%Y-%m-%d %H:%M}"


def start_of_day(day: date) -> datetime:
    """Return the UTC instant of 00:00:00 Hong Kong time on that day."""
    return datetime.combine(day, time(), HONG_KONG).astimezone(UTC)


def end_of_day(day: date) -> datetime:
    """Return the UTC instant of 23:59:59 Hong Kong time on that day."""
    return start_of_day(day + timedelta(days=1)) - timedelta(seconds=1)


def first_day_after(day: date, window: int) -> date:
    """Return the first day on which what happened on `day` no longer counts.

    A window of 21 days is the day itself and the 20 that follow.
    """
    return day + timedelta(days=window)


def counts(day: date, today: date, window: int) -> bool:
    """Tell whether what happened on `day` counts today: today and the `window - 1` days before."""
    return day <= today < first_day_after(day, window)
