"""How people name an answer by its place among those offered: 第三個, the 2nd one, option 2, 二."""

from __future__ import annotations

import re

_ENGLISH = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")
_FIGURES = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_CHINESE = "一二三四五六七八九"
_NUMBERS = {
    word: str(number)
    for words in (_ENGLISH, _FIGURES, _CHINESE)
    for number, word in enumerate(words, 1)
}
_PLACE = re.compile(
    rf"(?:the )?(?:({'|'.join(_ENGLISH)})|(\d)(?:st|nd|rd|th))(?: (?:one|option|answer|choice))?"
    rf"|(?:option|number|no\.?|answer|choice) ?(\d|{'|'.join(_FIGURES)})"
    rf"|({'|'.join(_FIGURES)})"
    rf"|第?([{_CHINESE}])|第([{_CHINESE}\d]) ?(?:[個个項项種种樣样]|選項|选项|個答案|个答案)",
)


def by_place(words: str) -> str:
    """Return plain words that name a place in a list as its number; other words as they are."""
    named = _PLACE.fullmatch(words)
    place = next(filter(None, named.groups())) if named else words
    return _NUMBERS.get(place, place)
