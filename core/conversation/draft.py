"""The draft of a form: what becomes of an answer that is taken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from core.answer import Kind
from core.conversation.fields import Field, Words
from core.conversation.form import Form
from core.conversation.session import Session
from core.conversation.turn import Turn


def keep(turn: Turn, field: Field, value: Any) -> None:
    """Take an answer into the draft; what depended on an older one falls."""
    session = turn.session
    if value is not None:
        turn.step(field.name, "answered")
    changed = session.answers.get(field.name, value) != value
    session.answers[field.name] = value
    if field.name in session.noted:
        session.noted.remove(field.name)
    if field.name not in session.asked:
        session.asked.append(field.name)
    if changed:
        _fall(session, [name for name in field.renews if name not in session.asked])
        _fall(session, field.resets)


def drop(session: Session, field: Field) -> None:
    """Take an answer out of the draft, and what depended on it."""
    _fall(session, [field.name, *field.resets])


def _fall(session: Session, names: Sequence[str]) -> None:
    for name in names:
        session.answers.pop(name, None)
        if name in session.asked:
            session.asked.remove(name)
    if "challenge" in names:
        session.challenge = ""


def keep_found(turn: Turn, form: type[Form], field: Field, found: Mapping[str, Any]) -> list[Field]:
    """Take what an answer to `field` held; return the other questions that it answered."""
    others = []
    for name, value in found.items():
        other = form.fields[name]
        keep(turn, other, value)
        erase(turn, other)
        # What the asked answer follows from was as good as asked for.
        direct = isinstance(other, Words) and implied(other, field, turn.session.answers)
        if other is not field and not direct and value is not None:
            turn.session.noted.append(name)
            others.append(other)
    return others


def implied(other: Words, field: Field, answers: Mapping[str, Any]) -> bool:
    """Tell whether the answer to a field is just what follows from another one's."""
    return field.name in other.implies and answers.get(field.name) == other.implies[field.name]


def erase(turn: Turn, field: Field) -> None:
    """Have the message of an answer deleted from the chat, if it is sensitive and he agreed."""
    if turn.session.erase and isinstance(field, Words) and field.sensitive:
        _erase(turn)


def erase_if_found(turn: Turn, kinds: Iterable[type[Kind]], text: str) -> None:
    """Have a message deleted that holds an answer of such a kind, asked or not, if he agreed."""
    if turn.session.erase and any(kind.find(text, turn.context) for kind in kinds):
        _erase(turn)


def _erase(turn: Turn) -> None:
    message = turn.incoming.message
    if message and message not in turn.forget:
        turn.forget.append(message)
