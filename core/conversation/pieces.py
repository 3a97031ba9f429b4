"""Answers that come in pieces: A123456, and then (3); the flat, and then the estate."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from core.answer import Invalid
from core.conversation.fields import Field, Said, Words
from core.conversation.form import Form
from core.conversation.messages import Text
from core.conversation.turn import Turn
from core.words.spoken import affirms
from core.words.talk import talks

MOST_PIECES = 2
"""Pieces that are kept: with the last one these are the day, the month and the year."""


def in_one(turn: Turn, form: type[Form], field: Field, said: Said) -> dict[str, Any]:
    """Return what a text is together with what was refused just before it, by the names of the
    questions that this answers; nothing where it is no answer, or no piece of one."""
    answers, pieces = turn.session.answers, turn.session.pieces
    if not isinstance(said, Text) or talks(said.text) or not affirms(said.text, ""):
        return {}
    fields = (other for other in form.fields.values() if isinstance(other, Words))
    answering = [each for each in fields if each is field or field.name in each.implies]
    for start in reversed(range(len(pieces))):
        text = " ".join([*pieces[start:], said.text])
        for other in answering:
            with suppress(Invalid):
                value = other.kind.parse(text, turn.context)
                implied = {k: v for k, v in other.implies.items() if k not in answers}
                return {**implied, other.name: value}
    return {}


def keep_piece(turn: Turn, said: Said) -> None:
    """Keep what was refused, until the question is answered: it may be a piece of the answer."""
    if isinstance(said, Text):
        turn.session.pieces = [*turn.session.pieces, said.text.strip()][-MOST_PIECES:]
