"""What an officer types of a document, and which codes were issued for it."""

from __future__ import annotations

from datetime import date

import pytest

from core.answer import Invalid
from core.credential import binding
from core.gate.document_in_hand import ERRORS, in_hand
from core.identity import DocumentType
from tests.core.words.test_mrz import CARD, PASSPORT

TODAY = date(2021, 12, 10)
HKID, CERTIFICATE, OTHER = (
    DocumentType.HKID,
    DocumentType.BIRTH_CERTIFICATE,
    DocumentType.PASSPORT,
)


@pytest.mark.parametrize(
    "typed",
    [
        "A123456(3)",
        "a1234563",
        "Ａ１２３４５６（３）",
        "A 123 456 3",
        "身份證號碼：A123456(3)",
        "A123456",
    ],
)
def test_an_identity_card_is_known_by_its_number(typed: str) -> None:
    document = in_hand(typed, TODAY)
    assert document.kind is HKID
    assert document.sure == ("3)" in typed or "３）" in typed)
    assert document.document(HKID) == ("0", "A1234563")
    assert document.document(CERTIFICATE) == ("1", "A1234563")
    assert set(document.numbers) == set(DocumentType)


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("TR1234568", "TR1234568"),
        ("k 01234567", "K01234567"),
        ("A1234564", "A1234564"),
        ("Passport No. 123456789", "123456789"),
    ],
)
def test_another_number_does_not_tell_its_kind(typed: str, number: str) -> None:
    document = in_hand(typed, TODAY)
    assert document.kind is None
    assert document.document(OTHER) == ("3", number)
    assert HKID not in document.numbers


@pytest.mark.parametrize(("zone", "number"), [(PASSPORT, "L898902C3"), (CARD, "D23145890")])
def test_a_machine_readable_zone_is_a_travel_document(zone: str, number: str) -> None:
    document = in_hand(zone, TODAY)
    assert document.kind is OTHER
    assert document.document(OTHER) == ("3", number)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("A123456(4)", "check_digit"),
        ("A12345(3)", "format"),
        ("А123456(3)", "not_latin"),
        ("12 monkeys", "characters"),
        ("1234", "length"),
        (PASSPORT.replace("C36", "C37"), "mrz"),
    ],
)
def test_what_is_wrong_is_told(typed: str, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        in_hand(typed, TODAY)
    assert caught.value.code == code
    assert code in ERRORS


def test_a_code_matches_the_document_of_its_kind_alone() -> None:
    document = in_hand("A123456(3)", TODAY)
    code_id = bytes(8)
    bound = binding(code_id, ("0", "A1234563"))
    assert document.matches(HKID, code_id, bound)
    assert not document.matches(CERTIFICATE, code_id, bound)
    assert not document.matches(HKID, bytes([1] * 8), bound)
    assert not in_hand("TR1234567", TODAY).matches(HKID, code_id, bound)


def test_its_numbers_do_not_stand_in_what_is_printed_of_it() -> None:
    assert "123456" not in repr(in_hand("A123456(3)", TODAY))
