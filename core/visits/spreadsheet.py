"""Days and times as a spreadsheet writes them that has opened an export and saved it.

It knows a day by its look, and writes it as its own country does: 9/12/2021 is a day of December
in Hong Kong, and of September in America.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date, time, timedelta

from core.answer import Invalid
from core.visits.policy import VisitPolicy
from core.visits.written import Written, visible

_LONGEST = 40
"""Characters of such a time; the longest are about 30."""
_WRITTEN = re.compile(
    r"(?:(?P<year>\d{4})[-/.年](?P<month>\d\d?)[-/.月](?P<day>\d\d?)日?"
    r"|(?P<first>\d\d?)[-/.](?P<second>\d\d?)[-/.](?P<last>\d{4}))"
    r"(?P<time>[ ,T]+(?P<before>AM|PM|上午|下午)? *(?P<hour>\d\d?):(?P<minute>\d\d)"
    r"(?::(?P<seconds>\d\d)(?:\.\d+)?)? *(?P<after>AM|PM|上午|下午)?)?",
    re.ASCII | re.IGNORECASE,
)
_AFTERNOON = ("PM", "下午")


Ways = Mapping[bool, str]
"""What a text can be in ISO 8601, by whether the day stands before the month."""


def in_iso(written: Written, today: date, policy: VisitPolicy) -> Written:
    """Return an export with its times in ISO 8601, as far as they are such; the rest as it is.

    A day of the file that can be read in one way only tells it for all. Raise Invalid
    `day_or_month` where none does.
    """
    times = [written.exported, *(text for row in written.rows for text in (row.entered, row.left))]
    read = {text: _ways(text) for text in (*times, written.installed)}
    telling = {way for ways in read.values() if len(ways) == 1 for way in ways}
    day_first = telling == {True}
    if len(telling) != 1:
        for text in times:
            if _is_open(read[text]):
                raise Invalid("day_or_month", found=visible(text))
        if _is_open(read[written.installed]):
            day_first = _installed_day_first(written.installed, read, today, policy)
    iso = {
        text: ways.get(day_first, next(iter(ways.values()), text)) for text, ways in read.items()
    }
    return replace(
        written,
        exported=iso[written.exported],
        installed=iso[written.installed],
        rows=[row._replace(entered=iso[row.entered], left=iso[row.left]) for row in written.rows],
    )


def _is_open(ways: Ways) -> bool:
    return len(set(ways.values())) > 1


def _installed_day_first(
    text: str, read: Mapping[str, Ways], today: date, policy: VisitPolicy
) -> bool:
    """Tell how to read the day of the installation, which is often the only one that is changed.

    Of two days that it can be, the later is taken where that was long enough ago: it comes to the
    same. Raise Invalid `day_or_month`.
    """
    past = {date.fromisoformat(iso[:10]): way for way, iso in read[text].items()}
    past = {day: way for day, way in past.items() if day <= today}
    latest = max(past, default=today)
    too_late = latest + timedelta(days=policy.assess_days) > today
    if not past or (len(past) > 1 and too_late):
        raise Invalid("day_or_month", found=visible(text))
    return past[latest]


def _ways(text: str) -> dict[bool, str]:
    """Return what a text can be: nothing where it is no such time, or in no calendar."""
    match = _WRITTEN.fullmatch(text.strip()) if len(text) <= _LONGEST else None
    ways: dict[bool, str] = {}
    if match is None:
        return ways
    for day_first in (True, False):
        with suppress(ValueError):
            ways[day_first] = f"{_day(match, day_first)}{_clock(match)}"
    return ways


def _day(match: re.Match[str], day_first: bool) -> date:
    """Return the day, or raise ValueError."""
    if match["year"]:
        return date(int(match["year"]), int(match["month"]), int(match["day"]))
    day, month = (match["first"], match["second"])[:: 1 if day_first else -1]
    return date(int(match["last"]), int(month), int(day))


def _clock(match: re.Match[str]) -> str:
    """Return the time of day with its T, empty where there is none; raise ValueError."""
    if not match["time"]:
        return ""
    hour = int(match["hour"])
    noons = [noon for noon in (match["before"], match["after"]) if noon]
    if noons:
        if len(noons) > 1 or hour not in range(1, 13):
            raise ValueError("no time of day")
        hour = hour % 12 + 12 * (noons[0].upper() in _AFTERNOON)
    return f"T{time(hour, int(match['minute']), int(match['seconds'] or 0))}"
