"""Days as people write them, in English, Chinese and figures, alone or amid other words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta

from core.answer import Found, Invalid, fold
from core.words import weekdays
from core.words.characters import narrow
from core.words.spoken import denied

ERRORS = ("format", "lunar", "several_days", "no_such_day", "no_day")
"""Why any day is refused; where nothing is filled in, `no_year` and `two_digit_year` too."""
NEAR_ERRORS = (*ERRORS, "which_day")
"""Why a near day is refused."""

LONGEST = 60
"""Characters of a written day; the longest are about 40."""

MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
RELATIVE = {
    word.replace("_", " "): days
    for days, words in {
        -3: "大前日 大前天",
        -2: "the_day_before_yesterday day_before_yesterday 前日 前天",
        -1: "yesterday 昨天 昨日 昨晚 琴日 琴晚 尋日 尋晚 寻日 寻晚",
        0: "today tonight 今天 今日 今晚 今朝",
        1: "tomorrow tmr 明天 明日 明晚 聽日 聽晚 聽朝 听日 听晚 听朝 聼日",
        2: "the_day_after_tomorrow day_after_tomorrow 後日 后日 後天 后天",
        3: "大後日 大后日 大後天 大后天",
    }.items()
    for word in words.split()
}

FORWARD, BACK = 1, -1
FIRST_OF_REPUBLIC = 1912
MISTAKEN = 30
"""Days by which a near day can be on the wrong side of today: it is meant, but by mistake."""


@dataclass(frozen=True)
class Sense:
    """What the words for a day mean `today`, and how what they leave out is filled in.

    `way`: the day is near, FORWARD or BACK, and needs no year; 0: it may be any.
    `hundred`: the first of the hundred years in which a year of two digits lies; None: in any.
    `day_first`: it is copied from where the day stands first, also if its year has two digits.
    """

    today: date
    way: int = 0
    hundred: int | None = None
    day_first: bool = False

    def year(self, written: str) -> int:
        """Return the year; raise Invalid `two_digit_year`, or `format` for other lengths."""
        if len(written) == 4:
            return int(written)
        if self.hundred is None and len(written) < 3:
            raise Invalid("two_digit_year")
        if self.hundred is None or len(written) != 2:
            raise Invalid("format")
        return self.hundred + (int(written) - self.hundred) % 100

    def near(self, month: int, day: int) -> date:
        """Return the near day of that name; raise Invalid `no_year` or `no_such_day`."""
        if not self.way:
            raise Invalid("no_year")
        since = self.today - timedelta(MISTAKEN if self.way == FORWARD else 365 - MISTAKEN)
        for year in (since.year, since.year + 1):
            with suppress(ValueError):
                if (found := date(year, month, day)) >= since:
                    return found
        raise Invalid("no_such_day")

    def nearest(self, day: int) -> date:
        """Return the nearest day with this number; raise Invalid `format` or `no_such_day`."""
        if not self.way:
            raise Invalid("format")
        for days in range(62):
            if (found := self.today + timedelta(self.way * days)).day == day:
                return found
        raise Invalid("no_such_day")


_UNKNOWING = Sense(date.min)
"""Nothing is filled in."""

_MONTH_NAME = "(?P<month>" + "|".join(f"{m[:3]}(?:{m[3:]}|t)?" for m in MONTHS) + r")\.?"
_MONTH = r"(?P<month>\d{1,2})"
_DAY = r"(?P<day>\d{1,2})"
_NTH = rf"{_DAY}(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>\d{4}|\d{2})"
_LOOSE = r"[-/.,\s]*"
_MARK = r"\s*[-/.–—年月]\s*"
_WHOLE = (
    rf"{_NTH}(?:\s+of\b)?{_LOOSE}{_MONTH_NAME}{_LOOSE}{_YEAR}",
    rf"{_MONTH_NAME}{_LOOSE}{_NTH}[-/.,\s]+{_YEAR}",
    rf"{_YEAR}{_LOOSE}{_MONTH_NAME}{_LOOSE}{_NTH}",
    rf"民[國国]\s*(?P<republic>元|\d{{1,3}}){_MARK}{_MONTH}{_MARK}{_DAY}\s*[日號号]?",
    rf"(?P<republic>1\d\d){_MARK}{_MONTH}{_MARK}{_DAY}\s*[日號号]?",
    rf"{_YEAR}(?:\s*年\s*|\s+){_MONTH}\s*月\s*{_DAY}\s*[日號号]?",
    rf"{_MONTH}\s*月\s*{_DAY}\s*[日號号]\s*{_YEAR}\s*年?",
    rf"{_DAY}\s*[日號号]\s*{_MONTH}\s*月\s*{_YEAR}\s*年?",
    rf"(\d{{1,4}}){_MARK}(\d{{1,2}}){_MARK}(\d{{1,4}})(?:\s*[日號号])?",
)
_SPACED = r"(\d{1,4}) (\d{1,2}) (\d{1,4})"
_YEAR_AGAIN = (
    rf"{_DAY}{_MARK}{_MONTH}{_MARK}\d\d (?P<year>\d{{4}})",
    rf"\d\d\s*年\s*{_MONTH}\s*月\s*{_DAY}\s*[日號号]? (?P<year>\d{{4}})",
)
"""With the year of two digits once more, in full."""
_SHORT_DASHED = rf"\(?(\d{{1,2}}){_MARK}(\d{{1,2}})\)?"
_SHORT = (
    rf"{_NTH}(?:\s+of\b)?{_LOOSE}{_MONTH_NAME}",
    rf"{_MONTH_NAME}{_LOOSE}{_NTH}",
    rf"{_MONTH}\s*月\s*{_DAY}\s*[日號号]?",
    rf"{_DAY}\s*[日號号]\s*{_MONTH}\s*月",
    r"(\d{1,2})/(\d{1,2})(?!/)",
)
_NEAR = (
    rf"(?:the )?{_DAY}(?:st|nd|rd|th)",
    rf"{_DAY}\s*[號号](?![房室樓楼座碼码])",
    rf"(?<=[到至]){_DAY}\s*日",
    rf"{_DAY}\s*日(?=[早中晚上下退離离走])",
    r"(?P<ago>\d{1,2})\s*(?:days? ago|[日天]之?前)",
    r"(?P<ahead>\d{1,2})\s*[日天]之?[後后]",
    r"in (?P<ahead>\d{1,2}) days?",
)
_WITHOUT_DAY = re.compile(
    rf"\b{_MONTH_NAME},?\s*\d{{4}}\b|\d{{2,4}}\s*年|\b(?:19|20)\d\d\b",
    re.ASCII | re.IGNORECASE,
)
_ALONE = [
    re.compile(pattern, re.ASCII)
    for pattern in (*_WHOLE, _SPACED, *_YEAR_AGAIN, *_SHORT, _SHORT_DASHED, *_NEAR)
]


def _amid(patterns: Iterable[str]) -> list[re.Pattern[str]]:
    return [re.compile(rf"(?<![\w/.-]){pattern}(?!\w)", re.ASCII | re.I) for pattern in patterns]


# Within a longer text, figures that only a space parts are more often something else.
_AMID = _amid(_WHOLE)
_SHORT_AMID = _amid(_SHORT)
_NEAR_AMID = _amid(_NEAR)
_RELATIVE = re.compile(
    "|".join(rf"\b{w}\b" if w.isascii() else w for w in sorted(RELATIVE, key=len, reverse=True)),
    re.IGNORECASE,
)
_UNSURE = re.compile(
    r"[唔不冇未沒没吗嗎咩?？]|幾時|几时|[上下][個个]?月"
    r"|\b(?:not?|when|how|every|any|after next)\b|n't|\b(?:last|next) month\b",
    re.IGNORECASE,
)
"""With one of these, "today" and "the 5th" are said of something else, or mean another day."""
_OTHER_WEEK = re.compile(
    rf"[上下][個个]?{weekdays.IN_CHINESE}|\b(?:last|next) week\b", re.IGNORECASE
)
"""With one of these, only a weekday is a day of that week."""

_EITHER = re.compile(
    r"\d(?:st|nd|rd|th)?\s*[日號号]?\s*(?:\bor\b|或者?|[還还]是|定係)\s*\d",
    re.ASCII | re.IGNORECASE,
)
"""Of 2 or 3 January only one is written as a day."""
_LUNAR = re.compile(
    r"[農农舊旧陰阴][曆历]|\blunar\b|(?:正|臘|腊)月|初[一二三四五六七八九十]", re.IGNORECASE
)
_WEEKDAY = re.compile(
    rf"\(?(?:{weekdays.IN_CHINESE}[一二三四五六日天]|\b(?:{weekdays.NAME})(?:day)?\b\.?)\)?,?",
    re.ASCII | re.IGNORECASE,
)
_NUMBER = re.compile("[\\d〇零○一二三四五六七八九十百千兩两廿卅]+|元(?=月)", re.ASCII)
_CHINESE_FIGURES = str.maketrans(
    dict(zip("〇零○一二三四五六七八九兩两元", "000123456789221", strict=True))
    | {"廿": "2十", "卅": "3十"}
)


def read_day(text: str, sense: Sense) -> date:
    """Read a text that is a day as a whole.

    Figures are day first (10/12/2021 is 10 December), unless only month first makes a day; where
    the year has two digits it may stand first as well, as `_of_short_numbers` tells.
    Raise Invalid: `format`, `no_such_day`, and as `sense` fills in, `no_year`, `two_digit_year`.
    """
    folded = " ".join(fold(text).split())
    if len(folded) > LONGEST:
        raise Invalid("format")
    words = re.sub(r"^[\s.,。]+|[\s.,。]+$", "", _WEEKDAY.sub("", folded)).lower()
    if words in RELATIVE:
        return sense.today + timedelta(RELATIVE[words])
    words = _NUMBER.sub(_in_figures, words)
    if compact := re.fullmatch(r"\d{8}|\d{6}", words, re.ASCII):
        return _compact(compact[0], sense)
    # Between figures, these are what a hand on a small keyboard makes of a stroke or a full stop.
    words = re.sub(r"(?<=\d)\s*[,、。·\\]\s*(?=\d)", "/", words)
    for pattern in _ALONE:
        if match := pattern.fullmatch(words):
            return _meant(match, sense)
    raise Invalid("format")


def only_day(text: str, sense: Sense) -> Found | None:
    """Return the only day that a longer text holds, said once or more; None for no day.

    Raise Invalid: `lunar`, `several_days`, `no_day` for a month or year alone, or what is wrong
    with the day, as `read_day`.
    """
    if _LUNAR.search(text):
        raise Invalid("lunar")
    sure = sense.way and not _UNSURE.search(text)
    near = (_NEAR_AMID, [_RELATIVE]) if sure and not _OTHER_WEEK.search(text) else ()
    found = _days(text, sense, _AMID, _SHORT_AMID, *near)
    if sure and not found:
        # Beside another day a weekday only says again which day that is.
        found = _days(text, sense, weekdays.PATTERNS)
    either = found and _EITHER.search(_plain(narrow(text))[0])
    if either or len({v if isinstance(v, date) else v.code for _, _, v in found}) > 1:
        raise Invalid("several_days")
    for start, end, value in found:
        if isinstance(value, Invalid):
            raise value
        return Found(value.isoformat(), start, end)
    if _WITHOUT_DAY.search(_plain(narrow(text))[0]):
        raise Invalid("no_day")
    return None


def days_in(text: str, sense: Sense = _UNKNOWING) -> Iterator[Found]:
    """Find the full dates in a longer text, in order; the value is the ISO date."""
    if _LUNAR.search(text):
        return
    for start, end, value in _days(text, sense, _AMID):
        if isinstance(value, date):
            yield Found(value.isoformat(), start, end)


def _days(
    text: str, sense: Sense, *kinds: Iterable[re.Pattern[str]]
) -> list[tuple[int, int, date | Invalid]]:
    """Return where in a text the days stand, and each day or what is wrong with it.

    Where they overlap, that of an earlier kind is meant, then the first, then the longest.
    """
    plain, places = _plain(narrow(text))
    days: list[tuple[int, int, date | Invalid]] = []
    taken = bytearray(len(plain))
    matches = [
        (kind, match.start(), -match.end(), match)
        for kind, patterns in enumerate(kinds)
        for pattern in patterns
        for match in pattern.finditer(plain)
    ]
    for _, start, _, match in sorted(matches, key=lambda found: found[:3]):
        end = match.end()
        if any(taken[start:end]):
            continue
        taken[start:end] = b"\1" * (end - start)
        if denied(plain, start):
            continue
        try:
            days.append((places[start], places[end], _meant(match, sense)))
        except Invalid as invalid:
            if invalid.code != "format":
                days.append((places[start], places[end], invalid))
    return sorted(days, key=lambda day: day[:2])


def _plain(text: str) -> tuple[str, list[int]]:
    """Return a text with its numbers in figures, and where each character, and its end, stood."""
    plain, places, position = "", [], 0
    for number in _NUMBER.finditer(text):
        figures = _in_figures(number)
        plain += text[position : number.start()] + figures
        places += [*range(position, number.start()), *[number.start()] * len(figures)]
        position = number.end()
    return plain + text[position:], [*places, *range(position, len(text) + 1)]


def _in_figures(number: re.Match[str]) -> str:
    figures = re.sub("([千百])[〇零○]", r"\1", number[0]).translate(_CHINESE_FIGURES)
    figures = re.sub(r"(\d?)十(\d?)", lambda m: f"{m[1] or 1}{m[2] or 0}", figures)
    figures = re.sub(r"(\d)百(\d{0,2})", lambda m: f"{m[1]}{m[2]:0>2}", figures)
    return re.sub(r"(\d)千(\d{0,3})", lambda m: f"{m[1]}{m[2]:0>3}", figures)


def _meant(match: re.Match[str], sense: Sense) -> date:
    """Return the day that a match of one of the patterns means."""
    if match[0].lower() in RELATIVE:
        return sense.today + timedelta(RELATIVE[match[0].lower()])
    named = match.groupdict()
    if "name" in named:
        return weekdays.meant(match, sense.today, sense.way)
    if "ago" in named:
        return sense.today - timedelta(int(named["ago"]))
    if "ahead" in named:
        return sense.today + timedelta(int(named["ahead"]))
    if named and "month" not in named:
        return sense.nearest(int(named["day"]))
    if named:
        return _named(named, sense)
    return _in_marks(*match.groups(), sense=sense)


def _named(parts: Mapping[str, str], sense: Sense) -> date:
    month, day = _month(parts["month"]), int(parts["day"])
    if "republic" in parts:
        years = int(parts["republic"].replace("元", "1"))
        return _valid(FIRST_OF_REPUBLIC - 1 + years, month, day)
    if "year" in parts:
        return _valid(sense.year(parts["year"]), month, day)
    return sense.near(month, day)


def _in_marks(first: str, second: str, *third: str, sense: Sense) -> date:
    if third and len(first) > 2:
        if len(third[0]) > 2:
            raise Invalid("format")
        return _valid(sense.year(first), int(second), int(third[0]))
    if third and len(third[0]) < 3:
        return _of_short_numbers(first, second, third[0], sense)
    return _day_first(first, second, *third, sense=sense)


def _day_first(first: str, second: str, *year: str, sense: Sense) -> date:
    day, month = int(first), int(second)
    if month > 12 >= day:
        day, month = month, day
    if day > 31 and not year:
        # (06-96) of an identity card is a month.
        raise Invalid("no_day")
    return _valid(sense.year(year[0]), month, day) if year else sense.near(month, day)


def _of_short_numbers(first: str, second: str, third: str, sense: Sense) -> date:
    """Return the day of three numbers, of which the last or else the first is a year of two digits.

    Of two days a near one is the nearer, any other the one that is past. Raise Invalid
    `two_digit_year` where that tells nothing, and what is wrong with the first way where neither is
    a day.
    """
    other: date | None = None
    with suppress(Invalid):
        other = _valid(sense.year(first), int(second), int(third))
    try:
        day = _day_first(first, second, third, sense=sense)
    except Invalid:
        if other is None:
            raise
        return other
    if other is None or other == day:
        return day
    if sense.way:
        return min(day, other, key=lambda each: abs(each - sense.today))
    if (day <= sense.today) != (other <= sense.today):
        return min(day, other)
    if sense.day_first:
        return day
    raise Invalid("two_digit_year")


def _month(written: str) -> int:
    if written.isdigit():
        return int(written)
    return 1 + [month[:3] for month in MONTHS].index(written[:3].lower())


def _compact(figures: str, sense: Sense) -> date:
    if len(figures) == 6:
        return _of_short_numbers(figures[:2], figures[2:4], figures[4:], sense)
    for year, month, day in (
        (figures[:4], figures[4:6], figures[6:]),
        (figures[4:], figures[2:4], figures[:2]),
    ):
        if year[:2] in ("19", "20"):
            with suppress(Invalid):
                return _valid(int(year), int(month), int(day))
    raise Invalid("no_such_day")


def _valid(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise Invalid("no_such_day") from None
