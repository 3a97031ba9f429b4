"""Uploads that go wrong, made rather than kept: each with the code that must answer it."""

from __future__ import annotations

import io
import json
import stat
import struct
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

from core.sample import sample_export
from core.visits.venue import Venue, make_qr

NOW = datetime(2021, 12, 10, 0, 30, tzinfo=UTC)
"""08:30 in Hong Kong, half an hour after the export below was made."""


class Upload(NamedTuple):
    """A file and the code that refuses it; an empty code is a file that must be taken."""

    name: str
    data: bytes
    code: str


def export(**changes: Any) -> dict[str, Any]:
    """Return a small export that is in order but for the changes."""
    return {
        "format": "leavehomesafe-visits",
        "version": 1,
        "app": {"version": "3.1.0", "installed": "2021-11-01"},
        "exported": "2021-12-10T08:00:00+08:00",
        "visits": [visit()],
        "taxis": [],
        "notifications": [],
    } | changes


def visit(**changes: Any) -> dict[str, Any]:
    """Return a visit that is in order but for the changes; None takes a member away."""
    whole = {
        "venue": "gxr8l5A6",
        "type": "SPORTSCULTURALRECREATIONAL",
        "name_en": "Leung Tin Sports Centre",
        "name_zh": "良田體育館",
        "in": "2021-12-09T18:00:00+08:00",
        "out": "2021-12-09T19:30:00+08:00",
    } | changes
    return {key: value for key, value in whole.items() if value is not None}


def as_json(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode("utf-8", "surrogatepass")


ENDS = ",2021-12-09T19:30:00+08:00"
CSV_HEAD = (
    "leavehomesafe-visits,1\n"
    "app,3.1.0,2021-11-01\n"
    "exported,2021-12-10T08:00:00+08:00\n"
    "kind,place,type,name_en,name_zh,in,out\n"
)
CSV_ROW = (
    "venue,gxr8l5A6,SPORTS,Leung Tin Sports Centre,良田體育館,"
    "2021-12-09T18:00:00+08:00,2021-12-09T19:30:00+08:00\n"
)


def zipped(*members: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def visit_uploads() -> Iterator[Upload]:
    """Yield files sent as visit records."""
    yield from _taken()
    yield from _not_text()
    yield from _bad_json()
    yield from _bad_csv()
    yield from _bad_zips()
    yield from _contradictions()


def _taken() -> Iterator[Upload]:
    text = as_json(export()).decode()
    table = CSV_HEAD + CSV_ROW
    yield Upload("plain.json", text.encode(), "")
    yield Upload("plain.csv", table.encode(), "")
    yield Upload("json called .csv", text.encode(), "")
    yield Upload("no visits at all", as_json(export(visits=[])), "")
    yield Upload("unknown members", as_json(export(extra={"a": [1]})), "")
    for form, content in (("json", text), ("csv", table)):
        yield Upload(f"BOM.{form}", b"\xef\xbb\xbf" + content.encode(), "")
        yield Upload(f"UTF-16.{form}", content.encode("utf-16"), "")
        yield Upload(f"UTF-16 BE with mark.{form}", b"\xfe\xff" + content.encode("utf-16-be"), "")
        yield Upload(f"UTF-16 LE bare.{form}", content.encode("utf-16-le"), "")
        yield Upload(f"UTF-16 BE bare.{form}", content.encode("utf-16-be"), "")
        yield Upload(f"CRLF.{form}", content.replace("\n", "\r\n").encode(), "")
        yield Upload(f"CR.{form}", content.replace("\n", "\r").encode(), "")
        yield Upload(f"blank lines before.{form}", b"\r\n \n" + content.encode(), "")
        yield Upload(f"in a ZIP.{form}", zipped((f"a.{form}", content.encode())), "")
    yield Upload(
        "packed by macOS",
        zipped(("a/", b""), ("a/visits.json", text.encode()), ("__MACOSX/a/._visits.json", b"x")),
        "",
    )
    for name in ("a/.DS_Store", "._visits.json", "a\\Thumbs.db", "desktop.ini", "a\\"):
        yield Upload(f"beside {name}", zipped(("a/visits.json", text.encode()), (name, b"x")), "")
    for name in ("a\\visits.json", "2021-12-10 08:00:00.json", "安心出行/出行記錄.json"):
        yield Upload(f"in a ZIP as {name}", zipped((name, text.encode())), "")
    yield Upload("two byte order marks", b"\xef\xbb\xbf" * 2 + table.encode(), "")
    for encoding in ("big5", "gb18030"):
        for form, content in (("json", text), ("csv", table)):
            yield Upload(f"{encoding}.{form}", content.encode(encoding), "")
    yield Upload("in a list", f"[{text}]".encode(), "")
    yield Upload("version as a word", as_json(export(version="1")), "")
    yield Upload("capitals", table.replace("venue,", "Venue,").replace("app", "App").encode(), "")
    yield Upload("a blank after each comma", table.replace(",", ", ").encode(), "")
    yield Upload("no line end and no zone", table.rstrip().replace("+08:00", "").encode(), "")
    yield Upload(
        "day of installation changed", table.replace("2021-11-01", "1/11/2021").encode(), ""
    )
    turned = (
        "leavehomesafe-visits,1\napp,,2021-11-01\nexported,2021-12-10T08:00\n"
        "kind,place,type,in,out,name_en,name_zh\n"
        "venue,gxr8l5A6,,2021-12-09T18:00,,Town Hall,大會堂"
    )
    yield Upload("names at the end, and no line end", turned.encode(), "")
    yield Upload("semicolons", table.replace(",", ";").encode(), "")
    yield Upload("tabs", table.replace(",", "\t").encode(), "")
    yield Upload("padded by a spreadsheet", table.replace("its,1", "its,1,,,,,").encode(), "")
    spaced = table.replace("kind,", "kind,,,").replace("venue,", "venue,,,").replace(ENDS, "")
    yield Upload("empty columns, and none at the end", spaced.encode(), "")
    yield Upload("without the last line end", table.rstrip("\n").encode(), "")
    for formula in ("=HYPERLINK(1)", "+1+1", "-2", "@SUM(1)", "\t=1", "＝1"):
        yield Upload(f"formula {formula}", as_json(export(visits=[visit(name_en=formula)])), "")
    for hidden in ("a\u202eb", "\u200b", "\ud800", "\x00", "x" * 5_000):
        upload = as_json(export(visits=[visit(name_en=hidden)]))
        if hidden != "\ud800":
            yield Upload(f"name {hidden[:5]!r}", upload, "")
    escaped = json.dumps(export(visits=[visit(name_en="half \ud800")]))
    yield Upload("half a surrogate pair, escaped", escaped.encode(), "")
    for when in ("2021-12-09T10:00:00Z", "2021-12-09T05:00:00-05:00", "2021-12-09 18:00"):
        row = visit(**{"in": when})
        yield Upload(f"zone {when}", as_json(export(visits=[row])), "")
    yield Upload("very old", as_json(export(visits=[_at("2020-02-29", "2020-02-29")])), "")
    yield Upload("left open", as_json(export(visits=[visit(out=None)])), "")
    nested = [
        visit(venue=f"{number:08}", **{"in": f"2021-12-09T{number // 60:02}:{number % 60:02}"})
        for number in range(18 * 60)
    ]
    yield Upload("each visit within the one before", as_json(export(visits=nested)), "")
    for form in ("json", "csv", "zip"):
        name = f"visits.{form}"
        yield Upload(f"sample {form}", sample_export(31, 600, 7, NOW, name=name), "")


def _not_text() -> Iterator[Upload]:
    yield Upload("empty", b"", "empty")
    yield Upload("only a byte order mark", b"\xef\xbb\xbf", "empty")
    yield Upload("only blanks", b" \r\n\t" * 50, "empty")
    yield Upload("empty in a ZIP", zipped(("a.json", b"")), "empty")
    yield Upload("25 MB", b"x" * 25_000_000, "too_large")
    yield Upload("10 MB on one line", b"[" + b"1," * 5_000_000, "too_large")
    yield Upload(
        "one byte a letter", (CSV_HEAD + CSV_ROW + "Café,").encode("cp1252", "replace"), "encoding"
    )
    yield Upload("bytes of no text", b"\x80\x81\x82" * 40, "not_export")
    yield Upload("half of UTF-16", as_json(export()).decode().encode("utf-16")[:-1], "truncated")
    for magic, code in (
        (b"\xff\xd8\xff\xe0", "picture"),
        (b"\x89PNG\r\n\x1a\n", "picture"),
        (b"GIF89a", "picture"),
        (b"RIFF\0\0\0\0WEBP", "picture"),
        (b"\0\0\0\x18ftypheic", "picture"),
        (b"BM\0\0\0\0\0\0\0\0", "picture"),
        (b"II*\0", "picture"),
        (b"\0\0\0\x18ftypmp42", "not_export"),
        (b"\0\0\0\x14ftypqt  ", "not_export"),
        (b"%PDF-1.7", "pdf"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "spreadsheet"),
        (b"\xd0\xcf\x11\xe0" + "WordDocument".encode("utf-16-le"), "not_export"),
        (b"Rar!\x1a\x07", "packed"),
        (b"7z\xbc\xaf\x27\x1c", "packed"),
        (b"\x1f\x8b\x08", "packed"),
    ):
        yield Upload(f"magic {magic!r}", magic + b"\0" * 3_000_000, code)
    for text in ("hello", "{}", "[]", "[" * 10_000, "<html>", "name,phone\nA,1\n", "NaN"):
        yield Upload(f"something else {text[:8]}", text.encode(), "not_export")
    yield Upload("other JSON", as_json({"a": "leavehomesafe-visits"}), "not_export")
    yield Upload(
        "EICAR",
        rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR" + b"-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*",
        "not_export",
    )


def _bad_json() -> Iterator[Upload]:
    text = as_json(export()).decode()
    for cut in range(70, len(text), 7):
        yield Upload(f"cut at {cut}", text.encode()[: cut + 1], "truncated")
    yield Upload(
        "cut within a character", text.encode()[: text.encode().index(b"\xe8") + 1], "truncated"
    )
    yield Upload(
        "a comma too many", text.replace('"taxis": []', '"taxis": [],,').encode(), "broken"
    )
    yield Upload("something after it", (text + " {}").encode(), "broken")
    for value in ("NaN", "Infinity", "-Infinity", "1e999", "0.5", "9" * 5_000):
        changed = text.replace('"notifications": []', f'"notifications": [{value}]')
        yield Upload(f"number {value[:12]}", changed.encode(), "number")
    for bracket in ("[", '{"a":'):
        changed = text.replace('"notifications": []', f'"notifications": {bracket * 10_000}')
        yield Upload(f"deep {bracket}", changed.encode(), "nested")
    deep = text.replace('"notifications": []', f'"x": {"[" * 10_000}{"]" * 10_000}')
    yield Upload("deep and closed", deep.encode(), "nested")
    twice = text.replace('"taxis": []', '"taxis": [], "visits": []')
    yield Upload("a key twice", twice.encode(), "duplicate_key")
    inner = text.replace('"type":', '"in": "2021-12-01T00:00", "type":')
    yield Upload("a key twice in a visit", inner.encode(), "duplicate_key")
    yield Upload(
        "half a surrogate pair in a name", text.replace("taxis", "tax\\ud800").encode(), "encoding"
    )
    for version in (2, "2", 0, [1], True):
        yield Upload(f"version {version}", as_json(export(version=version)), "version")
    yield Upload("version None", as_json(export(version=None)), "field")
    yield Upload("Visits", text.replace('"visits"', '"Visits"').encode(), "field")
    yield Upload("two in a list", f"[{text}, {text}]".encode(), "not_export")
    yield Upload("words before it", f"My visits: {text}".encode(), "broken")
    yield Upload("no app", as_json(export(app=None)), "field")
    yield Upload("app without a day", as_json(export(app={"version": "3"})), "field")
    yield Upload("no such day", as_json(export(app={"installed": "2021-02-29"})), "field")
    yield Upload(
        "of the day before", as_json(export(exported="2021-12-09T08:29:59+08:00")), "stale"
    )
    yield Upload("no such moment", as_json(export(exported="yesterday")), "field")
    yield Upload("visits are a word", as_json(export(visits="none")), "field")
    yield Upload("5,001 visits", as_json(export(visits=[visit()] * 5_001)), "too_many")
    for change in ({"in": None}, {"in": 5}, {"venue": 5}, {"name_en": ["a"]}, {"venue": None}):
        yield Upload(f"visit {change}", as_json(export(visits=[visit(**change)])), "row_field")
    for plate in ("\ufdfa" * 600_000, "a" + "\u0301\u0327" * 45_000):
        ride = {"plate": plate, "in": "2021-12-09T20:00"}
        yield Upload(f"long plate {plate[:3]}", as_json(export(taxis=[ride])), "plate")
    both = visit(qr=make_qr(Venue("gxr8l5A6")))
    yield Upload("venue and QR", as_json(export(visits=[both])), "row_field")
    yield Upload("taxi without a plate", as_json(export(taxis=[{"in": "x"}])), "row_field")


def _bad_csv() -> Iterator[Upload]:
    short = "taxi,A1,,,,2021-12-01T00:00,\n"
    yield Upload("a million rows", (CSV_HEAD + short * 1_000_000).encode(), "too_large")
    yield Upload("5,001 rows", (CSV_HEAD + short * 5_001).encode(), "too_many")
    yield Upload("rows to the limit of size", (CSV_HEAD + short * 60_000).encode(), "too_many")
    yield Upload("nothing but line ends", (CSV_HEAD + "\n" * 1_900_000).encode(), "too_many")
    yield Upload(
        "a million rows in a ZIP",
        zipped(("a.csv", (CSV_HEAD + short * 1_000_000).encode())),
        "too_large",
    )
    yield Upload("quote left open", (CSV_HEAD + '"' + CSV_ROW).encode(), "truncated")
    yield Upload("cut in a row", (CSV_HEAD + CSV_ROW)[:-40].encode(), "truncated")
    for less in (2, 5, 8, 12, 20):
        yield Upload(
            f"cut {less} before the end", (CSV_HEAD + CSV_ROW)[:-less].encode(), "truncated"
        )
    for head in (30, 60, 90, 100):
        yield Upload(f"cut at {head}.csv", CSV_HEAD[:head].encode(), "truncated")
    yield Upload("letters after a quote", (CSV_HEAD + '"venue"x,gxr8l5A6\n').encode(), "broken")
    yield Upload("long field", (CSV_HEAD + "venue," + "x" * 200_000 + "\n").encode(), "broken")
    yield Upload("version 2", (CSV_HEAD + CSV_ROW).replace("its,1", "its,2").encode(), "version")
    quoted = (CSV_HEAD + CSV_ROW).replace("leavehomesafe-visits,1", '"leavehomesafe-visits"",1"')
    yield Upload("version within the quotes", quoted.encode(), "broken")
    yield Upload("nothing but Chinese", CSV_HEAD.encode() + b"\xa4\x57" * 900_000, "broken")
    yield Upload("every other letter Chinese", CSV_HEAD.encode() + b"a\xa4W" * 600_000, "broken")
    yield Upload("bars", (CSV_HEAD + CSV_ROW).replace(",", "|").encode(), "broken")
    yield Upload("a line above", ("sep=,\n" + CSV_HEAD + CSV_ROW).encode(), "broken")
    for name in ("in", "out", "place"):
        doubled = (CSV_HEAD + CSV_ROW).replace(",in,out", f",in,out,{name}")
        yield Upload(f"{name} twice", doubled.encode(), "duplicate_key")
    above = CSV_HEAD.replace("kind,", CSV_ROW + "kind,")
    yield Upload("a visit above the names of the columns", above.encode(), "broken")
    yield Upload("no version", b"leavehomesafe-visits\n", "broken")
    yield Upload("version left empty", b"leavehomesafe-visits,\n", "broken")
    yield Upload("no columns", b"leavehomesafe-visits,1\napp,3,2021-11-01\n", "columns")
    yield Upload("a column less", (CSV_HEAD + CSV_ROW).replace(",in,", ",").encode(), "columns")
    yield Upload("no app", (CSV_HEAD + CSV_ROW).replace("app,", "xpp,").encode(), "field")
    yield Upload("no day", (CSV_HEAD + CSV_ROW).replace(",2021-11-01", "").encode(), "field")
    yield Upload("no export", (CSV_HEAD + CSV_ROW).replace("exported", "x").encode(), "field")
    yield Upload("unknown kind", (CSV_HEAD + "cinema,a\n").encode(), "row_field")
    yield Upload("no time", (CSV_HEAD + "venue,gxr8l5A6\n").encode(), "row_field")
    yield Upload(
        "a row after the signature", (CSV_HEAD + "signature,x\n" + CSV_ROW).encode(), "broken"
    )


def _bad_zips() -> Iterator[Upload]:
    content = as_json(export())
    good = zipped(("visits.json", content))
    yield Upload("ZIP of nothing", zipped(), "empty")
    yield Upload("ZIP of two", zipped(("a.json", content), ("b.json", content)), "zip_members")
    sheet = zipped(("[Content_Types].xml", b"<x/>"), ("xl/workbook.xml", b"<x/>"))
    yield Upload("XLSX", sheet, "spreadsheet")
    yield Upload("Numbers", zipped(("preview.jpg", b"x"), ("Index/A.iwa", b"x")), "spreadsheet")
    letter = zipped(("[Content_Types].xml", b"<x/>"), ("word/document.xml", b"<x/>"))
    yield Upload("DOCX", letter, "not_export")
    for kind, code in (("spreadsheet", "spreadsheet"), ("text", "not_export")):
        mime = zipfile.ZipInfo("mimetype")
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            archive.writestr(mime, f"application/vnd.oasis.opendocument.{kind}")
        yield Upload(f"OpenDocument {kind}", stream.getvalue(), code)
    yield Upload("a picture in a ZIP", zipped(("a.png", b"\x89PNG\r\n")), "picture")
    yield Upload("a PDF in a ZIP", zipped(("a.pdf", b"%PDF-1.7")), "pdf")
    yield Upload("ZIP in a ZIP", zipped(("a.zip", good)), "zip_nested")
    for path in ("../../etc/passwd", "/etc/passwd", "C:\\x.json", "a/../../b", "..\\b", "\\b"):
        yield Upload(f"slip {path}", zipped((path, content)), "zip_path")
    nameless = zipped(("?", content)).replace(b"?", b"\0")
    yield Upload("a file without a name", nameless, "empty")
    link = zipfile.ZipInfo("visits.json")
    link.create_system = 3
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    yield Upload("link", zipped((link, b"/etc/passwd")), "zip_link")
    yield Upload("bomb", zipped(("a.json", b"\0" * 50_000_000)), "too_large")
    lying = bytearray(zipped(("a.json", b" " * 50_000_000)))
    directory = lying.index(b"PK\x01\x02")
    struct.pack_into("<I", lying, directory + 24, 1_000)
    yield Upload("bomb that lies about its size", bytes(lying), "zip_broken")
    for name, offset, flag in (("password", 8, 1), ("strong encryption", 8, 0x40)):
        locked = bytearray(good)
        locked[locked.index(b"PK\x01\x02") + offset] |= flag
        yield Upload(f"ZIP with {name}", bytes(locked), "zip_encrypted")
    method = bytearray(good)
    method[method.index(b"PK\x01\x02") + 10] = 99
    yield Upload("unknown compression", bytes(method), "zip_broken")
    damaged = bytearray(good)
    middle = damaged.index(b"PK\x01\x02") // 2
    damaged[middle : middle + 8] = b"\xff" * 8
    yield Upload("damaged ZIP", bytes(damaged), "zip_broken")
    for cut in range(4, len(good), max(1, len(good) // 25)):
        yield Upload(f"ZIP cut at {cut}", good[:cut], "truncated")


def _at(first: str, last: str, **changes: Any) -> dict[str, Any]:
    times = {
        key: day if "T" in day else f"{day}T12:00:00+08:00"
        for key, day in (("in", first), ("out", last))
    }
    return visit(**(times | changes))


def _contradictions() -> Iterator[Upload]:
    yield Upload("two days", as_json(export(exported="10/12/2021 8:00")), "day_or_month")

    def one(*visits: dict[str, Any], **changes: Any) -> bytes:
        return as_json(export(visits=list(visits), **changes))

    yield Upload("out before in", one(_at("2021-12-09", "2021-12-08")), "backwards")
    for when in ("2021-12-10T08:41:00+08:00", "9999-12-31T23:59:59Z"):
        yield Upload(f"future {when}", one(_at("2021-12-09", when)), "future")
    yield Upload("year 9999 open", one(_at("9999-12-31T23:59:59Z", "x", out=None)), "future")
    after = _at("2021-12-10T08:11:00+08:00", "2021-12-10T08:12:00+08:00")
    yield Upload("after the export", one(after), "after_export")
    for when in (
        "2021-02-29T08:00:00+08:00",
        "2021-12-09",
        "9999-12-31T23:59:59-08:00",
        "0001-01-01T00:00:00+08:00",
        "25/12/21 18:00:00",
        "soon, I should think",
    ):
        yield Upload(f"time {when}", one(_at("2021-12-09", "x", out=when)), "time")
    for venue in ("gxr8l5A", "gxr8l5A66", "gxr8l5A!", "ｇxr8l5A6", "", "../../etc"):
        yield Upload(f"venue {venue}", one(visit(venue=venue)), "venue")
    for plate in ("", "KB 4484 KB 4484", "粵Z1234港", "KB4484'; DROP"):
        taxi = {"plate": plate, "in": "2021-12-09T10:00", "out": None}
        yield Upload(f"plate {plate}", one(taxis=[taxi]), "plate")
    good = make_qr(Venue("gxr8l5A6", "Leung Tin Sports Centre"))
    for qr, code in (
        (good.replace("gxr8l5A6", "gxr8l5A7"), "qr_hash"),
        (good[:-20], "qr"),
        ("HKEN:1" + good[6:], "qr"),
        ("https://example.org", "qr"),
        (good + "!", "qr"),
        ("HKEN:0gxr8l5A6W10=", "qr"),
        (good + "A" * 4_000, "qr"),
        ("HKEN:0gxr8l5A6" + "W1tb" * 700, "qr"),
    ):
        yield Upload(f"QR {qr[:24]}", one(visit(venue=None, qr=qr)), code)
    rides = [
        {"plate": plate, "in": f"2021-12-09T18:{minute}", "out": "2021-12-09T19:00"}
        for plate, minute in (("KB4484", "00"), ("AB123", "59"))
    ]
    yield Upload("two taxis at once", one(taxis=rides), "overlap")
    yield Upload("exported tomorrow", one(exported="2021-12-11T08:00:00+08:00"), "exported_future")
    late = {"version": "3.1.0", "installed": "2021-12-11"}
    yield Upload("installed after the export", one(app=late), "installed_after")
