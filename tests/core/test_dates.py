"""The days that are asked for."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from core.answer import Context, Invalid, Kind
from core.dates import (
    ArrivalDate,
    BirthDate,
    DischargeDate,
    IssueDate,
    LastNight,
    ProofDate,
    months_before,
)

TODAY = date(2021, 12, 10)
CONTEXT = Context(TODAY, {})
KINDS: list[type[Kind]] = [BirthDate, IssueDate, LastNight, ArrivalDate, DischargeDate, ProofDate]


def refused(kind: type[Kind], text: str, context: Context = CONTEXT) -> Invalid:
    with pytest.raises(Invalid) as caught:
        kind.parse(text, context)
    assert caught.value.code in kind.errors
    return caught.value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (BirthDate, "10/12/2021"),
        (BirthDate, "10/12/1901"),
        (BirthDate, "29/2/2020"),
        (IssueDate, "1/1/1949"),
        (IssueDate, "today"),
        (LastNight, "today"),
        (LastNight, "yesterday"),
        (LastNight, "8/6/2022"),
        (ArrivalDate, "today"),
        (ArrivalDate, "20/11/2021"),
        (DischargeDate, "27/11/2021"),
        (ProofDate, "10/9/2021"),
        (ProofDate, "today"),
    ],
)
def test_the_first_and_the_last_day_are_taken(kind: type[Kind], text: str) -> None:
    assert date.fromisoformat(kind.parse(text, CONTEXT)) <= date(2022, 6, 8)


@pytest.mark.parametrize(
    ("kind", "text", "code", "params"),
    [
        (BirthDate, "11/12/2021", "future", {}),
        (BirthDate, "9/12/1901", "too_old", {"years": 120}),
        (IssueDate, "11/12/2021", "future", {}),
        (IssueDate, "31/12/1948", "too_early", {"year": 1949}),
        (LastNight, "8/12/2021", "past", {}),
        (LastNight, "9/6/2022", "too_far", {"latest": date(2022, 6, 8)}),
        (ArrivalDate, "11/12/2021", "future", {}),
        (ArrivalDate, "19/11/2021", "not_recent", {"earliest": date(2021, 11, 20)}),
        (DischargeDate, "26/11/2021", "not_recent", {"earliest": date(2021, 11, 27)}),
        (DischargeDate, "11/12/2021", "future", {}),
        (ProofDate, "11/12/2021", "future", {}),
        (ProofDate, "9/9/2021", "too_old", {"earliest": date(2021, 9, 10)}),
        (BirthDate, "9/9/21", "two_digit_year", {}),
        (BirthDate, "9 September", "no_year", {}),
        (IssueDate, "9 September", "no_year", {}),
        (LastNight, "8 December", "past", {}),
        (LastNight, "9月6日", "too_far", {"latest": date(2022, 6, 8)}),
        (ArrivalDate, "11/12", "future", {}),
        (ArrivalDate, "19 Nov", "not_recent", {"earliest": date(2021, 11, 20)}),
        (ProofDate, "15 March", "too_old", {"earliest": date(2021, 9, 10)}),
        (ProofDate, "29/2", "no_such_day", {}),
    ],
)
def test_the_day_beyond_is_refused(
    kind: type[Kind], text: str, code: str, params: dict[str, object]
) -> None:
    wrong = refused(kind, text)
    assert (wrong.code, wrong.params) == (code, params)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2 Jan 1958, but my card says 3 Jan", "several_days"),
        ("1958年1月2號，但身份證寫1月3號", "several_days"),
        ("1958年1月2号或者3号", "several_days"),
        ("the 2nd or 3rd of Jan 1958", "several_days"),
        ("1958", "no_day"),
        ("born 1958", "no_day"),
    ],
)
def test_a_birthday_that_is_not_certain_is_asked_for_again(text: str, code: str) -> None:
    assert refused(BirthDate, text).code == code
    assert BirthDate.find(text, replace(CONTEXT, asked=True)) is None


def test_two_digits_of_a_year_are_those_of_the_card_only_where_a_card_is_used() -> None:
    assert IssueDate.parse("03-05-01", CONTEXT) == "2001-05-03"
    passport = Context(TODAY, {"document": "passport"})
    assert refused(IssueDate, "03-05-01", passport).code == "two_digit_year"
    assert IssueDate.parse("03年5月1日", passport) == "2003-05-01"


def test_a_document_is_not_as_old_as_its_holder() -> None:
    born = {"born_on": "2000-01-02"}
    assert IssueDate.parse("3/1/2000", Context(TODAY, born)) == "2000-01-03"
    for text in ("1/1/2000", "2/1/2000"):
        wrong = refused(IssueDate, text, Context(TODAY, born))
        assert (wrong.code, wrong.params) == ("before_birth", {"born": date(2000, 1, 2)})
    issued = {"issued_on": "2000-01-02"}
    assert BirthDate.parse("1/1/2000", Context(TODAY, issued)) == "2000-01-01"
    for text in ("2/1/2000", "3/1/2000"):
        wrong = refused(BirthDate, text, Context(TODAY, issued))
        assert (wrong.code, wrong.params) == ("after_issue", {"issued": date(2000, 1, 2)})


def test_a_birth_may_be_registered_on_its_day() -> None:
    certificate = {"document": "birth_certificate"}
    born = Context(TODAY, {**certificate, "born_on": "2020-01-02"})
    assert IssueDate.parse("2/1/2020", born) == "2020-01-02"
    assert refused(IssueDate, "1/1/2020", born).code == "before_birth"
    issued = Context(TODAY, {**certificate, "issued_on": "2020-01-02"})
    assert BirthDate.parse("2/1/2020", issued) == "2020-01-02"


def test_a_date_of_issue_is_found_as_a_card_shows_it() -> None:
    card = "Date of Birth 02-01-1958 M ***AZ Date of issue (06-96) 15-03-19"
    found = IssueDate.find(card, CONTEXT)
    assert found is not None
    assert found.value == "2019-03-15"
    found = IssueDate.find("出生日期：2-1-58 簽發日期：15-03-19", CONTEXT)
    assert found is not None
    assert found.value == "2019-03-15"
    assert IssueDate.find("出生日期：15-03-19", CONTEXT) is None
    assert BirthDate.find("出生日期：15-03-19", CONTEXT) is None


@pytest.mark.parametrize("text", ["06-96", "(06-96)", "6/1996"])
def test_the_month_in_brackets_is_no_day(text: str) -> None:
    assert refused(IssueDate, text).code == "no_day"


@pytest.mark.parametrize("kind", KINDS)
def test_days_are_shown_in_the_language(kind: type[Kind]) -> None:
    assert kind.show("2021-12-01", "en") == "1 December 2021"
    assert kind.show("2021-12-01", "zh_Hant_HK") == "2021年12月1日"
    assert kind.show("2021-12-01", "zh_Hans") == "2021年12月1日"


@pytest.mark.parametrize(
    ("day", "months", "before"),
    [
        (date(2021, 12, 10), 3, date(2021, 9, 10)),
        (date(2021, 5, 31), 3, date(2021, 2, 28)),
        (date(2024, 2, 29), 12, date(2023, 2, 28)),
        (date(2021, 1, 15), 1, date(2020, 12, 15)),
    ],
)
def test_months_back_end_with_the_month(day: date, months: int, before: date) -> None:
    assert months_before(day, months) == before


@pytest.mark.parametrize(
    ("text", "birth", "issue"),
    [
        ("born 2010-01-02, issued 2018-05-06", "born 2010-01-02", "issued 2018-05-06"),
        (
            "DOB: 2/1/1990; date of issue is 6 May 2018",
            "DOB: 2/1/1990",
            "date of issue is 6 May 2018",
        ),
        ("1990年1月2日出生，2018年5月6日簽發", "1990年1月2日出生", "2018年5月6日簽發"),
        (
            "出生日期1990年1月2日签发日期2018年5月6日",
            "出生日期1990年1月2日",
            "签发日期2018年5月6日",
        ),
        ("出生：１９９０-１-２ 簽發：2018-05-06", "出生：１９９０-１-２", "簽發：2018-05-06"),
        ("A123456(3) CHAN Tai Man 1990-01-02", "1990-01-02", None),
        ("born in Macao in the year of the 1990-01-02", "1990-01-02", None),
        ("I wrote on 2018-05-06", None, None),
        ("1990-01-02 and 1991-01-02", None, None),
        ("arrived 1990-01-02", None, None),
        ("born 2050-01-01", None, None),
        ("lived 1800-01-01", None, None),
    ],
)
def test_dates_are_told_apart_by_their_labels(
    text: str, birth: str | None, issue: str | None
) -> None:
    for kind, span in ((BirthDate, birth), (IssueDate, issue)):
        found = kind.find(text, CONTEXT)
        assert (found and text[found.start : found.end]) == span
        if found:
            assert kind.parse(found.value, CONTEXT) == found.value


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (LastNight, "check-out on 12/12/2021", "2021-12-11"),
        (LastNight, "last night before check-out: 12/12/2021", "2021-12-12"),
        (LastNight, "Room 1203, leaving on 14/12/2021", "2021-12-13"),
        (LastNight, "住到2021年12月12日", "2021-12-12"),
        (ArrivalDate, "I arrived on 1/12/2021", "2021-12-01"),
        (ArrivalDate, "抵港 2021-12-01", "2021-12-01"),
        (DischargeDate, "2021年12月1日出院", "2021-12-01"),
    ],
)
def test_other_days_are_found_by_their_labels(kind: type[Kind], text: str, value: str) -> None:
    found = kind.find(text, CONTEXT)
    assert found is not None
    assert found.value == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("I leave on the 24th", "2021-12-23"),
        ("checking out 24 Dec", "2021-12-23"),
        ("My flight is on 24 December", "2021-12-23"),
        ("until 24 Dec, in the morning", "2021-12-24"),
        ("until the morning of 24 Dec", "2021-12-23"),
        ("until 24 Dec", "2021-12-24"),
        ("the night of 24 Dec, then I leave", "2021-12-24"),
        ("24號走", "2021-12-23"),
        ("12月24日退房", "2021-12-23"),
        ("住到24號", "2021-12-24"),
        ("最後一晚係23號，24號走", None),
        ("24号离开", "2021-12-23"),
        ("I leave today", "2021-12-09"),
        ("I check out on 9 Dec", None),
    ],
)
def test_who_tells_when_he_leaves_had_his_last_night_before(text: str, value: str | None) -> None:
    found = LastNight.find(text, replace(CONTEXT, asked=True))
    assert (found and found.value) == value


def test_a_proof_is_never_found() -> None:
    assert ProofDate.find("issued 2021-12-01", CONTEXT) is None


def test_what_is_no_day_is_not_reckoned_from_today() -> None:
    context = Context(today=date(2021, 12, 10), answers={})
    assert not LastNight.is_reckoned("soon", context)
    assert LastNight.is_reckoned("tomorrow", context)
