"""Letters for pictures: Noto Sans CJK, which travels with the program, and what it can write."""

from __future__ import annotations

from bisect import bisect_right
from enum import StrEnum
from functools import cache, lru_cache
from importlib.resources import files
from math import ceil

from PIL import ImageFont

ABSENT = "\U0010ffff"
"""A code point that no font has: it is drawn as the empty box of a missing letter."""

PROBE = 24
"""Size in pixels at which letters are compared with that box."""


class Weight(StrEnum):
    """A weight of the typeface, by the package that carries it."""

    REGULAR = "cvttf_NotoSansCJK_Regular"
    BOLD = "cvttf_NotoSansCJK_Bold"


@cache
def typeface(weight: Weight) -> str:
    """Return the file of the typeface (OpenType)."""
    return str(next(each for each in files(weight).iterdir() if each.name.endswith(".otf")))


@cache
def font(weight: Weight, size: int) -> ImageFont.FreeTypeFont:
    """Return the typeface at a size in pixels."""
    return ImageFont.truetype(typeface(weight), size, layout_engine=ImageFont.Layout.BASIC)


def covers(text: str) -> bool:
    """Tell whether every letter of a text can be drawn, none as an empty box."""
    return all(_covers(letter) for letter in text)


@lru_cache(maxsize=8192)
def _covers(letter: str) -> bool:
    return _shape(letter) != _shape(ABSENT)


def _shape(letter: str) -> tuple[tuple[int, int], bytes]:
    mask = font(Weight.BOLD, PROBE).getmask(letter)
    return mask.size, bytes(mask)


def fitted(
    text: str, weight: Weight, sizes: tuple[int, ...], width: int
) -> tuple[str, ImageFont.FreeTypeFont]:
    """Return a text and the largest of the sizes (descending) at which it is no wider than that.

    At the smallest size what still does not fit gives way to an ellipsis.
    """
    for size in sizes:
        face = font(weight, size)
        if face.getlength(text) <= width:
            return text, face
    fits = bisect_right(range(len(text)), width, key=lambda n: ceil(face.getlength(text[:n] + "…")))
    return text[: max(fits - 1, 0)] + "…", face
