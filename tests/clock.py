"""A clock in our hands: it goes on by itself, and jumps when it is told to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from core.days import HONG_KONG

NOON = datetime(2021, 12, 10, 12, 0, tzinfo=HONG_KONG).astimezone(UTC)
"""When tests begin: registration has been open for three hours."""


class TestClock:
    """Call it for the present instant."""

    __test__ = False

    def __init__(self, start: datetime = NOON) -> None:
        self.shift = start - datetime.now(UTC)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.shift

    def jump(self, **by: float) -> None:
        """Jump by days, hours, minutes, …"""
        self.shift += timedelta(**by)

    def set(self, instant: datetime) -> None:
        """Jump to an instant."""
        self.shift = instant - datetime.now(UTC)
