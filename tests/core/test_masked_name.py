from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.masked_name import CLAIM_BYTES, masked_name


@pytest.mark.parametrize(
    ("english", "chinese", "lines"),
    [
        ("CHAN TAI MAN", "陳大文", ["C*** T** M**", "陳*文"]),
        ("CHAN, Tai-man", "", ["C*** T** m**"]),
        ("O'BRIEN  Seán", "", ["O* B**** S***"]),
        ("", "陳文", ["陳*"]),
        ("A", "陳", ["A*", "陳*"]),
        ("RAJU A/L MUTHU", "", ["R*** A** M****"]),
        ("TAN AH KOW @ CHEN", "", ["T** A* K** C***"]),
        ("AU YEUNG", "歐陽大文", ["A* Y****", "歐**文"]),
        ("DILRABA", "迪丽热巴·迪力木拉提", ["D******", "迪*** 迪****"]),
        ("", "𠮟大文", ["𠮟*文"]),
        ("", "", []),
        (" - ", "·", []),
    ],
)
def test_first_letters_stay_and_the_rest_are_stars(
    english: str, chinese: str, lines: list[str]
) -> None:
    assert masked_name(english, chinese).lines == lines


@pytest.mark.parametrize(
    ("english", "chinese", "claim"),
    [
        ("CHAN TAI MAN", "陳大文", "C*** T** M**"),
        ("WONG SIU MING", "", "W* S* M*"),
        ("ANA BEATRIZ DA COSTA SILVA", "", "A* B* D* C*"),
        ("", "歐陽大文", "歐**文"),
        ("", "迪丽热巴·迪力木拉提", "迪* 迪*"),
        ("", "", ""),
    ],
)
def test_the_claim_is_the_first_script_shortened(english: str, chinese: str, claim: str) -> None:
    assert masked_name(english, chinese).claim == claim


@given(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8")))
def test_no_name_stands_whole_and_every_claim_fits(english: str, chinese: str) -> None:
    name = masked_name(english, chinese)
    assert len(name.claim.encode()) <= CLAIM_BYTES
    assert unicodedata.is_normalized("NFC", name.claim.replace("*", " "))
    for line, whole in ((name.english, english), (name.chinese, chinese)):
        assert not line or line != whole or "*" in whole
        assert all("*" in part for part in line.split())
