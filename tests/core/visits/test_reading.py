"""Every upload of the corpus is taken, or refused with its code, soon and in little memory."""

from __future__ import annotations

import random
import re
import tracemalloc
from pathlib import Path

import pytest

from core.answer import Invalid
from core.visits import Export, VisitPolicy, mistaken, read_export
from core.visits.reading import ERRORS
from core.visits.venue import Venue, make_qr
from tests.corpus import NOW, Upload, as_json, export, visit, visit_uploads
from tests.speed import seconds

SECONDS = 2
MEMORY = 64_000_000
CORPUS = list(visit_uploads())
POLICY = VisitPolicy()


def outcome(data: bytes, name: str = "visits.json") -> str:
    """Return the code that refuses it, empty where it is taken. Nothing else may be raised."""
    try:
        Export.from_bytes(read_export(data, name=name, now=NOW, policy=POLICY).to_bytes())
    except Invalid as error:
        assert error.code in ERRORS
        for value in error.params.values():
            assert isinstance(value, str | int)
            str(value).encode()
        return error.code
    return ""


@pytest.mark.parametrize("upload", CORPUS, ids=lambda upload: ascii(upload.name))
def test_an_upload_gets_its_answer(upload: Upload) -> None:
    found: list[str] = []
    assert seconds(lambda: found.append(outcome(upload.data, upload.name))) < SECONDS
    assert found == [upload.code]


@pytest.mark.no_cover
@pytest.mark.parametrize("code", ["too_large", "too_many", "nested", "broken", ""])
def test_memory_is_bounded(code: str) -> None:
    for upload in CORPUS:
        if upload.code == code:
            tracemalloc.start()
            outcome(upload.data)
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            assert peak < MEMORY, upload.name


def test_every_code_is_in_the_corpus() -> None:
    signed_only = {"unsigned", "forged"}
    assert {upload.code for upload in CORPUS} - {""} == set(ERRORS) - signed_only


def test_the_name_decides_nothing_and_is_quoted_without_what_cannot_be_seen() -> None:
    assert outcome(as_json(export()), "photo.jpg") == ""
    with pytest.raises(Invalid) as caught:
        read_export(b"hello", name="my\u202efile.json", now=NOW, policy=POLICY)
    assert caught.value.params == {"name": "myfile.json"}


@pytest.mark.parametrize(
    ("head", "name", "mime", "code"),
    [
        (b"\x89PNG", "visits.json", "application/json", "picture"),
        (b"\0\0\0\x18ftypheic", "", "", "picture"),
        (b"%PDF-1.7", "", "", "pdf"),
        (b"", "", "image/jpeg", "picture"),
        (b"", "IMG_2041.HEIC", "application/octet-stream", "picture"),
        (b"", "statement.pdf", "", "pdf"),
        (b"", "", "application/pdf", "pdf"),
        (b"PK\x03\x04", "visits.xlsx", "", "spreadsheet"),
        (b"", "", "application/vnd.ms-excel", "spreadsheet"),
        (b"", "visits.csv", "application/vnd.ms-excel", ""),
        (b"", "letter", "application/msword", "not_export"),
        (b"", "holiday.mp4", "video/mp4", "not_export"),
        (b"", "IMG_2041.MOV", "application/octet-stream", "not_export"),
        (b"\0\0\0\x18ftypmp42", "", "", "not_export"),
        (b"", "letter.doc", "application/octet-stream", "not_export"),
        (b"", "records.rar", "application/octet-stream", "packed"),
        (b"", "", "application/vnd.rar", "packed"),
        (b"7z\xbc\xaf", "visits.zip", "", "packed"),
        (b"PK\x03\x04", "visits.zip", "application/zip", ""),
        (b"{", "json", "application/json", ""),
        (b"", "visits", "application/octet-stream", ""),
        (b"", "", "", ""),
    ],
)
def test_what_is_too_large_to_be_read_is_still_told_from_an_export(
    head: bytes, name: str, mime: str, code: str
) -> None:
    assert mistaken(head, name=name, mime=mime) == code
    assert code in (*ERRORS, "")


def test_damaged_bytes_are_refused_and_never_crash() -> None:
    chance = random.Random(11)
    whole = [upload.data for upload in CORPUS if not upload.code and len(upload.data) < 4_000]
    for data in whole:
        for _ in range(60):
            damaged = bytearray(data)
            for _ in range(chance.randint(1, 6)):
                damaged[chance.randrange(len(damaged))] = chance.randrange(256)
            outcome(bytes(damaged[: chance.randint(1, len(damaged))]))
            outcome(bytes(damaged))


def test_the_refused_visit_is_named() -> None:
    rows = [visit(), visit(**{"in": "2021-12-09T20:00:00+08:00"})]
    with pytest.raises(Invalid) as caught:
        read_export(as_json(export(visits=rows)), name="", now=NOW, policy=POLICY)
    assert caught.value.code == "backwards"
    assert caught.value.params == {"row": 2, "place": "Leung Tin Sports Centre 良田體育館"}


def test_a_wrong_member_is_named() -> None:
    def params(**changes: object) -> dict[str, object]:
        with pytest.raises(Invalid) as caught:
            read_export(as_json(export(**changes)), name="", now=NOW, policy=POLICY)
        return caught.value.params

    assert params(app={}) == {"field": "app.installed"}
    assert params(app=3) == {"field": "app"}
    assert params(exported=3) == {"field": "exported"}
    assert params(visits=[visit(), visit(name_en=3)]) == {"row": 2, "field": "name_en"}
    assert params(visits=[visit(**{"in": None})]) == {"row": 1, "field": "in"}
    assert params(taxis=["KB4484"]) == {"row": 1, "field": ""}


def test_an_ordinary_export_costs_little() -> None:
    data = next(upload.data for upload in CORPUS if upload.name == "sample json")
    costs = [seconds(lambda: read_export(data, name="", now=NOW, policy=POLICY)) for _ in range(5)]
    assert min(costs) < 0.05


def test_the_documentation_holds_exports_that_are_taken() -> None:
    path = Path(__file__).parents[3] / "docs" / "visit-records.md"
    text = path.read_text(encoding="utf-8").replace(
        "HKEN:0gxr8l5A6eyJ…", make_qr(Venue("AAAAAAAA"))
    )
    [in_json] = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    [in_csv] = re.findall(r"```csv\n(.*?)```", text, re.DOTALL)
    records = [
        read_export(form.encode(), name="", now=NOW, policy=POLICY) for form in (in_json, in_csv)
    ]
    assert records[0] == records[1]
    assert [visit.place for visit in records[0].visits] == ["gxr8l5A6", "KB4484", "AAAAAAAA"]
