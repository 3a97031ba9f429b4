"""The CSV form of an export."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from core.answer import Invalid
from core.visits.written import FORMAT, VERSION, Row, Written, visible

COLUMNS = ("kind", "place", "type", "name_en", "name_zh", "in", "out")
_KINDS = ("venue", "qr", "taxi")
_LINES = frozenset((*_KINDS, "notification", "signature"))
_DELIMITERS = (",", ";", "\t")
"""A spreadsheet writes one of these, after the country it is set to."""
_OTHER_LINES = 100
"""How many lines a file may have beyond its visits: the head, the signature, notices, blanks."""


def is_csv(text: str) -> bool:
    """Tell whether `text` begins as the CSV form does."""
    return text.startswith((FORMAT, f'"{FORMAT}"'))


def read_csv(text: str, max_visits: int) -> Written:
    """Return the export in `text`, or raise Invalid."""
    delimiter = text.lstrip('"')[len(FORMAT) :].lstrip('"')[:1]
    if delimiter not in _DELIMITERS:
        raise Invalid("broken", line=1)
    lines = _lines(text, delimiter, max_visits)
    _, first = next(lines)
    version = "".join(first[1:2]).strip()
    if not version:
        raise Invalid("broken", line=1)
    if version != str(VERSION):
        raise Invalid("version", found=visible(version), expected=VERSION)
    last = text[max(text.rfind("\n"), text.rfind("\r")) + 1 :]
    try:
        head, columns = _head(lines)
    except Invalid as invalid:
        if invalid.code == "columns" and last and next(lines, None) is None:
            raise Invalid("truncated") from invalid
        raise
    if last.startswith(_KINDS) and _is_cut(last, delimiter, columns):
        raise Invalid("truncated")
    rows: list[Row] = []
    notifications = 0
    signature = ""
    for number, cells in lines:
        if signature:
            raise Invalid("broken", line=number)
        kind = cells[0]
        if kind not in _LINES:
            kind = kind.strip().lower()
        if kind == "signature":
            signature = cells[1] if len(cells) > 1 else "?"
        elif kind == "notification":
            notifications += 1
        else:
            rows.append(_row(number, kind, cells, columns))
    return Written(
        installed=head["app"][2],
        installation="".join(head["app"][3:4]),
        exported=head["exported"][1],
        rows=rows,
        notifications=notifications,
        signature=signature,
        signed=lambda: text[: text.rfind(f"signature{delimiter}")].encode(),
    )


def _is_cut(last: str, delimiter: str, columns: dict[str, int]) -> bool:
    """Tell whether a last line that has no line end is not whole: a cell is missing, or the time
    at its end is shorter than the one before it, and may have lost its zone."""
    end, cells = max(columns.values()), last.split(delimiter)
    if len(cells) <= end:
        return True
    if len(cells) > end + 1 or (columns["in"], columns["out"]) != (end - 1, end):
        return False
    return "T" in cells[-2] and 0 < len(cells[-1]) < len(cells[-2])


def _lines(text: str, delimiter: str, max_visits: int) -> Iterator[tuple[int, list[str]]]:
    """Yield each line that is not blank, with its number.

    Blank lines count towards the limit: a file of nothing else must come to an end as well.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for read, cells in enumerate(reader):
            if read > max_visits + _OTHER_LINES:
                raise Invalid("too_many", limit=max_visits)
            if any(cells):
                yield reader.line_num, cells
    except csv.Error as error:
        if "unexpected end" in str(error):
            raise Invalid("truncated") from error
        raise Invalid("broken", line=reader.line_num) from error


def _head(lines: Iterator[tuple[int, list[str]]]) -> tuple[dict[str, list[str]], dict[str, int]]:
    """Return the lines above the table by their first cell, and where each column stands."""
    head: dict[str, list[str]] = {}
    for number, cells in lines:
        name = cells[0].strip().lower()
        if name == "kind":
            columns = _columns(cells)
            break
        if name in _KINDS:
            raise Invalid("broken", line=number)
        head[name] = cells
    else:
        raise Invalid("columns", missing=", ".join(COLUMNS))
    for name, length in (("app", 3), ("exported", 2)):
        if len(head.get(name, ())) < length:
            raise Invalid("field", field=name)
    return head, columns


def _columns(cells: list[str]) -> dict[str, int]:
    """Return where each of `COLUMNS` stands in a line; what else stands there does not count."""
    names = [cell.strip().lower() for cell in cells]
    for name in COLUMNS:
        if names.count(name) > 1:
            raise Invalid("duplicate_key", key=name)
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise Invalid("columns", missing=", ".join(missing))
    return {name: names.index(name) for name in COLUMNS}


def _row(number: int, kind: str, cells: list[str], columns: dict[str, int]) -> Row:
    width = max(columns.values()) + 1
    if len(cells) < width:
        cells = cells + [""] * (width - len(cells))
    if kind not in _KINDS:
        raise Invalid("row_field", row=number, field="kind")
    if not cells[columns["in"]]:
        raise Invalid("row_field", row=number, field="in")
    return Row(
        number,
        kind,
        cells[columns["place"]],
        cells[columns["name_en"]],
        cells[columns["name_zh"]],
        cells[columns["in"]],
        cells[columns["out"]],
    )
