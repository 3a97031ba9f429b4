from __future__ import annotations

import pytest

from core.drawing.lettering import Weight, covers, fitted, font


@pytest.mark.parametrize(
    "text",
    ["陳大文", "歐陽", "国", "C*** T**", "Á é ü ñ", "𨋢", "𠮟", "\U00020b9f", "1:59（香港）", ""],
)
def test_letters_that_can_be_written(text: str) -> None:
    assert covers(text)


@pytest.mark.parametrize("text", ["\ue000", "陳\ue123文", "🙂", "\U0010ffff", "ก"])
def test_letters_that_would_be_an_empty_box(text: str) -> None:
    assert not covers(text)


def test_a_text_takes_the_largest_size_that_fits() -> None:
    text, face = fitted("CHAN", Weight.BOLD, (40, 20), 1000)
    assert (text, face.size) == ("CHAN", 40)
    text, face = fitted("CHAN", Weight.BOLD, (40, 20), 60)
    assert (text, face.size) == ("CHAN", 20)


@pytest.mark.parametrize("width", [30, 100, 300])
def test_a_text_too_long_for_any_size_ends_in_an_ellipsis(width: int) -> None:
    whole = "W" * 100
    text, face = fitted(whole, Weight.REGULAR, (40, 20), width)
    assert text.endswith("…")
    assert whole.startswith(text[:-1])
    assert face.getlength(text) <= width < face.getlength("W" + text)


def test_the_weights_are_two_typefaces() -> None:
    names = {font(weight, 20).getname() for weight in Weight}
    assert len(names) == 2
    assert all(family is not None and "Noto Sans CJK" in family for family, _ in names)
