"""What a question's kind of answer must offer, so that any form can ask for it.

A kind is a class used as a namespace: `parse` turns what a person wrote into the canonical
answer (always a plain string, so that a draft is plain JSON), `find` looks for such an answer
inside a longer message, `show` writes it for the summary.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

UNLIKELY = "unlikely"
"""The code of an answer that could be one, but is more likely something else: it is asked about."""


class Invalid(Exception):
    """An answer that cannot be taken.

    `code` names the text that explains it (`<form>.<field>.error.<code>`), `params` fill it.
    """

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params

    @property
    def plain(self) -> dict[str, str | int]:
        """The values as they can be written down: numbers as they are, all else in words."""
        return {k: v if isinstance(v, int) else str(v) for k, v in self.params.items()}


@dataclass(frozen=True)
class Context:
    """What a kind may know besides the text: today's Hong Kong day and the answers so far.

    `asked`: just this is asked, so that less in a longer message is unmistakable.
    `sure`: he was asked, and says that it is his answer, however unlikely it looks.
    """

    today: date
    answers: Mapping[str, Any]
    language: str = "en"
    asked: bool = False
    sure: bool = False


@dataclass(frozen=True)
class Found:
    """An answer seen inside a longer text: the canonical value and where it stood. An empty value
    says that there is none: "no Chinese name"."""

    value: str
    start: int
    end: int


class Kind(Protocol):
    """A kind of answer. `errors` lists every code that `parse` can raise."""

    errors: tuple[str, ...]

    @staticmethod
    def parse(text: str, context: Context) -> str:
        """Return the canonical answer, or raise Invalid."""

    @staticmethod
    def find(text: str, context: Context) -> Found | None:
        """Return the answer that stands somewhere in `text`, if it is unmistakable."""

    @staticmethod
    def show(value: str, language: str) -> str:
        """Return the answer as the summary shows it, in that language."""


class InParts(Kind, Protocol):
    """A kind of answer whose beginning may come in a message before. `between` joins the two."""

    between: str

    @staticmethod
    def lacks(answer: str, piece: str, context: Context) -> bool:
        """Tell whether an answer lacks what was said just before it."""


class AsWritten:
    """What most kinds of words have in common: not to be found in passing, shown as they are."""

    @staticmethod
    def find(text: str, context: Context) -> Found | None:
        """Return None: where such an answer begins and ends cannot be told."""
        return None

    @staticmethod
    def show(value: str, language: str) -> str:
        """Return the answer as it is."""
        return value


def fold(text: str) -> str:
    """Fold full-width letters, digits and brackets to ASCII and trim; keep everything else.

    The length may change; use it before matching, not to compute positions in the original.
    """
    return unicodedata.normalize("NFKC", text).strip()
