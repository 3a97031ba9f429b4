"""The catalogues: every word that people read, found by the name of the form and the field."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime, time
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from babel.core import get_global
from babel.dates import format_datetime

from core.dates import show_day
from core.days import HONG_KONG


class Language(StrEnum):
    """The languages of the chat, named as their catalogues are."""

    ENGLISH = "en"
    TRADITIONAL = "zh_Hant_HK"
    SIMPLIFIED = "zh_Hans"


LOCALES = Path(__file__).parents[2] / "locales"


class MissingText(LookupError):
    """A text was asked for that the catalogue does not have, or not with these values."""


def guess(tag: str) -> Language | None:
    """Guess the language from a platform's hint, a BCP 47 tag. None where it says nothing.

    Likely subtags come from CLDR: zh-HK, zh-TW, zh-MO and yue are Traditional, plain zh is not.
    """
    language, *parts = tag.replace("_", "-").lower().split("-")
    if language not in ("zh", "yue"):
        return Language.ENGLISH if language else None
    script = next((part for part in parts if part in ("hant", "hans")), None)
    if script is None:
        likely = get_global("likely_subtags")
        territory = next((part.upper() for part in parts if len(part) == 2), "")
        script = (likely.get(f"{language}_{territory}") or likely[language]).split("_")[1].lower()
    return Language.TRADITIONAL if script == "hant" else Language.SIMPLIFIED


def _flatten(table: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for key, value in table.items():
        if isinstance(value, dict):
            flat |= _flatten(value, f"{prefix}{key}.")
        else:
            flat[prefix + key] = str(value).strip("\n")
    return flat


def plain(text: str) -> str:
    """Return words as they are compared: width, case and space folded, signs around them gone."""
    words = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return re.sub(r"^\W+|\W+$", "", words)


def meanings(label: str) -> tuple[str, str]:
    """Return what may be written for a label: all of it, or what stands before its comma."""
    return plain(label), plain(re.split("[,，]", label)[0])


def _standing(word: str) -> str:
    """Return the pattern of a word in a sentence."""
    return rf"\b{re.escape(word)}\b" if word.isascii() else re.escape(word)


_PLACEHOLDER = re.compile(r"\{(\w+)\}")


class Texts:
    """The catalogues of all languages, read once.

    A text's placeholders are `{name}`. Where a text has the two forms `.one` and `.other`, the
    value named `count` chooses. Dates are written as the language writes them.
    """

    def __init__(self, catalogues: Mapping[str, Mapping[str, str]]) -> None:
        self.catalogues = catalogues
        self._words: dict[str, frozenset[str]] = {}
        self._meanings: dict[str, tuple[frozenset[str], frozenset[str]]] = {}
        self._mentions: dict[str, re.Pattern[str]] = {}

    @classmethod
    @cache
    def load(cls, folder: Path = LOCALES) -> Texts:
        """Read `<language>.toml` for every language, once for each folder."""
        return cls(
            {
                language: _flatten(tomllib.loads((folder / f"{language}.toml").read_text("utf-8")))
                for language in Language
            }
        )

    def has(self, language: str, key: str) -> bool:
        """Tell whether there is such a text."""
        catalogue = self.catalogues[language]
        return key in catalogue or f"{key}.other" in catalogue

    def say(self, language: str, key: str, /, **values: Any) -> str:
        """Return the text with its values filled in; MissingText if either is not there."""
        catalogue = self.catalogues[language]
        template = catalogue.get(key)
        if template is None:
            number = "one" if values.get("count") == 1 else "other"
            template = catalogue.get(f"{key}.{number}") or catalogue.get(f"{key}.other")
        if template is None:
            raise MissingText(f"{language}: {key}")
        if "{" not in template:
            return template

        def fill(match: re.Match[str]) -> str:
            try:
                return written(values[match[1]], language)
            except KeyError:
                raise MissingText(f"{language}: {key} wants {{{match[1]}}}") from None

        return _PLACEHOLDER.sub(fill, template)

    def meanings(self, key: str) -> tuple[frozenset[str], frozenset[str]]:
        """Return what may be written for a label in any language: all of it, or its beginning."""
        if key not in self._meanings:
            both = [meanings(label) for label in self.everywhere(key)]
            whole, beginning = (frozenset(each) for each in zip(*both, strict=True))
            self._meanings[key] = whole, beginning
        return self._meanings[key]

    def words(self, key: str) -> frozenset[str]:
        """Return what may be written for a command in any language, from lists with commas."""
        if key not in self._words:
            lists = (re.split("[,，、]", text) for text in self.everywhere(key))
            self._words[key] = frozenset(plain(word) for words in lists for word in words)
        return self._words[key]

    def mention(self, key: str, text: str) -> str:
        """Return the first of such words that a text holds, empty for none: English ones stand by
        themselves, Chinese ones anywhere."""
        if key not in self._mentions:
            longest_first = sorted(self.words(key), key=lambda word: (-len(word), word))
            self._mentions[key] = re.compile("|".join(map(_standing, longest_first)) or "(?!)")
        found = self._mentions[key].search(plain(text))
        return found[0] if found else ""

    def everywhere(self, key: str) -> list[str]:
        """Return the text in every language, for recognising what a person wrote."""
        return [c[key] for c in self.catalogues.values() if key in c]


def written(value: Any, language: str) -> str:
    """Write a value as the language writes it: days and instants (in Hong Kong time) by Babel, a
    time by itself to the minute."""
    if isinstance(value, datetime):
        local = value.astimezone(HONG_KONG)
        pattern = "d MMMM y, HH:mm" if language == Language.ENGLISH else "y年M月d日 HH:mm"
        return format_datetime(local, pattern, tzinfo=HONG_KONG, locale=language)
    if isinstance(value, date):
        return show_day(value.isoformat(), language)
    if isinstance(value, time):
        return value.isoformat("minutes")
    return str(value)
