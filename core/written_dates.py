"""Days as people write them, in English, Chinese and figures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

from core.answer import Found, Invalid, fold
from core.characters import narrow

ERRORS = ("format", "no_year", "two_digit_year", "no_such_day")

LONGEST = 60
"""Characters of a written day; the longest are about 40."""

MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
RELATIVE = {
    word: days
    for days, words in {
        -2: "前日 前天",
        -1: "yesterday 昨天 昨日 琴日 尋日 寻日",
        0: "today 今天 今日",
        1: "tomorrow 明天 明日 聽日 听日",
    }.items()
    for word in words.split()
}

_MONTH = "(?P<month>" + "|".join(f"{m[:3]}(?:{m[3:]}|t)?" for m in MONTHS) + r")\.?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>\d{4}|\d{2})"
_LOOSE = r"[-/.,\s]*"
_IN_WORDS = (
    rf"{_DAY}(?:\s+of\b)?{_LOOSE}{_MONTH}{_LOOSE}{_YEAR}",
    rf"{_MONTH}{_LOOSE}{_DAY}[-/.,\s]+{_YEAR}",
    rf"{_YEAR}{_LOOSE}{_MONTH}{_LOOSE}{_DAY}",
)
_MARK = r"\s*[-/.–—年月]\s*"
_IN_FIGURES = rf"(\d{{1,4}})(?:{_MARK}|\s+)(\d{{1,2}})(?:{_MARK}|\s+)(\d{{1,4}})(?:\s*[日號号])?"
_WITHOUT_YEAR = (
    rf"{_DAY}(?:\s+of\b)?{_LOOSE}{_MONTH}",
    rf"{_MONTH}{_LOOSE}{_DAY}",
    rf"\d{{1,2}}{_MARK}\d{{1,2}}\s*[日號号]?",
)
# Within a longer text, figures that only a space parts are more often something else.
_ANYWHERE = [
    re.compile(rf"(?<![\w/.-]){pattern}(?!\w)", re.ASCII | re.IGNORECASE)
    for pattern in (*_IN_WORDS, _IN_FIGURES.replace(r"|\s+", ""))
]
_WEEKDAY = re.compile(
    r"\(?(?:(?:星期|週|周|禮拜|礼拜)[一二三四五六日天]"
    r"|\b(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\b\.?)\)?,?",
    re.ASCII | re.IGNORECASE,
)
_CHINESE_FIGURES = str.maketrans(
    dict(zip("〇零○一二三四五六七八九", "000123456789", strict=True)) | {"廿": "2十", "卅": "3十"}
)


def read_day(text: str, today: date) -> date:
    """Read a text that is a day as a whole; `today` gives words like "yesterday" their meaning.

    Figures are day first (10/12/2021 is 10 December), unless only month first makes a day.
    Raise Invalid: `format`, `no_year`, `two_digit_year` (it could be two centuries), `no_such_day`.
    """
    folded = " ".join(fold(text).split())
    if len(folded) > LONGEST:
        raise Invalid("format")
    words = re.sub(r"^[\s.,。]+|[\s.,。]+$", "", _WEEKDAY.sub("", folded)).lower()
    if words in RELATIVE:
        return today + timedelta(days=RELATIVE[words])
    words = words.translate(_CHINESE_FIGURES)
    words = re.sub(r"(\d?)十(\d?)", lambda m: f"{m[1] or 1}{m[2] or 0}", words)
    if compact := re.fullmatch(r"\d{8}|\d{6}", words, re.ASCII):
        return _compact(compact[0])
    for pattern in (*_IN_WORDS, _IN_FIGURES):
        if match := _full(pattern, words):
            return _day(match)
    if any(_full(pattern, words) for pattern in _WITHOUT_YEAR):
        raise Invalid("no_year")
    raise Invalid("format")


def days_in(text: str) -> Iterator[Found]:
    """Find the full dates in a longer text, in order; the value is the ISO date."""
    folded = narrow(text)
    matches = [match for pattern in _ANYWHERE for match in pattern.finditer(folded)]
    position = 0
    for match in sorted(matches, key=lambda match: match.start()):
        if match.start() < position:
            continue
        position = match.end()
        try:
            yield Found(_day(match).isoformat(), match.start(), match.end())
        except Invalid:
            continue


def _full(pattern: str, text: str) -> re.Match[str] | None:
    return re.fullmatch(pattern, text, re.ASCII)


def _day(match: re.Match[str]) -> date:
    """Return the day that a match of one of the patterns means."""
    if match.groupdict():
        month = 1 + [m[:3] for m in MONTHS].index(match["month"][:3].lower())
        return _valid(match["year"], month, int(match["day"]))
    first, second, third = match.groups()
    if len(first) > 2 and len(third) <= 2:
        return _valid(first, int(second), int(third))
    if len(first) > 2:
        raise Invalid("format")
    day, month = int(first), int(second)
    if month > 12 >= day:
        day, month = month, day
    return _valid(third, month, day)


def _compact(figures: str) -> date:
    if len(figures) == 6:
        raise Invalid("two_digit_year")
    for year, month, day in (
        (figures[:4], figures[4:6], figures[6:]),
        (figures[4:], figures[2:4], figures[:2]),
    ):
        if year[:2] in ("19", "20"):
            try:
                return _valid(year, int(month), int(day))
            except Invalid:
                continue
    raise Invalid("no_such_day")


def _valid(year: str, month: int, day: int) -> date:
    if len(year) != 4:
        raise Invalid("two_digit_year" if len(year) <= 2 else "format")
    try:
        return date(int(year), month, day)
    except ValueError:
        raise Invalid("no_such_day") from None
