"""Exports that name their installation, and files that hold several of them."""

from __future__ import annotations

import pytest

from core.answer import Invalid
from core.sample import sample_export, sample_installation
from core.visits import Export, Reading, VisitPolicy, read_export, read_exports
from tests.corpus import CSV_HEAD, CSV_ROW, NOW, as_json, export, zipped

POLICY = VisitPolicy()


def app(installation: object) -> bytes:
    return as_json(export(app={"installed": "2021-11-01", "installation": installation}))


def table(installation: str) -> bytes:
    head = CSV_HEAD.replace("2021-11-01\n", f"2021-11-01,{installation}\n")
    return (head + CSV_ROW).encode()


def read(data: bytes) -> Export:
    return read_export(data, name="", now=NOW, policy=POLICY)


def several(data: bytes, name: str = "all.zip") -> list[Reading]:
    found = read_exports(data, name=name, now=NOW, policy=POLICY)
    assert Reading.from_bytes(Reading.to_bytes(found)) == found
    return found


@pytest.mark.parametrize("form", [app, table])
@pytest.mark.parametrize("name", ["12345678", "6f9619ff-8b86-d011-b42d-00c04fc964ff", "x" * 64])
def test_the_name_of_the_installation_is_read(form, name: str) -> None:
    assert read(form(name)).installation == name
    assert read(form(f" {name} ")).installation == name


@pytest.mark.parametrize("form", [app, table])
def test_it_may_be_left_out(form) -> None:
    assert read(form("")).installation == ""
    assert read(as_json(export())).installation == ""
    assert read((CSV_HEAD + CSV_ROW).encode()).installation == ""


@pytest.mark.parametrize("form", [app, table])
@pytest.mark.parametrize("name", ["1234567", "x" * 65, "zero\u200bwidth", "bell\x07bell"])
def test_a_name_that_is_none_is_refused(form, name: str) -> None:
    with pytest.raises(Invalid) as caught:
        read(form(name))
    assert (caught.value.code, caught.value.params) == ("field", {"field": "app.installation"})


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(Invalid) as caught:
        read(app(12345678))
    assert (caught.value.code, caught.value.params) == ("field", {"field": "app.installation"})


@pytest.mark.parametrize("name", ["a.json", "a.csv", "a.zip"])
def test_a_sample_has_that_of_its_seed(name: str) -> None:
    phone = sample_installation(7)
    found = read(sample_export(31, 9, 7, NOW, name=name, installation=phone))
    assert found.installation == phone != sample_installation(8)


def test_one_file_is_one_reading_in_a_zip_or_not() -> None:
    for data in (app("phone-one"), zipped(("mum.json", app("phone-one")))):
        [reading] = several(data, "mum")
        assert reading.name == "mum"
        assert reading.export is not None
        assert reading.export.installation == "phone-one"


def test_of_several_each_is_read_for_itself() -> None:
    good, picture, bad, other = several(
        zipped(
            ("we/mum.json", app("phone-one")),
            ("photo.json", b"\x89PNG"),
            ("bad.csv", table("short")),
            ("dad.csv", table("phone-two")),
        )
    )
    assert (good.name, other.name) == ("mum.json", "dad.csv")
    assert good.export is not None
    assert other.export is not None
    assert (good.export.installation, other.export.installation) == ("phone-one", "phone-two")
    assert (picture.name, picture.export, picture.error) == ("photo.json", None, "picture")
    assert (bad.error, bad.params) == ("field", {"field": "app.installation"})


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"no export", "not_export"),
        (zipped(("a", b"no export")), "not_export"),
        (zipped(*((f"{n}.json", app("phone-one")) for n in range(21))), "zip_members"),
        (zipped(("a", b" " * 1_500_000), ("b", b" " * 1_500_000)), "too_large"),
        (b"PK\x03\x04" + bytes(2_000_000), "too_large"),
        (b"PK\x03\x04", "truncated"),
        (zipped(("../a", b"1"), ("b", b"2")), "zip_path"),
    ],
)
def test_the_whole_is_refused_as_one_alone(data: bytes, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        several(data)
    assert caught.value.code == code


def test_a_zip_of_several_is_too_many_for_one() -> None:
    with pytest.raises(Invalid) as caught:
        read(zipped(("a.json", app("phone-one")), ("b.json", app("phone-two"))))
    assert (caught.value.code, caught.value.params) == ("zip_members", {"count": 2})
