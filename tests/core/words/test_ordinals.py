"""An answer that is named by its place among those offered."""

from __future__ import annotations

import pytest

from core.words.ordinals import by_place


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("第三個", "3"),
        ("第一", "1"),
        ("第2項", "2"),
        ("第二個答案", "2"),
        ("二", "2"),
        ("the second one", "2"),
        ("first", "1"),
        ("3rd option", "3"),
        ("option 2", "2"),
        ("number two", "2"),
        ("no. 4", "4"),
        ("four", "4"),
    ],
)
def test_a_place_is_a_number(words: str, number: str) -> None:
    assert by_place(words) == number


@pytest.mark.parametrize(
    "words",
    ["2", "三月", "第三街", "the second of may", "one way", "option", "no", "第", "hkid", ""],
)
def test_other_words_stay_as_they_are(words: str) -> None:
    assert by_place(words) == words
