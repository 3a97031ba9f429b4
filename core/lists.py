"""The authorities' lists, as CSV files that the operator loads.

A list is taken whole or not at all: every row is looked at, and those that are wrong are told.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import zip_longest
from typing import NamedTuple, TypeVar

import msgspec

from core.address import Estate, HighRiskPlace
from core.answer import Context, Invalid
from core.assessment import Case, CaseKind
from core.days import start_of_day
from core.district import District
from core.exposure import Exposure
from core.identity import DocumentNumber, DocumentType, normalise
from core.plain_error import PlainError
from core.visits import VisitKind
from core.visits.timeline import read_plate, read_time
from core.visits.venue import VENUE_ID

EXPOSURE_COLUMNS = ("kind", "place", "from", "to", "source")
PLACE_COLUMNS = ("district", "name_en", "name_zh", "from", "to")
CASE_COLUMNS = ("document", "number", "kind", "since", "until")
TENANT_COLUMNS = ("document", "number", "estate_en", "estate_zh")

TOLD = 100
"""Wrong rows that are told: more of them are the same mistake."""

_DAY = len("2021-12-10")
_Item = TypeVar("_Item")
_Choice = TypeVar("_Choice", bound=StrEnum)


class BadRow(NamedTuple):
    """A row that cannot be taken: its line in the file, from 1, and why, in a plain sentence."""

    line: int
    why: str


class ListError(PlainError):
    """A list that cannot be taken. Its text has a line for each of the first `TOLD` rows."""

    def __init__(self, rows: Sequence[BadRow]) -> None:
        told = [f"line {row.line}: {row.why}" for row in rows[:TOLD]]
        wrong = "1 line is" if len(rows) == 1 else f"{len(rows)} lines are"
        super().__init__("\n".join([*told, f"{wrong} wrong, so nothing is changed."]))
        self.rows = list(rows)


class ListedCase(msgspec.Struct, frozen=True):
    """An entry about the holder of a document, whose number is as `core.identity.normalise`."""

    document: DocumentType
    number: str
    case: Case


class Tenant(msgspec.Struct, frozen=True):
    """Somebody who lives in public rental housing, known as in `ListedCase`, and the estate."""

    document: DocumentType
    number: str
    estate: Estate


def read_exposures(data: bytes) -> list[Exposure]:
    """Return where the virus was (EXPOSURE_COLUMNS), or raise ListError."""
    return _read(data, EXPOSURE_COLUMNS, _exposure)


def read_places(data: bytes) -> list[HighRiskPlace]:
    """Return where living counts (PLACE_COLUMNS), or raise ListError."""
    return _read(data, PLACE_COLUMNS, _place)


def read_cases(data: bytes) -> list[ListedCase]:
    """Return cases and contacts (CASE_COLUMNS), or raise ListError."""
    return _read(data, CASE_COLUMNS, _case)


def read_tenants(data: bytes) -> list[Tenant]:
    """Return the Housing Authority's tenants (TENANT_COLUMNS), or raise ListError."""
    return _read(data, TENANT_COLUMNS, _tenant)


def _read(
    data: bytes, columns: Sequence[str], item: Callable[[dict[str, str]], _Item]
) -> list[_Item]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        why = "The file is not text in UTF-8. Save it as “CSV UTF-8”."
        raise ListError([BadRow(1, why)]) from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    items: list[_Item] = []
    bad: list[BadRow] = []
    header: list[str] = []
    try:
        for cells in reader:
            cells = _trimmed(cells)
            if not cells:
                continue
            if not header:
                header = [cell.lower() for cell in cells]
                _check_header(header, columns, reader.line_num)
                continue
            try:
                items.append(item(_fields(cells, header)))
            except ValueError as error:
                bad.append(BadRow(reader.line_num, str(error)))
    except csv.Error as error:
        bad.append(BadRow(reader.line_num, f"This is not CSV: {error}."))
    if not header and not bad:
        _check_header(header, columns, 1)
    if bad:
        raise ListError(bad)
    return items


def _trimmed(cells: Sequence[str]) -> list[str]:
    """Return the cells of a line up to the last that holds something.

    A spreadsheet writes empty ones at the end where a column was emptied, or leaves them out.
    """
    trimmed = [cell.strip() for cell in cells]
    while trimmed and not trimmed[-1]:
        trimmed.pop()
    return trimmed


def _check_header(header: Sequence[str], columns: Sequence[str], line: int) -> None:
    if sorted(header) != sorted(columns):
        why = f"The first line must name the columns, with commas: {','.join(columns)}."
        raise ListError([BadRow(line, why)])


def _fields(cells: Sequence[str], header: Sequence[str]) -> dict[str, str]:
    if len(cells) > len(header):
        raise ValueError(f"There are {len(cells)} cells where {len(header)} belong.")
    if any("\0" in cell for cell in cells):
        raise ValueError("There is a character with the number 0, as in no text.")
    return dict(zip_longest(header, cells, fillvalue=""))


def _exposure(row: dict[str, str]) -> Exposure:
    kind = _one_of("kind", row["kind"].lower(), VisitKind)
    place = row["place"]
    if kind is VisitKind.TAXI:
        try:
            place = read_plate(place)
        except Invalid as error:
            raise ValueError(f"“{place}” is not a taxi's registration mark.") from error
    elif not VENUE_ID.fullmatch(place):
        raise ValueError(f"“{place}” is not a venue's id of eight letters and digits.")
    return Exposure(kind, place, *_span(row), row["source"])


def _place(row: dict[str, str]) -> HighRiskPlace:
    district = row["district"].upper()
    if district:
        _one_of("district", district, District)
    if not row["name_en"] and not row["name_zh"]:
        raise ValueError("The place has no name, neither name_en nor name_zh.")
    return HighRiskPlace(district, row["name_en"], row["name_zh"], *_span(row))


def _case(row: dict[str, str]) -> ListedCase:
    document = _one_of("document", row["document"].lower(), DocumentType)
    kind = _one_of("kind", row["kind"].lower(), CaseKind)
    since = _day("since", row["since"])
    until = _day("until", row["until"]) if row["until"] else None
    if until is not None and until < since:
        raise ValueError("until is before since.")
    return ListedCase(document, read_number(document, row["number"]), Case(kind, since, until))


def _tenant(row: dict[str, str]) -> Tenant:
    document = _one_of("document", row["document"].lower(), DocumentType)
    estate = Estate(row["estate_en"], row["estate_zh"])
    if not estate.name_en and not estate.name_zh:
        raise ValueError("The estate has no name, neither estate_en nor estate_zh.")
    return Tenant(document, read_number(document, row["number"]), estate)


def read_number(document: DocumentType, written: str) -> str:
    """Return a number as `core.identity.normalise`, or raise ValueError with a plain sentence."""
    number = normalise(document, written)
    try:
        DocumentNumber.parse(number, Context(date.min, {"document": document}))
    except Invalid as error:
        why = _NUMBERS.get(error.code, "The number cannot be one of that document.")
        raise ValueError(why) from error
    return number


_NUMBERS = {
    "check_digit": "The number's check character is wrong.",
    "not_latin": "The number has a letter that only looks like one of A to Z.",
}


def _one_of(column: str, value: str, allowed: type[_Choice]) -> _Choice:
    try:
        return allowed(value)
    except ValueError as error:
        choices = ", ".join(allowed)
        raise ValueError(f"{column} is “{value}”; it must be one of {choices}.") from error


def _span(row: dict[str, str]) -> tuple[datetime, datetime]:
    starts, ends = _instant("from", row["from"], 0), _instant("to", row["to"], 1)
    if ends <= starts:
        raise ValueError("to is not after from.")
    return starts, ends


def _instant(column: str, text: str, days: int) -> datetime:
    """Return a moment, or of a day alone its midnight, `days` later."""
    try:
        if len(text) <= _DAY:
            return start_of_day(date.fromisoformat(text) + timedelta(days=days))
        return read_time(text)
    except (ValueError, OverflowError) as error:
        raise ValueError(
            f"{column} is “{text}”; write 2021-12-10 or 2021-12-10T14:30+08:00."
        ) from error


def _day(column: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{column} is “{text}”; write the day as 2021-12-10.") from error
