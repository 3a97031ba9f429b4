"""A letter with a code, as a page to be printed: A4, in large type, the text to be found in it.

The size of the type is the largest at which all stands on one page.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import uharfbuzz
from fpdf import FPDF

from core.drawing.lettering import Weight, covers, typeface

WIDTH, HEIGHT, MARGIN = 210.0, 297.0, 22.0
"""Millimetres of A4, and of its margin."""

COLUMN = WIDTH - 2 * MARGIN
ADDRESS_TOP, ADDRESS_WIDTH, ADDRESS_HEIGHT = 46.0, 100.0, 44.0
"""The window of an envelope for a page folded twice (DL, window at the left)."""

BODY_TOP = 98.0
POINT = 25.4 / 72
LEADING = 1.42
"""Distance of lines, in sizes of type."""

BODY_SIZES = (21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10)
ADDRESS_SIZES = (15, 14, 13, 12, 11, 10, 9)
CODE_SIZES = (44, 40, 36, 32)
FAMILY = "NotoSansCJK"

GETA = "〓"
"""What printers set where they lack a letter."""

_PIECES = re.compile(
    r"\s+"
    r"|[「『（《【]*[⺀-\U0003ffff][，。、：；！？」』）》】…]*"  # no line begins with these
    r"|[^\s⺀-\U0003ffff]+"
)


@dataclass(frozen=True)
class Letter:
    """What a letter says, in words.

    `to` are the lines of the address, the name first; `before` and `after` the paragraphs around
    the code; `language` a BCP 47 tag.
    """

    sender: str
    day: str
    to: Sequence[str]
    title: str
    before: Sequence[str]
    code: str
    after: Sequence[str]
    language: str


def legible(text: str) -> str:
    """Return a text with a sign for each letter that the typeface lacks."""
    return "".join(letter if covers(letter) else GETA for letter in text)


def draw(letter: Letter, made_at: datetime) -> bytes:
    """Return the letter as a PDF of one page."""
    pdf = FPDF(format="A4")
    pdf.set_auto_page_break(False)
    pdf.set_creation_date(made_at)
    pdf.set_title(letter.title)
    pdf.set_lang(letter.language)
    letters = _letters(letter)
    # The files of the typefaces are read to the end only when the page is put out.
    with TemporaryDirectory() as folder:
        for style, weight in (("", Weight.REGULAR), ("B", Weight.BOLD)):
            file = Path(folder) / f"{weight}.otf"
            file.write_bytes(_subset(weight, letters))
            pdf.add_font(FAMILY, style, file)
        pdf.add_page()
        page = _Page(pdf)
        page.write(letter.sender, "B", 13, MARGIN)
        pdf.set_font(FAMILY, "", 13)
        pdf.text(WIDTH - MARGIN - pdf.get_string_width(letter.day), MARGIN + 13 * POINT, letter.day)
        _write_address(page, letter.to)
        _write_body(page, letter)
        return bytes(pdf.output())


def _letters(letter: Letter) -> set[str]:
    """Return every letter that is written."""
    texts = (*letter.to, *letter.before, *letter.after)
    return set("".join((letter.sender, letter.day, letter.title, letter.code, " ", *texts)))


def _subset(weight: Weight, letters: set[str]) -> bytes:
    """Return the typeface (OpenType) with these letters alone: to read all 65,000 takes a second.

    What it lacks of them is left out.
    """
    wanted = uharfbuzz.SubsetInput()
    wanted.unicode_set.update(map(ord, letters))
    whole = uharfbuzz.Face(uharfbuzz.Blob.from_file_path(typeface(weight)))
    return bytes(uharfbuzz.subset(whole, wanted).blob.data)


def _write_address(page: _Page, to: Sequence[str]) -> None:
    size = next(
        (s for s in ADDRESS_SIZES if page.height(to, "", s, ADDRESS_WIDTH, 0) <= ADDRESS_HEIGHT),
        ADDRESS_SIZES[-1],
    )
    top = ADDRESS_TOP
    for line in to:
        top = page.write(line, "", size, top, ADDRESS_WIDTH)


def _write_body(page: _Page, letter: Letter) -> None:
    code = letter.code.replace(" ", "  ")
    code_size = next(s for s in CODE_SIZES if page.width(code, "B", s) <= COLUMN - 12)
    box = code_size * POINT * 1.7

    def end(size: int) -> float:
        words = page.height([letter.title], "B", size + 4, COLUMN, size)
        words += page.height([*letter.before, *letter.after], "", size, COLUMN, size)
        return BODY_TOP + words + box + size * POINT

    size = next((s for s in BODY_SIZES if end(s) <= HEIGHT - MARGIN), BODY_SIZES[-1])
    gap = page.gap(size)
    top = page.write(letter.title, "B", size + 4, BODY_TOP) + gap
    for paragraph in letter.before:
        top = page.write(paragraph, "", size, top) + gap
    page.pdf.set_line_width(0.8)
    page.pdf.rect(MARGIN, top, COLUMN, box)
    left = MARGIN + (COLUMN - page.width(code, "B", code_size)) / 2
    page.write(code, "B", code_size, top + (box - code_size * POINT * LEADING) / 2, left=left)
    top += box + size * POINT
    for paragraph in letter.after:
        top = page.write(paragraph, "", size, top) + gap


class _Page:
    """A page, written on from the top down. Lengths are in millimetres, sizes in points."""

    def __init__(self, pdf: FPDF) -> None:
        self.pdf = pdf

    def gap(self, size: int) -> float:
        """Return the distance between two paragraphs."""
        return size * POINT * 0.7

    def width(self, text: str, style: str, size: int) -> float:
        """Return how wide a text is in one line."""
        self.pdf.set_font(FAMILY, style, size)
        return float(self.pdf.get_string_width(text))

    def height(self, texts: Sequence[str], style: str, size: int, width: float, gap: int) -> float:
        """Return how high paragraphs are, each with a gap of that size after it."""
        lines = sum(len(self.lines(text, style, size, width)) for text in texts)
        return lines * size * POINT * LEADING + len(texts) * self.gap(gap)

    def lines(self, text: str, style: str, size: int, width: float) -> list[str]:
        """Break a text into lines: between words, and between any two Chinese characters."""
        lines = [""]
        for piece in _PIECES.findall(text):
            if self.width((lines[-1] + piece).rstrip(), style, size) <= width:
                lines[-1] += piece
                continue
            lines.append("")
            # A word that is wider than a line is broken anywhere.
            for letter in piece.lstrip():
                if self.width(lines[-1] + letter, style, size) > width:
                    lines.append("")
                lines[-1] += letter
        return [line.strip() for line in lines if line.strip()]

    def write(
        self,
        text: str,
        style: str,
        size: int,
        top: float,
        width: float = COLUMN,
        left: float = MARGIN,
    ) -> float:
        """Write a paragraph below `top`; return where it ends."""
        for line in self.lines(text, style, size, width):
            self.pdf.set_font(FAMILY, style, size)
            self.pdf.text(left, top + size * POINT * 1.1, line)
            top += size * POINT * LEADING
        return top
