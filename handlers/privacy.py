"""The rights of a person over his data: to have them erased."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from core.conversation.fields import Choice
from core.conversation.form import Form
from core.conversation.turn import Turn


class Sure(StrEnum):
    """The answers to whether all is to be erased."""

    ERASE = "erase"
    KEEP = "keep"


class Erasure(Form):
    """Erase a registration, with everything that hangs on it, after one more question."""

    passing = True

    sure = Choice(Sure)

    @classmethod
    async def begin(cls, turn: Turn) -> dict[str, Any] | None:
        if await turn.person() is None:
            turn.note("details.none")
            return None
        return None if await _has_own_chat(turn) else {}

    @classmethod
    async def finish(cls, turn: Turn) -> type[Form] | None:
        known = await turn.person()
        if known is None or turn.session.answers["sure"] != Sure.ERASE:
            turn.note("erasure.kept")
            return None
        if await _has_own_chat(turn):
            return None
        await turn.tx.erase(known, by=turn.chat, now=turn.now)
        turn.note("erasure.done")
        if not turn.about:
            turn.session.erase = False
        turn.to_oneself()
        return None


async def _has_own_chat(turn: Turn) -> bool:
    """Tell whether somebody else has a chat of his own; say then that only there it can be."""
    if not turn.about or not await turn.tx.family.has_own_chat(turn.about):
        return False
    turn.note("erasure.own_chat", name=turn.about_name)
    return True
