"""A letter as it is printed: one page, all its text to be found, no empty box."""

from __future__ import annotations

import io
from dataclasses import replace
from functools import cache

import pypdf
import pypdfium2
import pytest
from PIL import Image

from core.drawing.letter import GETA, Letter, draw, legible
from core.drawing.lettering import covers
from tests.clock import NOON

CODE = "HC7 K7MX 4XPA 9TWD"
SHORT = Letter(
    sender="香港健康碼",
    day="2021年12月10日",
    to=("WONG Mei", "王美", "Flat 1203, Block 5, Mei Lam Estate", "Sha Tin"),
    title="May this person look after your Health Code?",
    before=("Somebody asks to get your code.", "如果您同意，請把以下密碼告訴這個人："),
    code=CODE,
    after=("密碼只可用一次。", "Call 3142 2330."),
    language="zh-Hant-HK",
)
LONG = replace(
    SHORT,
    to=("WONG " + "Alexandrina " * 6, "歐陽" * 10, "新界沙田大圍美田路一號" * 18, "沙田區"),
    before=("If you agree, this person gets your code and keeps your details up to date. " * 4,),
    after=("如果您不同意，或不知道這是誰，請不要把密碼告訴任何人。" * 8,),
)
UNBROKEN = replace(SHORT, to=("W" * 80, "x1" * 100), before=("y" * 300,))


@cache
def printed(letter: Letter) -> bytes:
    """Return the file of a letter, made once."""
    return draw(letter, NOON)


def read(letter: Letter) -> str:
    """Return the text that a reader finds on its only page."""
    with pypdfium2.PdfDocument(printed(letter)) as document:
        assert len(document) == 1
        return str(document[0].get_textpage().get_text_range())


def look(letter: Letter) -> Image.Image:
    """Return the printed page, black on white, at 72 pixels an inch."""
    with pypdfium2.PdfDocument(printed(letter)) as document:
        image: Image.Image = document[0].render(scale=1).to_pil().convert("L")
    return image.point(lambda shade: 255 if shade < 128 else 0)


def said(letter: Letter) -> str:
    """Return all that a letter says, without spaces."""
    parts = (*letter.to, letter.title, *letter.before, letter.code, *letter.after)
    return "".join("".join(part.split()) for part in (letter.sender, letter.day, *parts))


@pytest.mark.parametrize("letter", [SHORT, LONG, UNBROKEN], ids=["short", "long", "unbroken"])
def test_all_of_it_is_on_one_page_inside_the_margin(letter: Letter) -> None:
    assert "".join(read(letter).split()) == said(letter)
    page = look(letter)
    assert page.size == (596, 842)
    left, top, right, bottom = page.getbbox()  # type: ignore[misc]
    assert left >= 55
    assert top >= 55
    assert right <= 596 - 55
    assert bottom <= 842 - 55


@pytest.mark.parametrize("letter", [SHORT, LONG], ids=["short", "long"])
def test_the_code_is_one_line_of_large_groups(letter: Letter) -> None:
    lines = read(letter).splitlines()
    assert [line.split() for line in lines if line.startswith("HC7")] == [CODE.split()]


def test_the_type_is_as_large_as_the_page_allows() -> None:
    """What is said in few words stands in larger type than what is said in many."""

    def height(letter: Letter) -> float:
        with pypdfium2.PdfDocument(printed(letter)) as document:
            text = document[0].get_textpage()
            at = text.get_text_range().index(letter.title[:3])
            _, bottom, _, top = text.get_charbox(at, loose=True)
        return float(top - bottom)

    assert height(SHORT) > height(LONG)


def test_the_fonts_are_in_the_file_as_a_subset() -> None:
    data = printed(SHORT)
    assert len(data) < 100_000
    page = pypdf.PdfReader(io.BytesIO(data)).pages[0]
    fonts = [font.get_object() for font in page["/Resources"]["/Font"].values()]  # type: ignore[index]
    assert len(fonts) == 2
    for font in fonts:
        descendant = font["/DescendantFonts"][0].get_object()
        assert "/FontFile3" in descendant["/FontDescriptor"].get_object()
        assert len(font["/BaseFont"].partition("+")[0]) == len("/ABCDEF")


def test_no_line_begins_with_a_sign_that_ends_a_sentence() -> None:
    for line in read(LONG).splitlines():
        assert line[0] not in "，。：", line


def test_a_letter_that_the_typeface_lacks_is_a_sign_of_the_printers() -> None:
    assert legible("美\ue000邨🙂1號") == f"美{GETA}邨{GETA}1號"
    assert legible("𨋢 Flat 3") == "𨋢 Flat 3"
    assert covers(GETA)
    letter = replace(SHORT, to=("WONG Mei", legible("美\ue000邨")))
    assert f"美{GETA}邨" in read(letter)


@pytest.mark.no_cover
def test_the_same_letter_is_the_same_file() -> None:
    assert draw(SHORT, NOON) == printed(SHORT)
