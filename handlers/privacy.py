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

    sure = Choice(Sure)

    @classmethod
    async def begin(cls, turn: Turn) -> dict[str, Any] | None:
        if await turn.person() is None:
            turn.note("details.none")
            return None
        return {}

    @classmethod
    async def finish(cls, turn: Turn) -> type[Form] | None:
        known = await turn.person()
        if known is None or turn.session.answers["sure"] != Sure.ERASE:
            turn.note("erasure.kept")
            return None
        await turn.tx.codes.forget(known, turn.now)
        await turn.tx.people.erase(known)
        await turn.tx.people.record("erased", actor=turn.chat, object=known.id, now=turn.now)
        turn.session.erase = False
        turn.note("erasure.done")
        return None
