"""The operator's command about a mobile number that takes no codes any more."""

from __future__ import annotations

from bot.app import opened
from bot.clock import Clock
from bot.operator.staff import must_be_staff
from bot.settings import Settings
from core.answer import Context, Invalid
from core.contact import HongKongMobile, masked
from core.days import hong_kong_day
from core.plain_error import PlainError
from core.policy import Policy
from core.store.staff import staff_name


class PhoneError(PlainError):
    """It is no Hong Kong mobile number, or not locked; the message is one plain sentence."""


async def unlock(settings: Settings, policy: Policy, clock: Clock, given: str, by: str) -> str:
    """Let a number take codes again, once a person has looked. Raise PhoneError or StaffError."""
    name, now = staff_name(by), clock()
    try:
        phone = HongKongMobile.parse(given, Context(hong_kong_day(now), {}))
    except Invalid:
        raise PhoneError("That is not a Hong Kong mobile number: give its eight digits.") from None
    async with opened(settings, policy, clock) as store, store.writing() as tx:
        await must_be_staff(tx, name)
        if not await tx.challenges.locked(phone):
            raise PhoneError(
                f"{masked(phone)} is not locked, so nothing is changed: every other limit on its "
                "codes ends by itself within 24 hours."
            )
        await tx.challenges.unlock(phone)
        index = tx.ring.index("phone", phone).hex()
        await tx.people.record("phone unlocked", actor=name, object=index, now=now)
    return f"{masked(phone)} takes codes again."
