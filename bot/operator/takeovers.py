"""The operator's command about chats that wait to become a holder's own."""

from __future__ import annotations

from bot.app import opened
from bot.clock import Clock
from bot.operator.staff import must_be_staff
from bot.settings import Settings
from core.plain_error import PlainError
from core.policy import Policy
from core.store.people import read_reference
from core.store.staff import staff_name
from core.store.takeovers import chats_besides, tell


class TakeoverError(PlainError):
    """Nobody has the reference number, or no chat waits; the message is one plain sentence."""


async def stop(settings: Settings, policy: Policy, clock: Clock, given: str, by: str) -> str:
    """Let no other chat become a holder's own that waits to. Raise TakeoverError or StaffError."""
    name, now, reference = staff_name(by), clock(), read_reference(given)
    if reference is None:
        raise TakeoverError(f"{given[:80]!r} is no reference number, such as HC-ABCDE-23456.")
    async with opened(settings, policy, clock) as store, store.writing() as tx:
        await must_be_staff(tx, name)
        holder = await tx.people.of_reference(reference)
        known = await tx.people.of_id(holder) if holder else None
        if known is None:
            raise TakeoverError(f"Nobody has the reference number {reference}.")
        if not await tx.takeovers.stop(known.id):
            raise TakeoverError(f"No other chat asks for {reference}, so nothing is changed.")
        await tx.people.record("takeover stopped", actor=name, object=known.id, now=now)
        await tell(tx, await chats_besides(tx, known, "", now), known, "stopped", now)
    return f"Stopped: no other chat is linked to {reference}. Who gets that code is told."
