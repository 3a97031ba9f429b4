"""Which characters may stand in an answer."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.answer import Invalid
from core.words.characters import is_han, is_latin, narrow, seen, tidy


def test_full_width_is_folded_one_to_one() -> None:
    assert narrow("Ａ１２（３）　！陳") == "A12(3) !陳"


@given(st.text())
def test_positions_stay(text: str) -> None:
    assert len(narrow(text)) == len(text)


@pytest.mark.parametrize(
    "character",
    ["\u200b", "\u202e", "\u00ad", "\U000e0041", "\x00", "\ud800", "\u0378", "\ufeff"],
)
def test_what_nobody_sees_is_refused(character: str) -> None:
    with pytest.raises(Invalid) as caught:
        tidy(f"陳{character}大文")
    assert caught.value.code == "hidden"


@given(st.text())
def test_what_is_dropped_is_nothing_but_format_characters(text: str) -> None:
    kept = seen(text)
    assert [c for c in text if unicodedata.category(c) != "Cf"] == [
        c for c in kept if unicodedata.category(c) != "Cf"
    ]
    assert seen(kept) == kept
    assert seen("A123456\u200e(3)\ufeff") == "A123456(3)"


@pytest.mark.parametrize("character", ["\ue000", "\U000f0000"])
def test_private_characters_are_refused(character: str) -> None:
    with pytest.raises(Invalid) as caught:
        tidy(f"陳{character}")
    assert caught.value.code == "private_use"


def test_white_space_becomes_single_spaces() -> None:
    assert tidy("  陳　大\t\n文 ") == "陳 大 文"


@given(st.text(st.characters(exclude_categories=[])))
def test_tidy_never_lets_a_forbidden_category_through(text: str) -> None:
    try:
        tidied = tidy(text)
    except Invalid:
        return
    assert not {unicodedata.category(c) for c in tidied} & {"Cc", "Cf", "Co", "Cs", "Cn"}
    assert tidy(tidied) == tidied


def test_scripts_are_told_apart() -> None:
    assert all(map(is_han, "陳𠮟\uf9d1\ufa0c〇々"))
    assert not any(map(is_han, "Aあ1·"))
    assert all(map(is_latin, "aÉß"))
    assert not any(map(is_latin, "А陳1-"))
