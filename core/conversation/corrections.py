"""Answers that people take back: "sorry, I meant 4 May"."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

from core.answer import Context, Invalid
from core.conversation.fields import Choice, Confirm, Field, Said, Several, Words
from core.conversation.form import Form
from core.conversation.messages import Text
from core.conversation.one_time_code import OneTimeCode, code_alone
from core.conversation.turn import Turn
from core.words.spoken import Correction


def corrected(
    turn: Turn, form: type[Form], field: Field, said: Correction
) -> tuple[Field, Any] | None:
    """Return the earlier question that a correction answers, and its new answer; None where it is
    meant for the question in hand.

    Just after a question was answered its answer is taken back; once something was wrong with what
    was said to the next one, or one went back, rather that.
    """
    if isinstance(field, OneTimeCode):
        return None  # It takes another number itself.
    session = turn.session
    fresh = not session.failures and field.name not in session.answers
    likely = turn.context
    # An unlikely answer to the question in hand is asked about there.
    mine = _taken(turn, field, said.rest, said.sure, replace(likely, sure=True))
    if not (fresh and said.sure) and mine is not None:
        return None
    # Nearly all words are a name or a hotel: so only where that was asked just before.
    sure = said.sure
    for earlier in _earlier(form, field, turn):
        value = _taken(turn, earlier, said.rest, sure, likely)
        if value is not None:
            return earlier, value
        sure = False
    return None


def mended(turn: Turn, form: type[Form], field: Field, said: Said) -> tuple[Field, Any] | None:
    """Return the question that is unmistakably answered in another way than the summary in hand
    shows, and its new answer; None where there is none."""
    answers = turn.session.answers
    if not (isinstance(field, Confirm) and isinstance(said, Text)):
        return None
    for other in form.asked(answers):
        found = other.kind.find(said.text, turn.context) if isinstance(other, Words) else None
        if found and found.value not in ("", answers.get(other.name)):
            return other, found.value
    return None


def repeated(turn: Turn, form: type[Form], field: Field, said: Said) -> bool:
    """Tell whether the question before is just answered once more, as happens on a slow line."""
    if not isinstance(said, Text) or turn.session.failures:
        return False
    before = next(_earlier(form, field, turn), None)
    if before is None:
        return False
    if isinstance(before, OneTimeCode):
        # No code is kept: six digits just after it was taken are it again.
        return bool(code_alone(said.text))
    answer = _whole(turn, before, said.text, turn.context)
    return answer is not None and bool(answer == turn.session.answers[before.name])


def _earlier(form: type[Form], field: Field, turn: Turn) -> Iterator[Field]:
    """Yield the questions that were answered before the one in hand, the last one first."""
    session = turn.session
    names = list(form.fields)
    for name in reversed(names[: names.index(field.name)]):
        if name in session.asked and form.fields[name].applies(session.answers):
            yield form.fields[name]


def _taken(turn: Turn, field: Field, text: str, sure: bool, context: Context) -> Any:
    """Return the answer that a text is to a question, None for none; where it is not `sure` that it
    is one, only what is unmistakable."""
    whole = _whole(turn, field, text, context) if sure or isinstance(field, Choice) else None
    if whole is not None:
        return whole
    match field:
        case Words(kind=kind):
            found = kind.find(text, replace(context, asked=True))
            # An empty one says that there is none: that corrects nothing.
            return (found.value or None) if found else None
        case Choice() if not isinstance(field, Several | OneTimeCode):
            return field.mentioned(turn, Text(text)) or None
    return None


def _whole(turn: Turn, field: Field, text: str, context: Context) -> Any:
    """Return the answer to a question that all of a text is, None for none."""
    match field:
        case Words(kind=kind):
            with suppress(Invalid):
                return kind.parse(text, context)
        case Choice() if not isinstance(field, Several | OneTimeCode):
            return field.recognise(turn, text)
    return None
