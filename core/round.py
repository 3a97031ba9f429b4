"""A round: today's code for all of a chat, one declaration after the other, then the files."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Self

import msgspec

ROUND = "round"
"""Where it stands among the answers of a form."""


class Asked(msgspec.Struct):
    """Somebody who is asked: his id, what he is called, and whether he is the chat's own person.

    `declared` are the answers about his health, None before; `file`: his visit records are there.
    """

    holder: str
    name: str
    own: bool
    declared: dict[str, Any] | None = None
    file: bool = False


class Unclaimed(msgspec.Struct):
    """An export of which nobody knows whose it is: the upload, and what is told of it."""

    upload: str
    name: str
    visits: int
    first: date | None
    last: date | None


class Note(msgspec.Struct):
    """What is to be told of a file when all have been read: a text's name and its values."""

    key: str
    values: dict[str, Any] = {}


class Round(msgspec.Struct):
    """Who is asked on a Hong Kong day, in order, and what has come of it so far."""

    day: date
    people: list[Asked]
    unclaimed: list[Unclaimed] = []
    notes: list[Note] = []

    @classmethod
    def of(cls, answers: Mapping[str, Any]) -> Self:
        """Read the round among the answers of a form."""
        return msgspec.convert(answers[ROUND], cls)

    def answers(self) -> dict[str, Any]:
        """Return the round as it stands among the answers of a form."""
        return {ROUND: msgspec.to_builtins(self)}

    def undeclared(self) -> Asked | None:
        """Return whose turn it is to be declared, None where all are."""
        return next((asked for asked in self.people if asked.declared is None), None)

    def lacking(self) -> list[Asked]:
        """Return those whose visit records are missing."""
        return [asked for asked in self.people if not asked.file]

    def asked(self, holder: str) -> Asked | None:
        """Return somebody who is asked, by his id."""
        return next((asked for asked in self.people if asked.holder == holder), None)
