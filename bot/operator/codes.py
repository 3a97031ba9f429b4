"""The operator's commands about codes: two members of staff withdraw one, each act recorded."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.app import opened
from bot.clock import Clock
from bot.operator.reason import reason_of
from bot.operator.staff import must_be_staff
from bot.settings import Settings
from core.answer import Invalid
from core.credential import check
from core.days import clock_time
from core.gate.scanning import read_codes
from core.plain_error import PlainError
from core.policy import Policy
from core.signing.issuer_keys import PublicKeys, Realm
from core.store.codes import Live, Why
from core.store.people import read_reference
from core.store.staff import staff_name
from core.store.store import Store, Transaction
from core.store.withdrawals import Outcome, Pending, Request, tell

WHY = (Why.ADDRESS, Why.HEALTH, Why.OTHER)
"""What staff may give as the reason that the holder is told."""

CODE_ID = re.compile(r"[0-9a-f]{16}", re.IGNORECASE)


class CodeError(PlainError):
    """The code cannot be withdrawn; the message is one plain sentence."""


@dataclass(frozen=True)
class Asked:
    """A withdrawal as it is asked for: `code` is what names it, `by` a member of staff."""

    code: str
    by: str
    why: Why
    reason: str


async def withdraw(settings: Settings, policy: Policy, clock: Clock, asked: Asked) -> str:
    """Note a request, or carry it where another person made it before; return what is printed.

    Raise CodeError, StaffError or ReasonError.
    """
    by, now, reason = staff_name(asked.by), clock(), reason_of(asked.reason)
    async with opened(settings, policy, clock) as store:
        named = _named(store, asked.code, policy.realm, now)
        async with store.writing() as tx:
            await must_be_staff(tx, by)
            rows, request = await _meant(tx, named, Request("", None, asked.why, reason), now)
            outcome = await tx.withdrawals.ask(request, by=by, now=now)
            what = request.holder if request.code is None else request.code.hex()
            if outcome is Outcome.SAME_PERSON:
                raise CodeError(
                    f"{by} has asked for this already: another member of staff must ask for the "
                    "same."
                )
            if outcome is Outcome.NOTED:
                await tx.people.record("withdrawal asked", actor=by, object=what, now=now)
                return (
                    f"The request is noted; nothing is withdrawn yet ({_codes(rows)}). Within 24 "
                    "hours a second person must ask for the same, with the same --why and --reason."
                )
            await tx.people.record("withdrawal agreed", actor=by, object=what, now=now)
            await tx.codes.withdraw([row.id for row in rows], asked.why, now)
            for row in rows:
                await tx.people.record("code withdrawn", actor=by, object=row.id.hex(), now=now)
            await tell(tx, rows[0].holder, rows[0].id, rows[0].chat, asked.why, now)
    return f"Withdrawn: {_codes(rows)}. Verifiers learn it from the next list; the holder is told."


def _codes(rows: list[Live]) -> str:
    return "1 code" if len(rows) == 1 else f"{len(rows)} codes"


def _named(store: Store, given: str, realm: Realm, now: datetime) -> str | bytes:
    """Return what names a code: a reference number, or the code's id. Raise CodeError."""
    if reference := read_reference(given):
        return reference
    if CODE_ID.fullmatch(given):
        return bytes.fromhex(given)
    text = given if given.startswith(realm.prefix) else _read(Path(given))
    claims = check(text, PublicKeys.published(store.ring, now, realm), now).claims
    if claims is None:
        raise CodeError("It is not a code of ours: its signature does not hold.")
    return claims.code_id


def _read(picture: Path) -> str:
    try:
        texts = [sighting.text for sighting in read_codes(picture.read_bytes())]
    except (OSError, ValueError, Invalid):
        raise CodeError(
            f"{str(picture)[:80]!r} is neither a code, a picture, the id of a code nor a reference "
            "number."
        ) from None
    if len(texts) != 1 or not texts[0]:
        raise CodeError("There must be one code in the picture, and it must be readable.")
    return texts[0]


async def _meant(
    tx: Transaction, named: str | bytes, request: Request, now: datetime
) -> tuple[list[Live], Request]:
    """Return the live codes that are meant, and the request that means them."""
    if isinstance(named, bytes):
        rows, code = await tx.codes.one_alive(named, now), named
    else:
        holder = await tx.people.of_reference(named)
        if holder is None:
            raise CodeError(f"Nobody has the reference number {named}.")
        rows, code = await tx.codes.all_alive(holder, now), None
    if not rows:
        raise CodeError("There is nothing to withdraw: no such code is still good.")
    return rows, Request(rows[0].holder, code, request.why, request.reason)


async def pending(settings: Settings, policy: Policy, clock: Clock) -> str:
    """Return the requests that wait for a second person, a line each."""
    async with opened(settings, policy, clock) as store, store.reading() as tx:
        lines = [await _line(tx, waiting) for waiting in await tx.withdrawals.pending(clock())]
    return "\n".join(lines) or "No request waits for a second person."


async def _line(tx: Transaction, waiting: Pending) -> str:
    request = waiting.request
    if request.code is None:
        known = await tx.people.of_id(request.holder)
        what = f"all codes of {known.reference if known else request.holder}"
    else:
        what = f"code {request.code.hex()}"
    until = clock_time(waiting.expires_at)
    return (
        f"{what}  --why {request.why}  asked by {waiting.first}, good until "
        f"{until} Hong Kong time: {request.reason}"
    )
