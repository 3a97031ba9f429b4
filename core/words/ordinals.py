"""How people name an answer by its place among those offered: 第三個, the 2nd one, option 2, 二."""

from __future__ import annotations

import re

from core.words.characters import in_figures

_ENGLISH = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")
_FIGURES = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_NUMBERS = {
    word: str(number) for words in (_ENGLISH, _FIGURES) for number, word in enumerate(words, 1)
}
_PLACE = re.compile(
    rf"(?:the )?(?:({'|'.join(_ENGLISH)})|(\d)(?:st|nd|rd|th))(?: (?:one|option|answer|choice))?"
    rf"|(?:option|number|no\.?|answer|choice) ?(\d|{'|'.join(_FIGURES)})"
    rf"|({'|'.join(_FIGURES)})"
    r"|第?([1-9])|第(\d) ?(?:[個个項项種种樣样]|選項|选项|個答案|个答案)",
)


def by_place(words: str) -> str:
    """Return plain words that name a place in a list as its number; other words as they are."""
    named = _PLACE.fullmatch(in_figures(words))
    place = next(filter(None, named.groups())) if named else words
    return _NUMBERS.get(place, place)
