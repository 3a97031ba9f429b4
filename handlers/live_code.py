"""The live answer: a fresh picture with an officer's digits, which no screenshot can have."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from core.conversation.fields import Words
from core.conversation.form import Form
from core.conversation.turn import Turn
from core.gate.live import Digits
from core.store.codes import Code
from core.store.people import Known
from handlers.everyone import Declaring, Records
from handlers.health_code import HealthCode
from handlers.issuing import issue_code


class LiveCode(Form):
    """Answer an officer: he says four digits, and is shown a code that contains them."""

    passing = True

    digits = Words(Digits)

    @classmethod
    async def begin(cls, turn: Turn) -> dict[str, Any] | None:
        return None if await _current(turn) is None else {}

    @classmethod
    async def finish(cls, turn: Turn) -> type[Form] | None:
        current = await _current(turn)
        if current is None:
            return None
        known, code = current
        digits = turn.session.answers["digits"]
        turn.note("live_code.answer", digits=digits)
        await issue_code(turn, known, code.assessed, challenge=digits, rests_until=code.expires_at)
        await turn.record("live code issued", known.id)
        return None


async def live_code(turn: Turn) -> type[Form] | None:
    """Begin at once: the officer waits, and a day's declaration half made can be made again."""
    if turn.session.form in (HealthCode.name, Declaring.name, Records.name):
        turn.session.forget()
    return LiveCode


async def _current(turn: Turn) -> tuple[Known, Code] | None:
    """Return the holder and the code that he may show live; why there is none is noted."""
    known = await turn.person()
    code = None if known is None else await turn.tx.codes.live(known, turn.now)
    if known is None or code is None:
        turn.note("live_code.none")
        return None
    since = turn.now - timedelta(hours=1)
    if await turn.tx.codes.issued_since(known, since) >= turn.policy.codes_per_hour:
        turn.note("live_code.too_often")
        return None
    return known, code
