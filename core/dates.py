"""The days that are asked for. Canonical answers are ISO dates."""

from __future__ import annotations

import calendar
import re
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta

from babel.dates import format_date

from core.answer import Context, Found, Invalid
from core.days import counts
from core.identity import DocumentType
from core.words import written_dates
from core.words.characters import narrow
from core.words.stays import LEAVES, UNTIL
from core.words.written_dates import BACK, FORWARD, Sense, days_in, only_day, read_day

OLDEST_AGE = 120
FIRST_ISSUE_YEAR = 1949
"""The first Hong Kong identity cards are of 1949."""
FARTHEST_STAY = 180
"""Days ahead: a visitor is allowed 180 days at most."""
PROOF_MONTHS = 3
"""A proof of address must have been issued within these months (the Government's rule of 2021)."""
ARRIVAL_WINDOW = 21
DISCHARGE_WINDOW = 14
SURELY_BIRTH_AGE = 18
"""A lone date so many years back is a birthday: no document in use was issued so long ago."""

_LABELS = {
    "birth": r"born|d\.?o\.?b\b\.?|(?:date of )?birth(?: ?day| ?date)?"
    r"|出[生世](?:日期)?|生[日於于]",
    "issue": r"date of issue|issue date|issued?\b|[簽签][發发](?:日期)?|[發发][證证]日期",
    "stay": r"last night|check(?:ing)?[- ]?out|退房|最[後后]一晚|住[到至]",
    "arrival": r"arriv\w+|landed|抵港|抵[達达]|到港|入境",
    "discharge": r"discharged?|出院",
}
_LABEL = re.compile("|".join(f"(?P<{k}>{v})" for k, v in _LABELS.items()), re.IGNORECASE)
_ENDS = r",，;；。\n"
"""The signs at which a clause ends."""
_CLAUSE_END = re.compile(f"[{_ENDS}]")
_UNTIL_CLAUSE = re.compile(rf"{LEAVES}|(?:{UNTIL})[^{_ENDS}]*", re.IGNORECASE)
_LEAVING = re.compile(
    r"\b(?:leav(?:e|es|ing)|check(?:ing|s)?[- ]?out|depart\w*|fl(?:y|ies|ying|ight)|morning|noon)\b"
    r"|[離离][開开]|退房|走|返(?:大[陸陆]|[國国])|回(?:[國国]|[內内]地|大[陸陆])|航班|起[飛飞]"
    r"|早上|上午|朝|中午",
    re.IGNORECASE,
)
"""Beside the day of a stay's end: on that day he leaves, after a last night the day before."""
_NIGHT = re.compile(r"\bnights?\b|最[後后]一?[晚夜]|[過过]夜", re.IGNORECASE)
_FILLER = re.compile(
    r"[\s:,;=\-.是為为係系在於于]*(?:\b(?:on|is|was|until)\b)?[\s:]*", re.IGNORECASE
)
# "1990年1月2日出生" has its label behind it; "…簽發日期:" or "…簽發2018" begins the next date.
_BEHIND = re.compile(r"(?P<birth>出[生世])|(?P<issue>[簽签][發发])|(?P<discharge>出院)")
_BEGINS_NEXT = re.compile(r"\s*(?:日期|[:於于]|\d)")


_IN_FIGURES = re.compile(r"(?<!\d)0?(\d{1,2})[-/. ]+0?(\d{1,2})[-/. ]+\d{4}(?!\d)", re.ASCII)


class Day:
    """A day that is asked for: how it is read and shown is the same for all."""

    errors: tuple[str, ...] = written_dates.ERRORS
    label = ""
    way = 0
    """FORWARD or BACK from today, if it is always near."""
    hundred: int | None = None
    """The first of the hundred years in which it lies, if it must."""

    @classmethod
    def check(cls, day: date, context: Context) -> None:
        """Raise Invalid if it cannot be this day."""

    @classmethod
    def parse(cls, text: str, context: Context) -> str:
        """Return the ISO date of a text that is nothing else.

        Raise Invalid: as `read_day` and `check`; where there are other words, as `only_day` too.
        """
        try:
            day = read_day(text, cls._sense(context))
        except Invalid as invalid:
            if invalid.code == "format":
                # Found by `find`, if there is nothing wrong with it.
                cls._only(text, context)
            raise
        cls.check(day, context)
        return day.isoformat()

    @classmethod
    def find(cls, text: str, context: Context) -> Found | None:
        """Return the first date that is labelled as this day, its label included.

        Where just this day is asked: else the only one, if it is not labelled as another.
        """
        found = _labelled(text, cls.label, cls._sense(context))
        if found and cls._holds(found, context):
            return found
        if context.asked:
            with suppress(Invalid):
                return cls._only(text, context)
        return None

    @classmethod
    def is_reckoned(cls, text: str, context: Context) -> bool:
        """Tell whether a text says the day as seen from today: a week later it means another."""
        later = replace(context, today=context.today + timedelta(days=7))
        return cls._said(text, context) != cls._said(text, later)

    @classmethod
    def _said(cls, text: str, context: Context) -> str:
        """Return the day that a text says, whether it can be this one or not; empty for none."""
        sense = cls._sense(context)
        with suppress(Invalid):
            return read_day(text, sense).isoformat()
        with suppress(Invalid):
            if found := only_day(text, sense):
                return found.value
        return ""

    @classmethod
    def _only(cls, text: str, context: Context) -> Found | None:
        """Return the only day in a text; raise Invalid if something is wrong with it."""
        found = only_day(text, cls._sense(context))
        if found is None:
            return None
        label = _label_of(narrow(text), found, 0)
        if label and label.lastgroup != cls.label:
            return None
        cls.check(date.fromisoformat(found.value), context)
        return found

    @classmethod
    def _sense(cls, context: Context) -> Sense:
        hundred = context.today.year - 50 if cls.way else cls.hundred
        return Sense(context.today, cls.way, hundred)

    @staticmethod
    def show(value: str, language: str) -> str:
        """Return the day as the language writes it."""
        return show_day(value, language)

    @classmethod
    def _holds(cls, found: Found, context: Context) -> bool:
        try:
            cls.check(date.fromisoformat(found.value), context)
        except Invalid:
            return False
        return True


class BirthDate(Day):
    """The day of birth."""

    errors: tuple[str, ...] = (
        *written_dates.ERRORS,
        "no_year",
        "two_digit_year",
        "future",
        "too_old",
        "after_issue",
    )
    label = "birth"

    @classmethod
    def check(cls, day: date, context: Context) -> None:
        """Raise Invalid `future`, `too_old` (years) or `after_issue` (issued).

        The last if the document, answered as `issued_on`, would not be younger than its holder.
        """
        if day > context.today:
            raise Invalid("future")
        if day < months_before(context.today, 12 * OLDEST_AGE):
            raise Invalid("too_old", years=OLDEST_AGE)
        issued = context.answers.get("issued_on")
        if issued and not _issued_after(day, date.fromisoformat(issued), context):
            raise Invalid("after_issue", issued=date.fromisoformat(issued))

    @classmethod
    def find(cls, text: str, context: Context) -> Found | None:
        """Return the date that is called a birth, or the only one if it can be nothing else."""
        found = super().find(text, context)
        # Where it is asked, something is wrong with what was not found: it is said, not passed by.
        if found or context.asked:
            return found
        days = list(days_in(text))
        if len(days) != 1 or _label_of(narrow(text), days[0], 0):
            return None
        surely = months_before(context.today, 12 * SURELY_BIRTH_AGE)
        long_ago = date.fromisoformat(days[0].value) <= surely
        return days[0] if long_ago and cls._holds(days[0], context) else None


class IssueDate(Day):
    """The day on which the identity document was issued: on an identity card as 26-11-18."""

    errors: tuple[str, ...] = (
        *written_dates.ERRORS,
        "no_year",
        "two_digit_year",
        "future",
        "too_early",
        "before_birth",
    )
    label = "issue"
    hundred = FIRST_ISSUE_YEAR

    @classmethod
    def _sense(cls, context: Context) -> Sense:
        printed = context.answers.get("document", DocumentType.HKID) == DocumentType.HKID
        return replace(super()._sense(context), day_first=printed)

    @classmethod
    def check(cls, day: date, context: Context) -> None:
        """Raise Invalid `future`, `too_early` (year) or `before_birth` (born)."""
        if day > context.today:
            raise Invalid("future")
        if day.year < FIRST_ISSUE_YEAR:
            raise Invalid("too_early", year=FIRST_ISSUE_YEAR)
        born = context.answers.get("born_on")
        if born and not _issued_after(date.fromisoformat(born), day, context):
            raise Invalid("before_birth", born=date.fromisoformat(born))


class LastNight(Day):
    """The last night in a hotel."""

    errors: tuple[str, ...] = (*written_dates.NEAR_ERRORS, "past", "too_far")
    label = "stay"
    way = FORWARD

    @classmethod
    def check(cls, day: date, context: Context) -> None:
        """Raise Invalid `past` or `too_far` (latest).

        Yesterday is taken: whoever leaves today had his last night then.
        """
        if day < context.today - timedelta(days=1):
            raise Invalid("past")
        latest = context.today + timedelta(days=FARTHEST_STAY)
        if day > latest:
            raise Invalid("too_far", latest=latest)

    @classmethod
    def find(cls, text: str, context: Context) -> Found | None:
        """Return the day that is labelled so, or the only one of a clause that says until when.

        Where it is the day on which he leaves, the day before is returned.
        """
        found = cls._end(text, context)
        if found is None or not _leaves(text, found):
            return found
        night = date.fromisoformat(found.value) - timedelta(days=1)
        found = replace(found, value=night.isoformat())
        return found if cls._holds(found, context) else None

    @classmethod
    def is_reckoned(cls, text: str, context: Context) -> bool:
        """Tell whether a text says the day as seen from today, or from that of leaving."""
        found = cls._end(text, replace(context, asked=True))
        return super().is_reckoned(text, context) or (found is not None and _leaves(text, found))

    @classmethod
    def _end(cls, text: str, context: Context) -> Found | None:
        """Return the day that is written, be it of the last night or of leaving."""
        found = super().find(text, context)
        until = _UNTIL_CLAUSE.search(text)
        if found or context.asked or until is None:
            return found
        with suppress(Invalid):
            if found := cls._only(until[0], context):
                return Found(found.value, *until.span())
        return None


def _leaves(text: str, found: Found) -> bool:
    """Tell whether what is said around a day is that somebody leaves on it."""
    before = _CLAUSE_END.split(text[: found.start])[-1]
    after = _CLAUSE_END.split(text[found.end :])[0]
    clause = before + text[found.start : found.end] + after
    return bool(_LEAVING.search(clause)) and not _NIGHT.search(clause)


class ArrivalDate(Day):
    """The day of arrival in Hong Kong, within the days that count."""

    errors: tuple[str, ...] = (*written_dates.NEAR_ERRORS, "future", "not_recent")
    label = "arrival"
    way = BACK

    @classmethod
    def check(cls, day: date, context: Context) -> None:
        """Raise Invalid `future` or `not_recent` (earliest)."""
        _check_recent(day, context, ARRIVAL_WINDOW)


class DischargeDate(Day):
    """The day of discharge from hospital, within the days that count."""

    errors: tuple[str, ...] = (*written_dates.NEAR_ERRORS, "future", "not_recent")
    label = "discharge"
    way = BACK

    @classmethod
    def check(cls, day: date, context: Context) -> None:
        """Raise Invalid `future` or `not_recent` (earliest)."""
        _check_recent(day, context, DISCHARGE_WINDOW)


class ProofDate(Day):
    """The day on which a proof of address was issued.

    Found only where it is asked: an identity document is issued too, and more often spoken of.
    """

    errors: tuple[str, ...] = (*written_dates.NEAR_ERRORS, "future", "too_old")
    label = "issue"
    way = BACK

    @classmethod
    def find(cls, text: str, context: Context) -> Found | None:
        """Return the only date, where it is asked."""
        return super().find(text, context) if context.asked else None

    @classmethod
    def check(cls, day: date, context: Context) -> None:
        """Raise Invalid `future` or `too_old` (earliest)."""
        if day > context.today:
            raise Invalid("future")
        earliest = months_before(context.today, PROOF_MONTHS)
        if day < earliest:
            raise Invalid("too_old", earliest=earliest)


def may_be_turned(text: str) -> bool:
    """Tell whether a date in figures, day first, is another one to whom writes the month first."""
    found = _IN_FIGURES.search(narrow(text))
    return found is not None and found[1] != found[2] and max(int(found[1]), int(found[2])) <= 12


def show_day(value: str, language: str) -> str:
    """Write an ISO date as the language writes days; English the Hong Kong way, day first."""
    locale = "en_HK" if language == "en" else language
    return format_date(date.fromisoformat(value), "long", locale=locale)


def months_before(day: date, months: int) -> date:
    """Return the day so many months back; where that month is shorter, its last day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def _issued_after(born: date, issued: date, context: Context) -> bool:
    """Tell whether a document can be of somebody: only a birth is registered on its day. Who gives
    one day for both has mistaken one for the other."""
    of_birth = context.answers.get("document") == DocumentType.BIRTH_CERTIFICATE
    return born < issued or (of_birth and born == issued)


def _check_recent(day: date, context: Context, window: int) -> None:
    if day > context.today:
        raise Invalid("future")
    if not counts(day, context.today, window):
        raise Invalid("not_recent", earliest=context.today - timedelta(days=window - 1))


def _labelled(text: str, kind: str, sense: Sense) -> Found | None:
    """Return the first date whose label is of that kind, its label included."""
    folded = narrow(text)
    position = 0
    for found in days_in(text, sense):
        label = _label_of(folded, found, position)
        if label and label.lastgroup == kind:
            start, end = found.start, max(found.end, label.end())
            if label.start() < start and _FILLER.fullmatch(folded, label.end(), start):
                start = label.start()
            return Found(found.value, start, end)
        position = max(found.end, label.end() if label else 0)
    return None


def _label_of(folded: str, found: Found, position: int) -> re.Match[str] | None:
    """Return the label right behind a date, or the last one between `position` and it."""
    behind = _BEHIND.match(folded, found.end)
    if behind and not _BEGINS_NEXT.match(folded, behind.end()):
        return behind
    before = list(_LABEL.finditer(folded, position, found.start))
    return before[-1] if before else None
