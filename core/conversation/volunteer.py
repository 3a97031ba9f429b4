"""Answers that hold more than was asked: what fits other questions of the form is found."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from typing import Any

from core.answer import Found, Invalid
from core.conversation.fields import Field, Said, Words
from core.conversation.form import Form
from core.conversation.messages import Contact, File, Text
from core.conversation.turn import Turn
from core.conversation.uploads import Upload
from core.words.characters import narrow

DIGITS = 4
"""So many digits are no number of an option, but the beginning of something else."""

SEPARATORS = " \t\r\n,;:，；：、。．./／|()（）"


def volunteered(turn: Turn, form: type[Form], field: Field, said: Said) -> dict[str, Any]:
    """Return the answers that `said` holds, by field name, where it is no answer as a whole.

    A file for a later upload is begun to be read (its answer comes when that is done); its caption
    is words like any others.
    """
    match said:
        case Text(text=text):
            return _in_words(turn, form, field, narrow(text))
        case Contact(phone=phone, own=True):
            for other in form.fields.values():
                if isinstance(other, Words) and other.contact and other is not field:
                    try:
                        value = other.kind.parse(phone, turn.context)
                    except Invalid:
                        continue
                    return {other.name: value}
        case File(ref=ref, caption=caption) if ref and not isinstance(field, Upload):
            for other in form.fields.values():
                if not isinstance(other, Upload) or not other.fits(said):
                    continue
                if other.applies(turn.session.answers):
                    # Beyond the day's number it is not begun here, and explained where it is asked.
                    with suppress(Invalid):
                        other.begin(turn, said)
                    break
            return _in_words(turn, form, field, narrow(caption))
    return {}


def attempted(
    turn: Turn, form: type[Form], field: Field, said: Said
) -> tuple[Words, Invalid] | None:
    """Return the question that `said` tried to answer directly, and what is wrong with it.

    Where a choice follows from another answer (the document from its number), people give that
    answer at once; mistyped, it must be explained as what it was meant to be.
    """
    if not isinstance(said, Text) or not has_figures(said.text):
        return None
    for other in form.fields.values():
        if isinstance(other, Words) and field.name in other.implies:
            try:
                other.kind.parse(said.text, turn.context)
            except Invalid as invalid:
                return other, invalid
    return None


def has_figures(text: str) -> bool:
    """Tell whether so many figures were written that they are an answer, be it a wrong one."""
    return sum(map(str.isdigit, text)) >= DIGITS


def _in_words(turn: Turn, form: type[Form], field: Field, text: str) -> dict[str, Any]:
    session = turn.session
    taken: dict[str, Any] = {}
    rest = text
    for other in form.fields.values():
        if not isinstance(other, Words):
            continue
        if other.name in session.answers and other is not field:
            # What he says once more is no part of an answer to something else.
            again = other.kind.find(rest, turn.context)
            if again and again.value == session.answers[other.name]:
                rest = _without(rest, again)
            continue
        implied = {**session.answers, **other.implies}
        if not other.applies(implied):
            continue
        found = other.kind.find(rest, replace(turn.context, asked=other is field))
        if found is None and field.name in other.implies:
            found = _whole(turn, other, rest)
        if found is not None:
            taken |= {k: v for k, v in other.implies.items() if k not in session.answers}
            taken[other.name] = found.value or None
            rest = _without(rest, found)
    if rest != text and field.name not in taken and isinstance(field, Words):
        for part in [" ".join(rest.split()), *rest.split("\n")]:
            part = re.sub(r"\s+", " ", part).strip(SEPARATORS)
            try:
                taken[field.name] = field.kind.parse(part, turn.context)
            except Invalid:
                continue
            break
    return taken


def _without(text: str, found: Found) -> str:
    return f"{text[: found.start]}\n{text[found.end :]}"


def _whole(turn: Turn, field: Words, text: str) -> Found | None:
    """Return a text as the answer to a question that it answers as a whole."""
    with suppress(Invalid):
        return Found(field.kind.parse(text, turn.context), 0, len(text))
    return None
