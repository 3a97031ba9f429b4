"""Hong Kong mobile numbers."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.answer import Context, Found, Invalid
from core.contact import HongKongMobile, masked

CONTEXT = Context(date(2021, 12, 10), {})


@pytest.mark.parametrize(
    "text",
    [
        "91234567",
        "9123 4567",
        "9123-4567",
        "+85291234567",
        "+852 9123 4567",
        "(852) 9123-4567",
        "0085291234567",
        "852 9123 4567",
        "９１２３　４５６７",
        "＋８５２ ９１２３４５６７",
    ],
)
def test_a_mobile_number_is_understood_however_it_is_written(text: str) -> None:
    assert HongKongMobile.parse(text, CONTEXT) == "+85291234567"


@pytest.mark.parametrize("text", ["51234567", "61234567", "70123456", "84012345", "47012345"])
def test_every_first_digit_of_mobiles_is_taken(text: str) -> None:
    assert HongKongMobile.parse(text, CONTEXT) == f"+852{text}"


def test_a_number_that_is_not_allotted_yet_is_left_to_the_one_time_code() -> None:
    assert HongKongMobile.parse("71234567", CONTEXT) == "+85271234567"
    assert HongKongMobile.find("71234567", CONTEXT) is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "format"),
        ("hello", "format"),
        ("9123456", "format"),
        ("912345678", "format"),
        ("+8529123456", "format"),
        ("01234567", "format"),
        ("12345678", "format"),
        ("91234567;ext=12", "format"),
        ("91234567 x12", "format"),
        ("९१२३४५६७", "format"),
        ("21234567", "not_mobile"),
        ("31234567", "not_mobile"),
        ("58012345", "not_mobile"),
        ("81234567", "not_mobile"),
        ("82012345", "not_mobile"),
        ("+852 2123 4567", "not_mobile"),
        ("13800138000", "mainland"),
        ("+86 138 0013 8000", "mainland"),
        ("8613800138000", "mainland"),
        ("+8610123456", "mainland"),
        ("+853 6612 3456", "macao"),
        ("85366123456", "macao"),
        ("+44 7911 123456", "foreign"),
        ("+1 415 555 2671", "foreign"),
        ("001 415 555 2671", "foreign"),
    ],
)
def test_other_numbers_are_told_apart(text: str, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        HongKongMobile.parse(text, CONTEXT)
    assert caught.value.code == code
    assert code in HongKongMobile.errors


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("my phone is 9123 4567, thanks", "my phone is 9123 4567"),
        ("電話：９１２３４５６７", "電話：９１２３４５６７"),
        ("A123456(3) 1990-01-02 91234567", "91234567"),
        ("call +852 91234567.", "+852 91234567"),
        ("81234567 or 91234567", "91234567"),
        ("20000000 手機號碼是91234567", "手機號碼是91234567"),
    ],
)
def test_a_number_is_found_in_a_longer_text(text: str, span: str) -> None:
    found = HongKongMobile.find(text, CONTEXT)
    assert found is not None
    assert (found.value, text[found.start : found.end]) == ("+85291234567", span)


def test_of_several_numbers_the_first_is_taken_unless_one_was_asked_for() -> None:
    found = HongKongMobile.find("91234567, my wife's is 61234568", CONTEXT)
    assert found is not None
    assert found.value == "+85291234567"
    asked = Context(CONTEXT.today, {}, asked=True)
    assert HongKongMobile.find("91234567, my wife's is 61234568", asked) is None
    assert HongKongMobile.find("91234567, I said 9123 4567", asked) == Found(
        "+85291234567", 0, len("91234567")
    )


@pytest.mark.parametrize("text", ["G91234567", "20211210", "91234567-8", "+1 91234567", "hello"])
def test_what_might_be_something_else_is_not_found(text: str) -> None:
    assert HongKongMobile.find(text, CONTEXT) is None


def test_a_number_is_shown_and_masked() -> None:
    assert HongKongMobile.show("+85291234567", "en") == "+852 9123 4567"
    assert masked("+85291234567") == "9••• •567"


@given(st.text("0123456789+ -()852") | st.text())
def test_whatever_is_taken_is_canonical(text: str) -> None:
    HongKongMobile.find(text, CONTEXT)
    try:
        number = HongKongMobile.parse(text, CONTEXT)
    except Invalid as wrong:
        assert wrong.code in HongKongMobile.errors
        return
    assert number.startswith("+852")
    assert len(number) == 12
    assert HongKongMobile.parse(number, CONTEXT) == number
    assert HongKongMobile.parse(HongKongMobile.show(number, "en"), CONTEXT) == number


@pytest.mark.parametrize("text", ["91234567 / 61234567", "9123 4567、6123 4567"])
def test_of_two_numbers_he_is_asked_which(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        HongKongMobile.parse(text, CONTEXT)
    assert caught.value.code == "several_numbers"
