from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from core.address import Estate, HighRiskPlace
from core.assessment import Case, CaseKind
from core.district import District
from core.exposure import Exposure
from core.identity import DocumentType
from core.lists import (
    BadRow,
    ListedCase,
    ListError,
    Tenant,
    read_cases,
    read_exposures,
    read_places,
    read_tenants,
)
from core.visits import VisitKind

Reader = Callable[[bytes], list[object]]
EXPOSURES = "kind,place,from,to,source\n"
PLACES = "district,name_en,name_zh,from,to\n"
CASES = "document,number,kind,since,until\n"
TENANTS = "document,number,estate_en,estate_zh\n"
HEADERS = {
    read_exposures: EXPOSURES,
    read_places: PLACES,
    read_cases: CASES,
    read_tenants: TENANTS,
}


def at(day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2021, 12, day, hour, minute, tzinfo=UTC)


def refused(reader: Callable[[bytes], object], text: str) -> list[BadRow]:
    with pytest.raises(ListError) as caught:
        reader(text.encode())
    assert str(caught.value).count("\n") == len(caught.value.rows)
    return caught.value.rows


def test_exposures_of_hours_and_of_whole_days() -> None:
    text = (
        EXPOSURES
        + "venue,gxr8l5A6,2021-12-08T18:00+08:00,2021-12-08T21:30,CHP 12600\n\n"
        + "Taxi, kb 4484 ,2021-12-09,2021-12-09,\n"
    )
    expected = [
        Exposure(VisitKind.VENUE, "gxr8l5A6", at(8, 10), at(8, 13, 30), "CHP 12600"),
        Exposure(VisitKind.TAXI, "KB4484", at(8, 16), at(9, 16)),
    ]
    assert read_exposures(text.encode()) == expected
    assert read_exposures(("\ufeff" + text).replace("\n", "\r\n").encode()) == expected


def test_places_in_a_district_or_in_any() -> None:
    text = PLACES + "kt,Laguna City,麗港城,2021-12-01,2021-12-08\n,,彩虹邨,2021-12-01,2021-12-01\n"
    first, second = read_places(text.encode())
    assert first == HighRiskPlace(
        "KT", "Laguna City", "麗港城", at(1).replace(month=11, day=30, hour=16), at(8, 16)
    )
    assert (first.first_day, first.last_day) == (date(2021, 12, 1), date(2021, 12, 8))
    assert (second.district, second.name_en) == ("", "")


def test_cases_by_the_number_as_it_is_indexed() -> None:
    text = CASES + (
        "hkid,a123456(3),close_contact,2021-12-01,2021-12-15\n"
        "HKID,A123456,quarantine,2021-12-01,\n"
        "passport,k 1234567,Confirmed,2021-12-03,\n"
    )
    assert read_cases(text.encode()) == [
        ListedCase(
            DocumentType.HKID,
            "A1234563",
            Case(CaseKind.CLOSE_CONTACT, date(2021, 12, 1), date(2021, 12, 15)),
        ),
        ListedCase(DocumentType.HKID, "A1234563", Case(CaseKind.QUARANTINE, date(2021, 12, 1))),
        ListedCase(DocumentType.PASSPORT, "K1234567", Case(CaseKind.CONFIRMED, date(2021, 12, 3))),
    ]


def test_tenants_by_the_number_as_it_is_indexed() -> None:
    text = TENANTS + "hkid,a123456(3),Mei Lam Estate,美林邨\npassport,k 1234567,,彩虹邨\n"
    assert read_tenants(text.encode()) == [
        Tenant(DocumentType.HKID, "A1234563", Estate("Mei Lam Estate", "美林邨")),
        Tenant(DocumentType.PASSPORT, "K1234567", Estate("", "彩虹邨")),
    ]


def test_columns_stand_in_any_order() -> None:
    text = "source,to,from,place,kind\nx,2021-12-09,2021-12-09,gxr8l5A6,venue\n"
    assert read_exposures(text.encode())[0].source == "x"


def test_empty_cells_at_the_end_are_nothing() -> None:
    def case(ending: str) -> str:
        return f"hkid,A123456(3),confirmed,2021-12-01{ending}\n"

    header = "document,number,kind,since,until"
    whole = read_cases((f"{header}\n" + case(",") * 3).encode())
    ragged = f"{header},,\n,,,,,,\n{case(',,,')}{case('')}{case(', , ')},\n"
    assert read_cases(ragged.encode()) == whole


@pytest.mark.parametrize("reader", HEADERS)
def test_a_list_may_be_empty_but_not_without_its_columns(reader: Reader) -> None:
    header = HEADERS[reader]
    assert reader(header.encode()) == []
    for text in ("", "\n\n", "a,b,c\n", header.replace(",", ";"), header.rpartition(",")[0]):
        [row] = refused(reader, text)
        assert "must name the columns" in row.why


@pytest.mark.parametrize(
    ("reader", "row", "why"),
    [
        (read_exposures, "cinema,gxr8l5A6,2021-12-01,2021-12-02,", "one of venue, taxi"),
        (read_exposures, "venue,gxr8l5A,2021-12-01,2021-12-02,", "not a venue's id"),
        (read_exposures, "taxi,粵Z1234港,2021-12-01,2021-12-02,", "registration mark"),
        (read_exposures, "venue,gxr8l5A6,01/12/2021,2021-12-02,", "from is “01/12/2021”"),
        (read_exposures, "venue,gxr8l5A6,2021-12-01,2021-02-29,", "to is “2021-02-29”"),
        (read_exposures, "venue,gxr8l5A6,2021-12-01,9999-12-31,", "to is “9999-12-31”"),
        (read_exposures, "venue,gxr8l5A6,2021-12-02,2021-12-01,", "not after from"),
        (read_exposures, "venue,gxr8l5A6,2021-12-01T08:00,2021-12-01T08:00,", "not after from"),
        (read_exposures, "venue,gxr8l5A6,2021-12-01", "to is “”"),
        (read_exposures, "venue,gxr8l5A6,2021-12-01,2021-12-02,a,b", "6 cells where 5"),
        (read_exposures, '"venue"x,a', "not CSV"),
        (read_exposures, '"venue', "not CSV"),
        (read_places, "XX,Laguna City,,2021-12-01,2021-12-02", "one of CW, WC"),
        (read_places, "KT,,,2021-12-01,2021-12-02", "no name"),
        (read_cases, "visa,A123456(3),confirmed,2021-12-01,", "one of hkid"),
        (read_cases, "hkid,A123456(4),confirmed,2021-12-01,", "check character is wrong"),
        (read_cases, "hkid,А123456(3),confirmed,2021-12-01,", "only looks like"),
        (read_cases, "hkid,12,confirmed,2021-12-01,", "cannot be one"),
        (read_cases, "passport,,confirmed,2021-12-01,", "cannot be one"),
        (read_cases, "hkid,A123456(3),ill,2021-12-01,", "one of confirmed"),
        (read_cases, "hkid,A123456(3),confirmed,yesterday,", "since is “yesterday”"),
        (read_cases, "hkid,A123456(3),confirmed,2021-12-02,2021-12-01", "until is before"),
        (read_tenants, "visa,A123456(3),Mei Lam Estate,", "one of hkid"),
        (read_tenants, "hkid,A123456(4),Mei Lam Estate,", "check character is wrong"),
        (read_tenants, "hkid,A123456(3),,", "no name"),
    ],
)
def test_a_bad_row_is_told_in_a_plain_sentence(reader: Reader, row: str, why: str) -> None:
    [bad] = refused(reader, HEADERS[reader] + row)
    assert bad.line == 2
    assert why in bad.why


def test_every_bad_row_is_told_with_its_line() -> None:
    good = "venue,gxr8l5A6,2021-12-01,2021-12-02,\n"
    rows = refused(read_exposures, EXPOSURES + good + "a\n" + good + "\n" + "b\n")
    assert [row.line for row in rows] == [3, 6]


def test_another_encoding_is_told() -> None:
    with pytest.raises(ListError, match="UTF-8"):
        read_places((PLACES + "KT,,麗港城,2021-12-01,2021-12-02\n").encode("big5"))


def test_the_documentation_holds_lists_that_can_be_loaded() -> None:
    text = (Path(__file__).parents[2] / "docs" / "lists.md").read_text(encoding="utf-8")
    examples = re.findall(r"```csv\n(.*?)```", text, re.DOTALL)
    readers = (read_exposures, read_places, read_cases, read_tenants)
    assert [len(reader(x.encode())) for reader, x in zip(readers, examples, strict=True)] == [
        2,
        1,
        2,
        1,
    ]
    assert all(f"`{kind}`" in text for kind in [*DocumentType, *CaseKind, *VisitKind])
    assert all(re.search(rf"\b{code}\b", text) for code in District)


def test_a_hundred_wrong_rows_are_told_and_how_many_there_are() -> None:
    for rows, last in ((1, "1 line is wrong"), (101, "101 lines are wrong")):
        with pytest.raises(ListError) as caught:
            read_exposures((EXPOSURES + "bus,1,2,3,4\n" * rows).encode())
        *told, end = str(caught.value).splitlines()
        assert len(told) == min(rows, 100)
        assert end == f"{last}, so nothing is changed."
        assert len(caught.value.rows) == rows


def test_the_character_that_postgresql_keeps_nowhere_is_refused() -> None:
    with pytest.raises(ListError, match=r"^line 2: There is a character with the number 0"):
        read_exposures((EXPOSURES + "taxi,KB4484,2021-12-09,2021-12-09,a\0b\n").encode())
