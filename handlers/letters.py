"""The end of a guardian's wait: the code of a letter, typed at any time, or the word of staff."""

from __future__ import annotations

from core.conversation.form import Form
from core.conversation.messages import Answered
from core.conversation.turn import Turn
from core.holder import called
from core.store.letters import REFUSED
from core.store.people import Known
from core.store.waiting import Answer
from handlers.family import tell_by_sms
from handlers.menu import buttons


async def letter_code(turn: Turn) -> type[Form] | None:
    """Begin the care of the person whose letter holds the code; a wrong one is told no more."""
    session = turn.session
    holder = await turn.tx.letters.redeem(turn.words, chat=turn.chat, now=turn.now)
    known = await turn.turn_to(holder) if holder else None
    if known is None:
        await turn.record(REFUSED)
        turn.note("letter.stale")
        return None
    await turn.record("letter used", known.id)
    await _begun(turn, known, "letter.good")
    turn.about, turn.about_name = session.about, session.about_name
    if session.form:
        turn.note("engine.unfinished")
    return None


async def answered(turn: Turn, news: Answered) -> None:
    """Tell a guardian what became of his wish, and what he can do next."""
    if news.what == Answer.CONFIRMED:
        known = await turn.turn_to(news.holder)
        if known is not None:
            await _begun(turn, known, f"guardian.{Answer.CONFIRMED}")
        return
    turn.to_oneself()
    text = turn.text(
        f"guardian.{news.what}",
        name=called(news.name, news.chinese_name, turn.language),
        reference=news.reference,
        days=turn.policy.family.waits_days,
    )
    turn.send(text, buttons(turn, ("register_other", "help_person")))


async def _begun(turn: Turn, known: Known, key: str) -> None:
    """Say that the care has begun, with a button for the code; the other hears it by SMS."""
    turn.send(turn.text(key, name=known.holder.called(turn.language)), buttons(turn, ("today",)))
    await tell_by_sms(turn, known)
