"""Read an export of visit records, whatever the bytes. What it is, its content decides."""

from __future__ import annotations

import codecs
import re
from datetime import datetime

import msgspec

from core.answer import Invalid
from core.days import hong_kong_day
from core.visits.archive import SIGNATURES as ZIP
from core.visits.archive import unzip, unzip_all
from core.visits.csv_form import is_csv, read_csv
from core.visits.json_form import read_json
from core.visits.policy import VisitPolicy
from core.visits.record import Export
from core.visits.signature import check_signature
from core.visits.spreadsheet import in_iso
from core.visits.timeline import judge
from core.visits.written import FORMAT, visible

ERRORS = (
    "after_export",
    "backwards",
    "broken",
    "columns",
    "day_or_month",
    "duplicate_key",
    "empty",
    "encoding",
    "exported_future",
    "field",
    "forged",
    "future",
    "installed_after",
    "nested",
    "not_export",
    "number",
    "overlap",
    "packed",
    "pdf",
    "picture",
    "plate",
    "qr",
    "qr_hash",
    "row_field",
    "spreadsheet",
    "stale",
    "time",
    "too_large",
    "too_many",
    "truncated",
    "unsigned",
    "venue",
    "version",
    "zip_broken",
    "zip_encrypted",
    "zip_link",
    "zip_members",
    "zip_nested",
    "zip_path",
)
"""Every code with which `read_export` refuses."""

MANY = 20
"""Files in a ZIP of several exports: more than anybody looks after people."""

_OTHERS = {
    b"\xff\xd8\xff": "picture",
    b"\x89PNG": "picture",
    b"GIF8": "picture",
    b"II*\0": "picture",
    b"MM\0*": "picture",
    b"%PDF": "pdf",
    b"Rar!": "packed",
    b"7z\xbc\xaf": "packed",
    b"\x1f\x8b": "packed",
}
_OFFICE = b"\xd0\xcf\x11\xe0"
_LETTER = "WordDocument".encode("utf-16-le")
"""The part of an old Office file that a letter has and a spreadsheet has not ([MS-DOC] 2.1)."""
_PICTURES = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif")
"""The brands of pictures among the files that begin as films do (ISO/IEC 23008-12)."""
ENDINGS = (".csv", ".json", ".zip")
"""Of the names of exports."""
_EXTENSIONS = {
    **dict.fromkeys(
        ["bmp", "gif", "heic", "heif", "jpeg", "jpg", "png", "tif", "tiff", "webp"], "picture"
    ),
    "pdf": "pdf",
    **dict.fromkeys(["numbers", "ods", "xls", "xlsx"], "spreadsheet"),
    **dict.fromkeys(["7z", "gz", "rar"], "packed"),
    **dict.fromkeys(["avi", "doc", "docx", "m4a", "mov", "mp4"], "not_export"),
    **dict.fromkeys(["csv", "json", "txt", "zip"], ""),
}
_TYPES = (
    ("image/", "picture"),
    ("application/pdf", "pdf"),
    ("application/vnd.ms-excel", "spreadsheet"),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml", "spreadsheet"),
    ("application/vnd.rar", "packed"),
    ("application/x-rar", "packed"),
    ("application/x-7z", "packed"),
    ("application/vnd.", "not_export"),
    ("application/msword", "not_export"),
    ("audio/", "not_export"),
    ("video/", "not_export"),
)
# Looked up here already, as a process may read no file any more when it reads an export.
_MARKS = {
    codecs.BOM_UTF8: codecs.lookup("utf-8").name,
    codecs.BOM_UTF16_LE: codecs.lookup("utf-16-le").name,
    codecs.BOM_UTF16_BE: codecs.lookup("utf-16-be").name,
}
_CHINESE = re.compile(rb"[\x81-\xfe](?:[0-9][\x81-\xfe][0-9]|[\x40-\xfe])")
"""A character in Big5 or GB 18030; a comma, a quote or a line end is never part of one."""
_NOON = {
    b"\xa4\x57\xa4\xc8": b"AM",
    b"\xa4\x55\xa4\xc8": b"PM",
    b"\xc9\xcf\xce\xe7": b"AM",
    b"\xcf\xc2\xce\xe7": b"PM",
}
"""上午 and 下午 in Big5, and in GB 18030: the half of the day in a time."""
_UNREAD = b"\x7f"
"""Stands for a character that is not read: it is never shown, and nothing but names may hold it."""


class Reading(msgspec.Struct, frozen=True):
    """What was read from a file: an export, or else the code that refuses it with its values.

    `name` is what the file is called.
    """

    name: str
    export: Export | None = None
    error: str = ""
    params: dict[str, str | int] = {}

    @staticmethod
    def to_bytes(readings: list[Reading]) -> bytes:
        """Return what was read as MessagePack, to be sealed."""
        return msgspec.msgpack.encode(readings)

    @staticmethod
    def from_bytes(data: bytes) -> list[Reading]:
        """Return what `to_bytes` wrote, or raise msgspec.DecodeError."""
        return msgspec.msgpack.decode(data, type=list[Reading])


def read_exports(data: bytes, *, name: str, now: datetime, policy: VisitPolicy) -> list[Reading]:
    """Return what is in a file that may be a ZIP of several exports.

    One file alone is taken or refused as `read_export` does; of several, each for itself. The
    limit of bytes is that of all together.
    """
    files = [(name, data)]
    if data.startswith(ZIP) and len(data) <= policy.max_bytes:
        files = unzip_all(data, policy.max_bytes, most=MANY)
    if len(files) == 1:
        return [Reading(visible(name), read_export(data, name=name, now=now, policy=policy))]
    return [_reading(content, member, now, policy) for member, content in files]


def _reading(data: bytes, member: str, now: datetime, policy: VisitPolicy) -> Reading:
    name = visible(member.rpartition("/")[2])
    try:
        return Reading(name, read_export(data, name=name, now=now, policy=policy))
    except Invalid as invalid:
        return Reading(name, None, invalid.code, invalid.plain)


def read_export(data: bytes, *, name: str, now: datetime, policy: VisitPolicy) -> Export:
    """Return the visits in an export, or raise Invalid with one of `ERRORS`; nothing else.

    `now` is an aware instant. `name` is the file's name, and is only quoted.
    """
    if other := _other(data):
        raise Invalid(other)
    if len(data) > policy.max_bytes:
        raise Invalid("too_large", limit_kb=policy.max_bytes // 1000)
    if data.startswith(ZIP):
        data = unzip(data, policy.max_bytes)
        if other := _other(data):
            raise Invalid(other)
    text = _text(data)
    if not text:
        raise Invalid("empty")
    if is_csv(text):
        written = read_csv(text, policy.max_visits)
    elif text.startswith(("{", "[")) and FORMAT in text:
        written = read_json(text)
    elif FORMAT in text:
        raise Invalid("broken", line=1)
    else:
        raise Invalid("not_export", name=visible(name))
    check_signature(written, policy)
    try:
        return judge(written, now=now, policy=policy)
    except Invalid as invalid:
        if invalid.code not in ("field", "time"):
            raise
    return judge(in_iso(written, hong_kong_day(now), policy), now=now, policy=policy)


def mistaken(head: bytes, *, name: str, mime: str) -> str:
    """Return the code that says what a file is that is too large to be read.

    Empty where it may be an export. Its first bytes decide, as far as they are known; then the
    ending of its name, as Windows calls a CSV file a spreadsheet; then its type.
    """
    if other := _other(head):
        return other
    stem, _, extension = name.lower().rpartition(".")
    if stem and extension in _EXTENSIONS:
        return _EXTENSIONS[extension]
    return next((code for prefix, code in _TYPES if mime.startswith(prefix)), "")


def _other(data: bytes) -> str:
    """Return the code of what a file shows itself to be by its first bytes, empty for none."""
    for magic, code in _OTHERS.items():
        if data.startswith(magic):
            return code
    if data.startswith(_OFFICE):
        return "not_export" if _LETTER in data else "spreadsheet"
    if data[4:8] == b"ftyp":
        return "picture" if data[8:12] in _PICTURES else "not_export"
    webp = data[:4] == b"RIFF" and data[8:12] == b"WEBP"
    bmp = data[:2] == b"BM" and data[6:10] == bytes(4)
    return "picture" if webp or bmp else ""


def _text(data: bytes) -> str:
    """Return the text without its byte order mark and the blank lines around it.

    A file without a mark that is not UTF-8 is read but for the characters of its names.
    """
    encoding = "utf-8"
    for mark, marked in _MARKS.items():
        if data.startswith(mark):
            data, encoding = data[len(mark) :], marked
            break
    else:
        # Both forms begin with two ASCII characters, so that UTF-16 shows itself.
        if data[1:2] == b"\0":
            encoding = "utf-16-le"
        elif data[:1] == b"\0":
            encoding = "utf-16-be"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        if FORMAT.encode(encoding) not in data:
            raise Invalid("not_export", name="") from error
        if "unexpected end" in error.reason or "truncated data" in error.reason:
            raise Invalid("truncated") from error
        text = _without_chinese(data)
    # A program that takes the first mark for text puts another before it.
    return text.lstrip().lstrip("\ufeff").lstrip().rstrip("\0\x1a \t")


def _without_chinese(data: bytes) -> str:
    """Return a text in Big5 or GB 18030, as spreadsheets save it, without its Chinese characters.

    Which of the two it is cannot be told for certain. Nothing but names is lost; where something
    else held such a character, it is refused as what it is. Raise Invalid `encoding`.
    """
    for noon, english in _NOON.items():
        data = data.replace(noon, english)
    read = bytearray(data)
    # In its place, as the pieces of a file full of it would take many times its room.
    for found in _CHINESE.finditer(data):
        read[found.start() : found.end()] = _UNREAD * len(found[0])
    try:
        return read.decode("ascii")
    except UnicodeDecodeError as error:
        raise Invalid("encoding") from error
