"""Days that are called by their weekday: next Friday, 上星期五."""

from __future__ import annotations

import re
from datetime import date, timedelta

from core.answer import Invalid

WEEK = timedelta(days=7)

_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
NAME = r"mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun"
IN_CHINESE = "(?:星期|禮拜|礼拜|週|周)"
"""What a weekday is called, as patterns: English ones but for the "day" at their end."""

_NAME = rf"(?P<name>{NAME})(?:day)?"
_WEEK = r"(?P<week>this|last|next) week"
_FIGURE = r"(?<![\d.] )(?<!\d)"
_NO_FIGURE = r"(?!\.?,? ?(?:the )?\d)"

PATTERNS = tuple(
    re.compile(pattern, re.ASCII | re.IGNORECASE)
    for pattern in (
        rf"\b{_WEEK},? (?:on )?{_NAME}\b{_NO_FIGURE}",
        rf"{_FIGURE}\b{_NAME},? (?:of )?{_WEEK}\b",
        rf"{_FIGURE}\b(?:(?P<which>this|coming|next|last|past) )?{_NAME}\b{_NO_FIGURE}",
        rf"(?P<which>[上下]{{1,2}}|[今這这本])?[個个]?{IN_CHINESE}(?P<name>[1-6日天])(?!\d)",
    )
)
"""How they are written, with numbers in figures. Beside a figure a weekday only belongs to a date.
"""


def meant(match: re.Match[str], today: date, way: int) -> date:
    """Return the day that a match of one of the patterns means, seen from `today`.

    `way`: 1 for a day ahead, -1 for one behind. In Chinese, and where a week is named, a week
    begins with Monday. Raise Invalid `which_day` (first, second) where people mean one of two:
    "next Sunday" on a Friday, or the name of today.
    """
    named = match.groupdict()
    which = (named.get("which") or "").lower()
    week = (named.get("week") or "").lower()
    weekday = _weekday(named["name"].lower())
    monday = today - timedelta(today.weekday())
    if week or (which and which[0] in "上下今這这本"):
        weeks = {"last": -1, "next": 1, "this": 0}.get(week, which.count("下") - which.count("上"))
        return monday + weeks * WEEK + timedelta(weekday)
    ahead = today + timedelta((weekday - today.weekday() - 1) % 7 + 1)
    behind = today - timedelta((today.weekday() - weekday - 1) % 7 + 1)
    match which:
        case "next":
            return _sure(ahead, ahead + WEEK, sure=way < 0 or ahead >= monday + WEEK)
        case "last":
            return _sure(behind, behind - WEEK, sure=way > 0 or behind < monday)
        case "coming":
            return ahead
        case "past":
            return behind
    nearest = ahead if way > 0 else behind
    if weekday != today.weekday():
        return nearest
    return _sure(today, nearest, sure=which == "this")


def _weekday(name: str) -> int:
    """Return the number of a weekday, 0 for Monday."""
    if name in ("日", "天"):
        return 6
    return int(name) - 1 if name.isdigit() else _NAMES.index(name[:3])


def _sure(first: date, second: date, *, sure: bool) -> date:
    if sure:
        return first
    raise Invalid("which_day", first=first, second=second)
