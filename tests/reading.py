"""Recognise what the program said, by the names of its texts."""

from __future__ import annotations

import re

from core.conversation.fields import Field
from tests.world import TEXTS, Heard


def says(heard: Heard, key: str, language: str = "en") -> bool:
    """Tell whether a reply contains a text, of oneself or about somebody else, whatever fills its
    placeholders."""
    catalogue = TEXTS.catalogues[language]  # type: ignore[index]
    found = [_contains(heard.text, catalogue[key])]
    if f"{key}_for" in catalogue:
        found.append(_contains(heard.text, catalogue[f"{key}_for"]))
    return any(found)


def _contains(text: str, template: str) -> bool:
    pattern = "".join(
        ".*?" if part.startswith("{") else re.escape(part)
        for part in re.split(r"(\{\w+\})", template)
    )
    return re.search(pattern, text, re.DOTALL) is not None


def expect(heard: Heard, key: str, language: str = "en") -> Heard:
    """Fail, showing both, where a reply does not contain a text."""
    assert says(heard, key, language), f"{key} ({language}) is not in:\n{heard.text}"
    return heard


def expect_question(heard: Heard, field: Field, language: str = "en") -> Heard:
    """Fail where a reply does not ask that question, in one of its ways."""
    catalogue = TEXTS.catalogues[language]  # type: ignore[index]
    ways = [key for key in catalogue if key.startswith(f"{field.key}.ask")]
    way = next((key for key in ways if says(heard, key, language)), f"{field.key}.ask")
    return expect(heard, way, language)


def expect_error(heard: Heard, field: Field, code: str, language: str = "en") -> Heard:
    """Fail where a reply does not explain that error of that question."""
    key = f"{field.key}.error.{code}"
    if key not in TEXTS.catalogues[language]:  # type: ignore[index]
        key = f"error.{code}"
    return expect(heard, key, language)
