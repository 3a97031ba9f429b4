"""The operator's commands about staff: each returns what is printed."""

from __future__ import annotations

from bot.app import opened
from bot.clock import Clock
from bot.settings import Settings
from core.days import clock_time
from core.policy import Policy
from core.store.audit import OPERATOR
from core.store.staff import LIFE, Member, Role, StaffError, staff_name
from core.store.store import Transaction


async def add(settings: Settings, policy: Policy, clock: Clock, given: str, role: str) -> str:
    """Add a member of staff, or enrol one anew; return what he must be told."""
    name = staff_name(given)
    async with opened(settings, policy, clock) as store, store.writing() as tx:
        word = await tx.staff.add(name, Role(role), clock())
        await tx.people.record(f"{role} added", actor=OPERATOR, object=name, now=clock())
    return (
        f"{name} is to send one of these to the bot, within {LIFE.total_seconds() / 3600:.0f} "
        f"hours, from the chat that is to be his:\n"
        f"  on Telegram:     /start {word}\n"
        f"  in the web chat: {word}\n"
        "It is good once, and is shown only now."
    )


async def listed(settings: Settings, policy: Policy, clock: Clock) -> str:
    """Return all members of staff, a line each."""
    async with opened(settings, policy, clock) as store, store.reading() as tx:
        members = await tx.staff.members()
    return "\n".join(map(_line, members)) or "There is no staff."


def _line(member: Member) -> str:
    if member.chat:
        state = f"enrolled in {member.chat}"
    elif member.expires_at is not None:
        until = clock_time(member.expires_at)
        state = f"not enrolled; the enrolment is good until {until} Hong Kong time"
    else:
        state = "has no chat"
    return f"{member.name}  {member.role}  {state}"


async def remove(settings: Settings, policy: Policy, clock: Clock, given: str) -> str:
    """Take a member's role away, from the next message on. Raise StaffError for a stranger."""
    name = staff_name(given)
    async with opened(settings, policy, clock) as store, store.writing() as tx:
        if not await tx.staff.remove(name, clock()):
            raise StaffError(f"{name} is not on the staff: `staff list` shows who is.")
        await tx.people.record("staff removed", actor=OPERATOR, object=name, now=clock())
    return f"{name} is no longer on the staff. What he sends from now on is a resident's."


async def must_be_staff(tx: Transaction, name: str) -> None:
    """Raise StaffError where somebody is not on the staff, or an officer at the gate."""
    member = await tx.staff.named(name)
    if member is None:
        raise StaffError(f"{name} is not on the staff: `staff list` shows who is.")
    if member.role is not Role.STAFF:
        raise StaffError(f"{name} is an officer: this is for those with the role staff.")
