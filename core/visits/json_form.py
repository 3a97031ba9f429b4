"""The JSON form of an export."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any, NoReturn

import msgspec

from core.answer import Invalid
from core.visits.written import FORMAT, VERSION, Row, Written, visible

_WHERE = re.compile(r"\$(?:\.(?:visits|taxis)\[(?P<index>\d+)\])?\.?(?P<path>[^`]*)`$")
_MISSING = re.compile(r"missing required field `(?P<name>\w+)`")


class _App(msgspec.Struct):
    installed: str
    version: str = ""
    installation: str = ""


class _Visit(msgspec.Struct):
    entered: str = msgspec.field(name="in")
    left: str | None = msgspec.field(name="out", default=None)
    venue: str | None = None
    qr: str | None = None
    name_en: str | None = None
    name_zh: str | None = None


class _Taxi(msgspec.Struct):
    plate: str
    entered: str = msgspec.field(name="in")
    left: str | None = msgspec.field(name="out", default=None)


class _File(msgspec.Struct):
    app: _App
    exported: str
    visits: list[_Visit] = []
    taxis: list[_Taxi] = []
    notifications: list[Any] = []
    signature: str = ""


_KEYS = frozenset(_File.__struct_encode_fields__)


def read_json(text: str) -> Written:
    """Return the export in `text`, or raise Invalid."""
    document = _parse(text)
    if isinstance(document, list) and len(document) == 1:
        [document] = document
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise Invalid("not_export", name="")
    _check_keys(document)
    version = str(document["version"]).strip()
    if version != str(VERSION):
        raise Invalid("version", found=visible(version), expected=VERSION)
    try:
        file = msgspec.convert(document, _File)
    except msgspec.ValidationError as error:
        raise _wrong_field(str(error)) from error
    except UnicodeEncodeError as error:
        # The name of a member has half of a surrogate pair in it.
        raise Invalid("encoding") from error
    rows = [_row(number, visit) for number, visit in enumerate(file.visits, 1)]
    rows += [
        Row(number, "taxi", taxi.plate, "", "", taxi.entered, taxi.left or "")
        for number, taxi in enumerate(file.taxis, 1)
    ]
    return Written(
        file.app.installed,
        file.app.installation,
        file.exported,
        rows,
        len(file.notifications),
        file.signature,
        lambda: canonical({key: document[key] for key in document if key != "signature"}),
    )


def _check_keys(document: dict[str, Any]) -> None:
    """Raise Invalid `field` where there is no version, or a name is written in another way: what is
    called `Visits` would be passed over, as if he had been nowhere."""
    if document.get("version") is None:
        raise Invalid("field", field="version")
    for key in document:
        if key not in _KEYS and key.strip().lower() in _KEYS:
            raise Invalid("field", field=visible(key))


def canonical(document: dict[str, Any]) -> bytes:
    """Return the document as RFC 8785 writes it, for keys in ASCII and no fractions."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass")


def _parse(text: str) -> Any:
    try:
        return json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_number,
            parse_float=_number,
            parse_int=_integer,
        )
    except json.JSONDecodeError as error:
        whole = text.rstrip()
        cut = not whole.endswith(("}", "]")) or error.pos >= len(whole)
        if cut and error.msg != "Extra data":
            raise Invalid("truncated") from error
        raise Invalid("broken", line=error.lineno) from error
    except RecursionError as error:
        raise Invalid("nested") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        [(key, _)] = Counter(key for key, _ in pairs).most_common(1)
        raise Invalid("duplicate_key", key=visible(key))
    return document


def _integer(text: str) -> int:
    # Longer ones make int() slow, and nothing in an export needs them.
    return int(text) if len(text) <= 15 else _number(text)


def _number(text: str) -> NoReturn:
    raise Invalid("number", found=visible(text))


def _row(number: int, visit: _Visit) -> Row:
    if (visit.venue is None) == (visit.qr is None):
        raise Invalid("row_field", row=number, field="venue")
    kind, place = ("venue", visit.venue) if visit.qr is None else ("qr", visit.qr)
    return Row(
        number,
        kind,
        place or "",
        visit.name_en or "",
        visit.name_zh or "",
        visit.entered,
        visit.left or "",
    )


def _wrong_field(message: str) -> Invalid:
    where = _WHERE.search(message)
    missing = _MISSING.search(message)
    names = [where["path"] if where else "", missing["name"] if missing else ""]
    field = ".".join(name for name in names if name)
    if where and where["index"]:
        return Invalid("row_field", row=int(where["index"]) + 1, field=field)
    return Invalid("field", field=field)
