"""The newest code in a voice, for those who cannot read its words."""

from __future__ import annotations

from core.conversation.form import Form
from core.conversation.turn import Turn
from handlers.issuing import in_words, no_code


async def listen(turn: Turn) -> type[Form] | None:
    """Say what stands under the picture of today's code as a voice message, with the text."""
    known = await turn.person()
    code = await turn.tx.codes.live(known, turn.now) if known else None
    if known is None or code is None:
        no_code(turn)
        return None
    turn.send(
        in_words(turn, known.holder, code.assessed, code.expires_at),
        aloud=True,
        protect=True,
    )
    return None
