"""Make a code and send it, and say in words what it is and why."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from core.assessment import Reason
from core.conversation.messages import Card
from core.conversation.turn import Turn
from core.credential import CODE_ID_BYTES, expiry, issue
from core.holder import Holder
from core.identity import DocumentType, normalise, tail
from core.signing.issuer_keys import IssuerKey
from core.store.codes import Assessed
from core.store.people import Known
from handlers.declared_before import may_know
from handlers.menu import AFTER_CODE, buttons


def windows(turn: Turn) -> dict[str, int]:
    """Return how many days something counts, for the texts that say it."""
    days = turn.policy.windows
    return {
        "days": days.exposure_days,
        "arrival_days": days.arrival_days,
        "discharge_days": days.discharge_days,
        "symptom_days": days.symptom_days,
    }


async def record_withdrawn(turn: Turn, codes: Sequence[bytes]) -> None:
    """Write into the audit log that this turn withdrew codes."""
    for code in codes:
        await turn.record("code withdrawn", code.hex())


async def issue_code(
    turn: Turn,
    known: Known,
    assessed: Assessed,
    *,
    challenge: str = "",
    rests_until: datetime | None = None,
    below: Sequence[str] = (),
) -> None:
    """Sign a code for an assessment of this turn, keep it, and send the picture: first its colour,
    last what stands `below`.

    Codes of a better colour that he has still are withdrawn. `challenge` are an officer's digits
    that it is to contain; it ends no later than what it `rests_until`.
    """
    assessment = assessed.assessment
    holder, now = known.holder, turn.now.replace(microsecond=0)
    key = IssuerKey.current(turn.tx.ring, now, turn.policy.realm)
    expires_at = expiry(key, now, rests_until)
    # A code begins before it ends, in the last second of the day too.
    issued_at = min(now, expires_at - timedelta(seconds=1))
    name = holder.masked
    document = DocumentType(holder.document)
    number = normalise(document, holder.number)
    code_id = secrets.token_bytes(CODE_ID_BYTES)
    code = issue(
        key,
        name=name.claim,
        colour=assessment.colour,
        document=(document.code, number),
        issued_at=issued_at,
        expires_at=expires_at,
        code_id=code_id,
        challenge=challenge or None,
    )
    earlier = await turn.tx.codes.withdraw_better(known, assessment.colour, turn.now)
    await record_withdrawn(turn, earlier)
    if earlier:
        below = (turn.text("withdrawn.worse"), *below)
    await turn.tx.codes.keep(
        known,
        assessed,
        code_id=code_id,
        kid=key.kid,
        chat=turn.chat,
        issued_at=issued_at,
        expires_at=expires_at,
    )
    card = Card(
        colour=assessment.colour,
        code=code,
        name=name.lines,
        tail=tail(holder.number),
        issued_at=issued_at,
        expires_at=expires_at,
        language=turn.language,
        challenge=challenge,
    )
    # Read aloud only where it is asked for: nobody is startled, and no hall hears it.
    listen = ("listen",) if turn.capabilities.voice else ()
    turn.send(
        "\n\n".join((in_words(turn, holder, assessed, expires_at), *below)),
        buttons(turn, (*AFTER_CODE, *listen)),
        card=card,
        protect=True,
    )


def in_words(turn: Turn, holder: Holder, assessed: Assessed, expires_at: datetime) -> str:
    """Return all that a code's picture says: colour, meaning, name (masked), until when, why."""
    caption = turn.text(
        f"health_code.caption.{assessed.assessment.colour}",
        name=holder.masked.line,
        until=expires_at,
        why=why_text(turn, assessed, short=True),
    )
    return turn.named(caption)


def no_code(turn: Turn) -> None:
    """Say that there is no code yet, and what leads to one."""
    turn.note("why.no_code")
    lead_to_code(turn)


def lead_to_code(turn: Turn) -> None:
    """Say what leads to a code: at a question, its answer."""
    turn.note("why.answer_first" if turn.session.form else "why.to_get_one")


def why_text(turn: Turn, assessed: Assessed, *, short: bool = False) -> str:
    """Return the reasons of a colour in words, the weightiest first; `short`: only that one.

    Whoever may not know them learns that the holder does.
    """
    if not may_know(turn, assessed.declaration):
        return turn.text("why.his_own", name=turn.about_name)
    assessment = assessed.assessment
    if short:
        return _reason(turn, assessment.reasons[0])
    return "\n".join(f"• {_reason(turn, reason)}" for reason in assessment.reasons)


def _reason(turn: Turn, reason: Reason) -> str:
    values: dict[str, Any] = {**windows(turn), **reason.values(turn.language)}
    if "scheme" in values:
        values["scheme"] = turn.text(f"health_code.scheme.option.{values['scheme']}")
    text = turn.text(f"why.reason.{reason.code}", **values)
    if reason.until is not None:
        text += turn.text("why.until", until=reason.until)
    return text
