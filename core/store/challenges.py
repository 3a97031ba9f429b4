"""One-time codes: sent within limits, checked once.

The code is derived from the challenge's id and never stored. The limits follow Signal's
registration service and NIST SP 800-63B; they live in the database and hold after a restart.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    Float,
    Select,
    bindparam,
    case,
    distinct,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import ReturningUpdate

from core.days import hong_kong_day, start_of_day
from core.policy import PasscodePolicy, Policy
from core.store.tables import challenges, dispatches
from core.store.tallies import Tallies, count_of
from core.vault import KeyRing

DAY, HOUR = 86_400, 3_600
FAILED, SENT = "failed_checks", "sent_codes"


@dataclass(frozen=True)
class Sent:
    """What became of the wish to send a code.

    `refused` is empty, or why not: wait, phone, chat, busy; then `again_at` says when to try.
    """

    challenge: str
    code: str = ""
    refused: str = ""
    again_at: datetime | None = None


class Challenges:
    """One-time codes, in the open transaction."""

    def __init__(self, connection: AsyncConnection, ring: KeyRing, policy: Policy) -> None:
        self.connection = connection
        self.ring = ring
        self.limits = policy.passcode
        self.tallies = Tallies(connection)

    def _phone(self, phone: str) -> bytes:
        return self.ring.index("phone", phone)

    async def send(
        self, *, chat: str, phone: str, purpose: str, challenge: str, now: datetime
    ) -> Sent:
        """Make a challenge, or send `challenge` again (the same code) while it lives."""
        at = now.timestamp()
        await self._lock(phone)
        live = await self._live(challenge, chat, phone, purpose, at)
        refused = await self._refused(chat, phone, live, now)
        if refused:
            return Sent(challenge, refused=refused[0], again_at=refused[1])
        if live is None:
            challenge = secrets.token_hex(16)
            await self.connection.execute(
                insert(challenges),
                {
                    "id": challenge,
                    "chat": chat,
                    "purpose": purpose,
                    "phone": self._phone(phone),
                    "made_at": at,
                    "ready_at": at,
                    "expires_at": at + 60 * self.limits.minutes,
                    "attempts": 0,
                },
            )
        await self.connection.execute(
            insert(dispatches),
            {
                "id": secrets.token_hex(16),
                "challenge": challenge,
                "chat": chat,
                "phone": self._phone(phone),
                "block": self.ring.index("block", phone[:-2]),
                "made_at": at,
            },
        )
        await self.tallies.add(SENT, hong_kong_day(now).isoformat())
        return Sent(challenge, code=self.ring.passcode(challenge))

    async def _lock(self, phone: str) -> None:
        # SQLite has one writer; on PostgreSQL two processes must not count the same phone at once.
        if self.connection.dialect.name == "postgresql":
            key = int.from_bytes(self._phone(phone)[:7], "big")
            await self.connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})

    async def _live(
        self, challenge: str, chat: str, phone: str, purpose: str, at: float
    ) -> tuple[int, float] | None:
        if not challenge:
            return None
        sends = (
            select(func.count(), func.coalesce(func.max(dispatches.c.made_at), 0.0))
            .select_from(dispatches.join(challenges, challenges.c.id == dispatches.c.challenge))
            .where(
                challenges.c.id == challenge,
                challenges.c.chat == chat,
                challenges.c.phone == self._phone(phone),
                challenges.c.purpose == purpose,
                challenges.c.expires_at > at,
                challenges.c.verified_at.is_(None),
                challenges.c.attempts < self.limits.attempts,
            )
        )
        count, last = (await self.connection.execute(sends)).one()
        return (count, last) if count else None

    async def _refused(
        self, chat: str, phone: str, live: tuple[int, float] | None, now: datetime
    ) -> tuple[str, datetime] | None:
        limits, at = self.limits, now.timestamp()
        if live is not None:
            sends, last = live
            if sends > len(limits.resend_after):
                return "phone", now + timedelta(days=1)
            ready = last + limits.resend_after[sends - 1]
            if at < ready:
                return "wait", datetime.fromtimestamp(ready, now.tzinfo)
        row = (
            await self.connection.execute(
                _COUNTS,
                {
                    "of_phone": self._phone(phone),
                    "of_chat": chat,
                    "of_block": self.ring.index("block", phone[:-2]),
                    "yesterday": at - DAY,
                    "last_hour": at - HOUR,
                },
            )
        ).one()
        phone_day, phone_last, chat_day, chat_phones, block_hour = row
        tomorrow = now + timedelta(days=1)
        if phone_day >= limits.phone_per_day:
            return "phone", tomorrow
        if phone_last is not None and at < phone_last + limits.resend_after[0]:
            return "wait", datetime.fromtimestamp(phone_last + limits.resend_after[0], now.tzinfo)
        if chat_day >= limits.chat_per_day or chat_phones >= limits.chat_phones_per_day:
            return "chat", tomorrow
        if block_hour >= limits.block_per_hour:
            return "busy", now + timedelta(hours=1)
        if await self._day_is_full(now):
            return "busy", start_of_day(hong_kong_day(now) + timedelta(days=1))
        return None

    async def _day_is_full(self, now: datetime) -> bool:
        """Tell whether today's codes exceed three times the mean of the last 14 days."""
        today = hong_kong_day(now)
        days = [(today - timedelta(days=n)).isoformat() for n in range(15)]
        counts = await self.tallies.of(SENT, days)
        mean = sum(counts.get(day, 0) for day in days[1:]) / 14
        cap = max(self.limits.per_day_at_least, self.limits.per_day_of_mean * mean)
        return counts.get(days[0], 0) >= cap

    async def check(
        self, *, challenge: str, chat: str, phone: str, purpose: str, code: str, now: datetime
    ) -> bool:
        """Tell whether the code is right. Counts the attempt, whatever the answer.

        One conditional statement: however many ask at once, no more than the allowed attempts are
        evaluated and the right code is accepted once.
        """
        right = hmac.compare_digest(self.ring.passcode(challenge), code)
        hour = str(int(now.timestamp()) // HOUR)
        row = (
            await self.connection.execute(
                _check_statement(self.limits),
                {
                    "challenge": challenge,
                    "of_chat": chat,
                    "of_phone": self._phone(phone),
                    "of_purpose": purpose,
                    "at": now.timestamp(),
                    "right_code": right,
                    "hour": hour,
                },
            )
        ).one_or_none()
        if row is None or row[0] is None:
            await self.tallies.add(FAILED, hour)
            return False
        return True


def _counts() -> Select[Any]:
    made = dispatches.c.made_at
    yesterday: BindParameter[float] = bindparam("yesterday", type_=Float)
    last_hour: BindParameter[float] = bindparam("last_hour", type_=Float)
    of_phone = dispatches.c.phone == bindparam("of_phone")
    of_chat = (dispatches.c.chat == bindparam("of_chat")) & (made > yesterday)
    of_block = dispatches.c.block == bindparam("of_block")
    phones = func.count(distinct(dispatches.c.phone))
    return select(
        select(func.count()).where(of_phone, made > yesterday).scalar_subquery(),
        select(func.max(made)).where(of_phone).scalar_subquery(),
        select(func.count()).where(of_chat).scalar_subquery(),
        select(phones).where(of_chat, ~of_phone).scalar_subquery(),
        select(func.count()).where(of_block, made > last_hour).scalar_subquery(),
    )


_COUNTS = _counts()


@cache
def _check_statement(limits: PasscodePolicy) -> ReturningUpdate[tuple[float | None]]:
    at: BindParameter[float] = bindparam("at", type_=Float)
    others = challenges.alias()
    failures = (
        select(func.coalesce(func.sum(others.c.attempts), 0))
        .where(
            others.c.phone == bindparam("of_phone"),
            others.c.made_at > at - DAY,
            others.c.verified_at.is_(None),
        )
        .scalar_subquery()
    )
    delay = case(
        dict(enumerate(limits.attempt_delays)),
        value=challenges.c.attempts + 1,
        else_=limits.attempt_delays[-1],
    )
    return (
        update(challenges)
        .where(
            challenges.c.id == bindparam("challenge"),
            challenges.c.chat == bindparam("of_chat"),
            challenges.c.phone == bindparam("of_phone"),
            challenges.c.purpose == bindparam("of_purpose"),
            challenges.c.verified_at.is_(None),
            challenges.c.attempts < limits.attempts,
            challenges.c.expires_at > at,
            challenges.c.ready_at <= at,
            failures < limits.phone_failures_per_day,
            count_of(FAILED, bindparam("hour")) < limits.failures_per_hour,
        )
        .values(
            attempts=challenges.c.attempts + 1,
            ready_at=at + delay,
            verified_at=case((bindparam("right_code"), at), else_=None),
        )
        .returning(challenges.c.verified_at)
    )
