"""What a holder hears when a code of his is withdrawn: why, and what to do next."""

from __future__ import annotations

from core.conversation.messages import Withdrawn
from core.conversation.turn import Turn
from core.holder import Holder
from core.identity import DocumentType, normalise
from core.store.assessing import assess_holder
from core.store.codes import Code, Why
from core.store.people import Known
from handlers.issuing import issue_code, record_withdrawn
from handlers.menu import AFTER_CODE, buttons


def _made_out_to(holder: Holder) -> tuple[str, ...]:
    """Return what a code is made out to: the document in an officer's hand, and the names on it."""
    number = normalise(DocumentType(holder.document), holder.number)
    return holder.document, holder.country, number, holder.english_name, holder.chinese_name


async def details_change(turn: Turn, known: Known, to: Holder) -> None:
    """Withdraw the codes that are no longer his who shows them; assess those again that may be."""
    if _made_out_to(known.holder) == _made_out_to(to):
        await turn.tx.codes.assess_again(known)
        return
    gone = await turn.tx.codes.withdraw_all(known.id, Why.DETAILS, turn.now)
    await record_withdrawn(turn, gone)
    if gone:
        turn.note("withdrawn.details")


async def withdrawn(turn: Turn, news: Withdrawn) -> None:
    """Tell it, and send the new code at once where that needs nothing from him."""
    known = await turn.turn_to(news.holder)
    if known is None:
        return
    code = await turn.tx.codes.of(known, bytes.fromhex(news.code))
    if code is None or code.expires_at < turn.now:
        return
    if news.why in (Why.LISTS, Why.KEY):
        await _replaced(turn, known, code, news.why)
        return
    text = turn.text(
        f"withdrawn.{news.why}",
        at=code.issued_at,
        reference=known.reference,
    )
    turn.send(turn.named(text), buttons(turn, AFTER_CODE))


async def _replaced(turn: Turn, known: Known, code: Code, why: str) -> None:
    """Send a new code for the same declaration, which was made today as codes end with the day."""
    if await turn.tx.codes.live(known, turn.now) is not None:
        return  # he has asked for one himself meanwhile, which told him its colour
    turn.send(turn.named(turn.text(f"withdrawn.{why}", at=code.issued_at)))
    export = await turn.tx.people.export_of(known)
    declaration = code.assessed.declaration
    assessed = await assess_holder(turn.tx, known, export, declaration, turn.now)
    await issue_code(turn, known, assessed)
