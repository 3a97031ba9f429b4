"""What was declared with the newest code, and what of it may still hold today.

It stands among the answers of a declaration, so that nothing of it is forgotten silently: it is
taken over as it was, or asked about where the answers of today lack it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Any, Self

import msgspec

from core.assessment import Windows
from core.days import counts
from core.declaration import Condition, Declaration

Answers = Mapping[str, Any]

EARLIER = "earlier"
"""Where it stands among the answers of a form."""
SAME = "same"
"""Among the conditions that are declared: those of the earlier declaration."""


class Still(StrEnum):
    """Whether what the answers of today lack holds still."""

    YES = "yes"
    NO = "no"


class Earlier(msgspec.Struct, frozen=True):
    """The Hong Kong day of an earlier declaration, and as much of it as may hold today."""

    day: date
    declaration: Declaration

    @classmethod
    def of(cls, answers: Answers) -> Self | None:
        """Read it among the answers of a form, None where there is none."""
        return msgspec.convert(answers[EARLIER], cls) if EARLIER in answers else None

    def answers(self) -> dict[str, Any]:
        """Return it as it stands among the answers of a form."""
        return {EARLIER: msgspec.to_builtins(self)}


def may_hold(
    declaration: Declaration, made_on: date, today: date, windows: Windows
) -> Earlier | None:
    """Return what may still hold today of a declaration that was made on a Hong Kong day, None for
    nothing.

    An arrival and a discharge hold as long as they count; all else as long as symptoms do.
    """

    def holds(condition: Condition) -> bool:
        day, window = made_on, windows.symptom_days
        if condition == Condition.DISCHARGED and declaration.discharged_on:
            day, window = declaration.discharged_on, windows.discharge_days
        elif condition == Condition.ARRIVED and declaration.arrival:
            day, window = declaration.arrival.day, windows.arrival_days
        return counts(day, today, window)

    held = declaration.only(filter(holds, declaration.conditions))
    return Earlier(made_on, held) if held.conditions else None


def lacking(answers: Answers) -> frozenset[Condition]:
    """Return what was declared earlier, may still hold, and is not among today's conditions."""
    earlier, today = Earlier.of(answers), answers.get("conditions")
    if earlier is None or today is None or SAME in today:
        return frozenset()
    return earlier.declaration.conditions - frozenset(today)


def lacks_earlier(answers: Answers) -> bool:
    """Whoever leaves out what he declared earlier is asked whether it still holds."""
    return bool(lacking(answers))


def taken_over(answers: Answers) -> Declaration:
    """Return what is declared today as it was earlier, where he said that it still holds."""
    earlier = Earlier.of(answers)
    if earlier and (SAME in answers["conditions"] or answers.get("still") == Still.YES):
        return earlier.declaration
    return Declaration()


def took_back(answers: Answers) -> bool:
    """Tell whether he said that what was declared earlier does not hold any more."""
    return answers.get("still") == Still.NO


def declared(answers: Answers, chat: str) -> Declaration:
    """Return the declaration of today, with what still holds of the earlier one.

    Raise as `Declaration.from_answers` does.
    """
    new = [condition for condition in answers.get("conditions", ()) if condition != SAME]
    today = Declaration.from_answers({**answers, "conditions": new}, chat)
    return today.along_with(taken_over(answers))
