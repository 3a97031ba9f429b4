"""Staff in the chat: the enrolment that the operator hands over."""

from __future__ import annotations

from core.conversation.form import Form
from core.conversation.turn import Turn
from core.store.staff import REFUSED
from handlers.welcome import Welcome


async def enrol(turn: Turn) -> type[Form] | None:
    """Give this chat the role for which it has brought the enrolment, whatever is in hand."""
    member = await turn.tx.staff.enrol(turn.words, chat=turn.chat, now=turn.now)
    if member is None:
        await turn.record(REFUSED)
        turn.note("staff.stale")
        return None
    await turn.record("staff enrolled", member.name)
    turn.note(f"staff.enrolled.{member.role}", name=member.name)
    if turn.session.form == Welcome.name:
        # He has come for his work, and need not first agree to what residents are told.
        turn.session.forget()
    return None
