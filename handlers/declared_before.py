"""What was declared with the newest code, told to whom may know it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from core.conversation.fields import Choice
from core.conversation.texts import written
from core.conversation.turn import Turn
from core.days import hong_kong_day
from core.declaration import Condition, Declaration, Origin, Scheme
from core.earlier import Earlier, may_hold
from core.store.codes import Code


def may_know(turn: Turn, declaration: Declaration) -> bool:
    """Tell whether this chat may know what was declared: one's own chats, and who declared it."""
    return not turn.about or declaration.chat == turn.chat


def declared_before(turn: Turn, newest: Code | None) -> dict[str, Any]:
    """Return what was declared with the newest code and may still hold, as it stands among the
    answers of a declaration; nothing where this chat may not know it."""
    if newest is None or not may_know(turn, newest.assessed.declaration):
        return {}
    made_on = hong_kong_day(newest.issued_at)
    earlier = may_hold(newest.assessed.declaration, made_on, turn.today, turn.policy.windows)
    return earlier.answers() if earlier else {}


def in_lines(
    turn: Turn, earlier: Earlier, question: Choice, told: Collection[str]
) -> dict[str, Any]:
    """Return when something was declared and, in a line for each, those of the `question`'s choices
    that are `told`."""
    lines = [
        _line(turn, earlier.declaration, Condition(choice), question.label(turn, choice))
        for choice in question.choices
        if choice in told
    ]
    return {"day": earlier.day, "declared": "\n".join(lines)}


def _line(turn: Turn, declaration: Declaration, condition: Condition, label: str) -> str:
    details: list[str] = []
    if condition == Condition.DISCHARGED and declaration.discharged_on:
        details = [written(declaration.discharged_on, turn.language)]
    elif condition == Condition.ARRIVED and declaration.arrival:
        arrival = declaration.arrival
        details = [written(arrival.day, turn.language)]
        if arrival.origin != Origin.ELSEWHERE:
            details.append(turn.text(f"health_code.arrived_from.option.{arrival.origin}"))
        if arrival.scheme != Scheme.OTHER:
            details.append(turn.text(f"health_code.scheme.option.{arrival.scheme}"))
    if not details:
        return turn.text("health_code.declared", condition=label)
    told = turn.text("engine.comma").join(details)
    return turn.text("health_code.declared_on", condition=label, details=told)
