"""Documents and their numbers."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.answer import Context, Invalid
from core.identity import (
    DocumentNumber,
    DocumentType,
    as_on_card,
    check_character,
    normalise,
    tail,
)

TODAY = date(2021, 12, 10)
HKID = Context(TODAY, {"document": "hkid"})
PASSPORT = Context(TODAY, {"document": "passport"})


def refused(text: str, context: Context = HKID) -> Invalid:
    with pytest.raises(Invalid) as caught:
        DocumentNumber.parse(text, context)
    assert caught.value.code in DocumentNumber.errors
    return caught.value


def test_the_codes_are_those_of_the_health_codes_login() -> None:
    assert "".join(kind.code for kind in DocumentType) == "01345AB"


@pytest.mark.parametrize(
    ("body", "check"),
    [
        ("A123456", "3"),
        ("C668668", "9"),
        ("P103265", "1"),
        ("Z683365", "A"),
        ("A555555", "0"),
        ("L555555", "0"),
        ("AB987654", "3"),
        ("WX123456", "9"),
        ("AY987654", "6"),
        ("G123456", "A"),
        ("E364912", "5"),
        ("D288754", "2"),
    ],
)
def test_only_the_right_check_character_is_taken(body: str, check: str) -> None:
    assert check_character(body) == check
    assert DocumentNumber.parse(f"{body}({check})", HKID) == f"{body}({check})"
    for other in set("0123456789A") - {check}:
        assert refused(f"{body}({other})").code == "check_digit"


@pytest.mark.parametrize(
    "text",
    [
        "a123456(3)",
        "Ａ１２３４５６（３）",
        " A 123 456 (3) ",
        "A1234563",
        "A123456 3",
        "A123456-3",
        "A123456(3",
        "A123456【3】",
        "ａ１２３４５６３",
    ],
)
def test_an_hkid_is_understood_however_it_is_written(text: str) -> None:
    assert DocumentNumber.parse(text, HKID) == "A123456(3)"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("А123456(3)", "not_latin"),
        ("Α123456(3)", "not_latin"),
        ("ı123456(3)", "not_latin"),
        ("A123456", "no_check_digit"),
        ("AB987654", "no_check_digit"),
        ("A123456()", "no_check_digit"),
        ("A12345(3)", "format"),
        ("A1234567(3)", "format"),
        ("ABC123456(3)", "format"),
        ("1234567(3)", "format"),
        ("A١٢٣٤٥٦(3)", "format"),
        ("陳大文", "format"),
        ("", "format"),
    ],
)
def test_what_is_wrong_with_an_hkid_is_told_apart(text: str, code: str) -> None:
    assert refused(text).code == code
    assert refused(text, Context(TODAY, {"document": "birth_certificate"})).code == code


@pytest.mark.parametrize("text", ["AB9876543", "ab 987654 3", "ＡＢ９８７６５４３", "AB987654(3)"])
def test_two_letters_are_believed_of_who_says_that_it_is_an_identity_card(text: str) -> None:
    assert DocumentNumber.parse(text, HKID) == "AB987654(3)"
    unsaid = Context(TODAY, {})
    if text.endswith(")"):
        assert DocumentNumber.parse(text, unsaid) == "AB987654(3)"
    else:
        with pytest.raises(Invalid) as caught:
            DocumentNumber.parse(text, unsaid)
        assert caught.value.code == "other_document"


@pytest.mark.parametrize("body", ["WX123456", "XA123456", "AX123456", "AB987654"])
def test_without_brackets_two_letters_are_a_cards_where_they_begin_as_cards_do(body: str) -> None:
    text = f"{body}{check_character(body)}"
    unsaid = Context(TODAY, {})
    found = DocumentNumber.find(text, unsaid)
    if body[0] in "WX":
        assert DocumentNumber.parse(text, unsaid) == f"{body}({check_character(body)})"
        assert found is not None
        assert found.value == f"{body}({check_character(body)})"
    else:
        assert refused(text, unsaid).code == "other_document"
        assert found is None


def test_without_a_kind_of_document_it_is_an_hkid() -> None:
    assert DocumentNumber.parse("a1234563", Context(TODAY, {})) == "A123456(3)"


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("k12345678", "K12345678"),
        ("Passport No.: K1234567", "K1234567"),
        ("護照號碼 AB 123 456", "AB123456"),
        ("C 1234-5678", "C12345678"),
        ("Ｈ１２３４５６７８", "H12345678"),
    ],
)
def test_other_documents_follow_soft_rules(text: str, canonical: str) -> None:
    assert DocumentNumber.parse(text, PASSPORT) == canonical


def test_other_documents_must_be_letters_and_digits_of_some_length() -> None:
    assert refused("K12345678!", PASSPORT).code == "characters"
    assert refused("護12345", PASSPORT).code == "characters"
    assert refused("hello", PASSPORT).code == "characters"
    assert refused("K1234567 CHAN Tai Man", PASSPORT).code == "characters"
    assert refused("", PASSPORT).code == "characters"
    assert refused("К12345678", PASSPORT).code == "not_latin"
    for text in ("K123", "1" * 21):
        wrong = refused(text, PASSPORT)
        assert (wrong.code, wrong.params) == ("length", {"least": 5, "most": 20})


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("My HKID is a123456(3), thanks", "HKID is a123456(3)"),
        ("身份證號碼：Ａ１２３４５６（３）", "身份證號碼：Ａ１２３４５６（３）"),
        ("A123456(3) CHAN Tai Man 1990-01-02", "A123456(3)"),
        ("ID card no. A1234563 and so on", "ID card no. A1234563"),
        ("A123456(4) no, A123456(3)", "A123456(3)"),
    ],
)
def test_an_hkid_is_found_in_a_longer_text(text: str, span: str) -> None:
    found = DocumentNumber.find(text, HKID)
    assert found is not None
    assert (found.value, text[found.start : found.end]) == ("A123456(3)", span)


def test_what_might_be_something_else_is_not_found() -> None:
    assert DocumentNumber.find("A123456(4)", HKID) is None
    assert DocumentNumber.find("my passport is A1234563", HKID) is None
    assert DocumentNumber.find("XXA123456(3)", HKID) is None
    assert DocumentNumber.find("A123456(3)", PASSPORT) is None


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("UK passport 123456789, issued 2019", "123456789"),
        ("passport no. K1234567", "K1234567"),
        ("my passport number is: k1234567", "K1234567"),
        ("护照号码：E12345678", "E12345678"),
        ("雙程證號碼係C12345678", "C12345678"),
        ("BN(O) 123456789", "123456789"),
        ("our passports; my passport K1234567", "K1234567"),
        ("K1234567", "K1234567"),
        ("EG1234567", "EG1234567"),
        ("k12345678", "K12345678"),
    ],
)
def test_the_number_of_another_document_is_found_by_its_name_and_alone(
    text: str, number: str
) -> None:
    found = DocumentNumber.find(text, PASSPORT)
    assert found is not None
    assert (found.value, text[found.start : found.end].upper()) == (number, number)


@pytest.mark.parametrize(
    "text",
    [
        "A1234563",
        "AB9876543",
        "K12345",
        "91234567",
        "K1234567 and more",
        "passport 15-03-2019",
        "護照2019年3月15日簽發",
        "passport; 9123 4567",
        "passport",
    ],
)
def test_what_is_not_called_a_number_of_a_document_is_not_found(text: str) -> None:
    assert DocumentNumber.find(text, PASSPORT) is None


def test_of_who_registers_a_child_by_its_certificate_his_own_number_is_not_taken() -> None:
    certificate = Context(TODAY, {"document": DocumentType.BIRTH_CERTIFICATE})
    found = DocumentNumber.find("my HKID is A123456(3), hers S123456(2)", certificate)
    assert found is not None
    assert found.value == "S123456(2)"
    assert DocumentNumber.find("我身份證 A123456(3)", certificate) is None


def test_a_number_is_normalised_for_indexes_and_bindings() -> None:
    assert normalise(DocumentType.HKID, "A123456(3)") == "A1234563"
    assert normalise(DocumentType.HKID, "ａ 123456") == "A1234563"
    assert normalise(DocumentType.HKID, "?") == ""
    assert normalise(DocumentType.PASSPORT, "k-1234 5678") == "K12345678"
    assert normalise(DocumentType.PASSPORT, "A123456") == "A123456"


def test_one_persons_number_is_one_on_card_certificate_and_receipt() -> None:
    card, receipt = DocumentType.HKID, DocumentType.ACKNOWLEDGEMENT
    for kind in (card, receipt, DocumentType.BIRTH_CERTIFICATE):
        assert as_on_card(kind, "A1234563") is card
    # Another number than a card's, a wrong check character, another document.
    assert as_on_card(receipt, "12345678") is receipt
    assert as_on_card(receipt, "A1234564") is receipt
    assert as_on_card(DocumentType.PASSPORT, "A1234563") is DocumentType.PASSPORT


def test_the_card_shows_the_end_alone() -> None:
    assert tail("A123456(3)") == "456(3)"
    assert tail("K12345678") == "5678"
    assert tail("12345") == "45"
    assert DocumentNumber.show("A123456(3)", "en") == "A123456(3)"


@given(st.text(), st.sampled_from(DocumentType))
def test_whatever_is_taken_is_canonical(text: str, document: DocumentType) -> None:
    context = Context(TODAY, {"document": document})
    DocumentNumber.find(text, context)
    try:
        number = DocumentNumber.parse(text, context)
    except Invalid as wrong:
        assert wrong.code in DocumentNumber.errors
        return
    assert number.isascii()
    assert DocumentNumber.parse(number, context) == number


@given(st.from_regex(r"\A[A-Z]{1,2}[0-9]{6}\Z"))
def test_an_hkid_with_its_check_character_is_always_taken(body: str) -> None:
    number = f"{body}({check_character(body)})"
    assert DocumentNumber.parse(number, HKID) == number
    assert normalise(DocumentType.HKID, body) == normalise(DocumentType.HKID, number)


@pytest.mark.parametrize(
    "text",
    [
        "我張身份證係 A 一二三四五六 括弧三",
        "我個號碼係 a 一二三 四五六 括號三",
        "A123456(3",
        "A123456 括號3 陳大文",
        "陳大文 A123456 (3",
    ],
)
def test_a_number_is_found_as_it_is_said(text: str) -> None:
    found = DocumentNumber.find(text, Context(date(2021, 12, 10), {}))
    assert found is not None
    assert found.value == "A123456(3)"


@pytest.mark.parametrize("text", ["A123456(4", "A123456(3B", "A123456 括號", "A123456   3"])
def test_what_is_said_amiss_is_no_number(text: str) -> None:
    assert DocumentNumber.find(text, Context(date(2021, 12, 10), {})) is None
