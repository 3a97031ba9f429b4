"""Which characters may stand in an answer, and how their width is folded."""

from __future__ import annotations

import re
import unicodedata

from core.answer import Invalid

FULL_WIDTH = {0xFF01 + i: 0x21 + i for i in range(94)} | {0x3000: 0x20}


_UNSEEN = re.compile(
    "[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff"
    "\U000e0001\U000e0020-\U000e007f]"
)
"""Of Unicode's format characters (Cf) those that are not seen by themselves either."""

_FIGURES = str.maketrans(dict(zip("〇零○一二三四五六七八九", "000123456789", strict=True)))


def in_figures(text: str) -> str:
    """Write Chinese figures, said one by one as in a number of a card, as Arabic ones."""
    return text.translate(_FIGURES)


def narrow(text: str) -> str:
    """Fold full-width ASCII, a character for a character, so that positions stay as they were."""
    return text.translate(FULL_WIDTH)


def seen(text: str) -> str:
    """Drop the marks that nobody sees: of direction, of where a line may break, the joiners, the
    tags. They come along where something is copied, as a date from Windows or a number from a list
    of contacts, and no answer here has a meaning by them."""
    return text if text.isascii() else _UNSEEN.sub("", text)


def tidy(text: str) -> str:
    """Fold the width and the white space of free text; leave everything else as it was written.

    Raise Invalid `hidden` for characters that nobody sees (control, format, half a surrogate
    pair, unassigned) and `private_use` for those that mean something on one computer only.
    """
    folded = " ".join(narrow(text).split())
    for character in folded:
        category = unicodedata.category(character)
        if category == "Co":
            raise Invalid("private_use")
        if category in ("Cc", "Cf", "Cs", "Cn"):
            raise Invalid("hidden")
    return folded


def is_han(character: str) -> bool:
    """Tell whether a character is Han, with its extensions and compatibility forms."""
    name = unicodedata.name(character, "")
    return name.startswith(("CJK UNIFIED", "CJK COMPATIBILITY IDEOGRAPH")) or character in "〇々"


def is_latin(character: str) -> bool:
    """Tell whether a character is a letter of the Latin alphabet, with or without an accent."""
    return character.isalpha() and unicodedata.name(character, "").startswith("LATIN")
