"""The operator's commands about guardians: who waits to be confirmed, and the answer of staff."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from bot.app import opened
from bot.clock import Clock
from bot.operator.reason import reason_of
from bot.operator.staff import must_be_staff
from bot.settings import Settings
from core.days import clock_time
from core.family import Way
from core.plain_error import PlainError
from core.policy import Policy
from core.store.people import Known, read_reference
from core.store.staff import staff_name
from core.store.store import Transaction
from core.store.waiting import Refusal, Wait

NOBODY = "somebody who is not registered"
NO_LONGER = "This guardian does not wait any more."


class GuardianError(PlainError):
    """Nobody waits who could be meant; the message is one plain sentence."""


async def listed(settings: Settings, policy: Policy, clock: Clock) -> str:
    """Return who waits to be confirmed, and what was refused lately, a line each."""
    async with opened(settings, policy, clock) as store, store.reading() as tx:
        waits, refusals = await _all(tx), await tx.waiting.refused()
    lines = [_line(wait, name) for wait, name in zip(waits, named(waits), strict=True)]
    if refusals:
        since = f"Refused in the last {policy.retention.code_days} days:"
        refused = [since, *map(_refusal, refusals)]
    else:
        refused = []
    return "\n".join([*(lines or ["Nobody waits."]), *refused])


async def confirm(settings: Settings, policy: Policy, clock: Clock, given: str, by: str) -> str:
    """Let a guardian begin. Raise GuardianError or StaffError."""
    name, now = staff_name(by), clock()
    async with opened(settings, policy, clock) as store, store.writing() as tx:
        await must_be_staff(tx, name)
        wait = await meant(tx, await _all(tx), given)
        if not await tx.waiting.confirm(wait, by=name, now=now):
            raise GuardianError(NO_LONGER)
    return f"Confirmed: {masked(wait.guardian)} looks after {masked(wait.known)}, and is told."


async def refuse(
    settings: Settings, policy: Policy, clock: Clock, given: str, by: str, reason: str
) -> str:
    """End a guardian's wait. Raise GuardianError, StaffError or ReasonError."""
    name, why, now = staff_name(by), reason_of(reason), clock()
    async with opened(settings, policy, clock) as store, store.writing() as tx:
        await must_be_staff(tx, name)
        wait = await meant(tx, await _all(tx), given)
        if not await tx.waiting.refuse(wait, by=name, reason=why, now=now):
            raise GuardianError(NO_LONGER)
        erased = await tx.people.of_id(wait.known.id) is None
    said = (
        f"Refused: {masked(wait.guardian)} does not look after {masked(wait.known)}, and is told."
    )
    if erased:
        said += f" The registration {wait.known.reference} is erased: nobody else speaks for it."
    return said


async def _all(tx: Transaction) -> list[Wait]:
    return [wait for way in (Way.STAFF, Way.LETTER) for wait in await tx.waiting.by(way)]


async def meant(tx: Transaction, waits: Sequence[Wait], given: str) -> Wait:
    """Return the guardian who is named by a person's reference number, or raise GuardianError.

    Where several wait for that person, a stroke and the letters of one must follow.
    """
    number, _, mark = given.partition("/")
    reference = read_reference(number)
    if reference is None:
        raise GuardianError(f"{given[:80]!r} is no reference number: `guardians list` shows them.")
    if await tx.people.of_reference(reference) is None:
        raise GuardianError(f"Nobody has the reference number {reference}.")
    those = [
        wait
        for wait in waits
        if wait.known.reference == reference and mark.strip().upper() in ("", wait.mark)
    ]
    if not those:
        raise GuardianError(f"No guardian waits for {given.strip()}.")
    if len(those) > 1:
        names = " or ".join(named(those))
        raise GuardianError(f"Several guardians wait for {reference}: write {names}.")
    return those[0]


def named(waits: Sequence[Wait]) -> list[str]:
    """Return how each is named on the command line."""
    several = Counter(wait.known.reference for wait in waits)
    return [
        f"{wait.known.reference}/{wait.mark}"
        if several[wait.known.reference] > 1
        else wait.known.reference
        for wait in waits
    ]


def masked(known: Known | None) -> str:
    """Return somebody's masked name, in both scripts."""
    return known.holder.masked.line if known else NOBODY


def _line(wait: Wait, name: str) -> str:
    link = wait.link
    relation = f" ({link.relation})" if link.relation else ""
    if link.way != Way.LETTER:
        state = "waits for staff"
    elif link.letter_until is None:
        state = "waits for a letter"
    else:
        state = f"has until {clock_time(link.letter_until)} to bring the code of the letter"
    return (
        f"{name}  {masked(wait.guardian)} for {masked(wait.known)}{relation}  "
        f"{state}, since {clock_time(link.made_at)}"
    )


def _refusal(refusal: Refusal) -> str:
    return (
        f"{refusal.reference}  by {refusal.staff}, {clock_time(refusal.made_at)}: {refusal.reason}"
    )
