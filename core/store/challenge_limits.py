"""The limits on one-time codes: whether one may be sent, and how often one may be tried.

They follow Signal's registration service and NIST SP 800-63B; they live in the database and hold
after a restart.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Float,
    FromClause,
    ScalarSelect,
    Select,
    bindparam,
    case,
    distinct,
    func,
    select,
)

from core.days import hong_kong_day, start_of_day
from core.policy import PasscodePolicy
from core.store.connection import Connection
from core.store.tables import challenges, dispatches, instant
from core.store.tallies import Tallies, count_of
from core.vault import KeyRing

DAY, HOUR = 86_400, 3_600
SKEW = 120
"""Seconds that the clocks of two processes may differ at most. What was made later than that from
now is from a time when ours was wrong: a code of then would live for as long as it was wrong by."""
FAILED, SENT, IN_A_ROW = "failed_checks", "sent_codes", "failed_in_a_row"
FAILURES, LOCKED = "failures", "locked"


class Live(NamedTuple):
    """A challenge that can be answered: how often it was sent, when last, and until when."""

    sends: int
    last: float
    expires_at: float


class ChallengeLimits:
    """What may still be sent, in the open transaction."""

    def __init__(self, connection: Connection, ring: KeyRing, limits: PasscodePolicy) -> None:
        self.connection = connection
        self.ring = ring
        self.limits = limits
        self.tallies = Tallies(connection)

    async def refusal(
        self, chat: str, phone: str, live: Live | None, now: datetime
    ) -> tuple[str, datetime | None] | None:
        """Return why a code may not be sent, and when it may be (None: never); or None.

        `live` is the challenge that would be sent again.
        """
        limits, at = self.limits, now.timestamp()
        index, block = self.ring.index("phone", phone), self.ring.index("block", phone[:-2])
        counts = (
            await self.connection.execute(
                _COUNTS,
                {
                    "of_phone": index,
                    "of_chat": chat,
                    "of_block": block,
                    "of_row": row_of(self.ring, phone),
                    "yesterday": at - DAY,
                    "last_hour": at - HOUR,
                    "latest": at + SKEW,
                },
            )
        ).one()
        if counts.in_a_row >= limits.phone_failures_in_a_row:
            return LOCKED, None
        if counts.failures >= limits.phone_failures_per_day:
            return FAILURES, await self._forgiven_at(phone, at)
        if counts.phone >= limits.phone_per_day:
            of_phone = dispatches.c.phone == index
            return "phone", await self._free_at(limits.phone_per_day, DAY, at, of_phone)
        if live and live.sends > len(limits.resend_after):
            return "phone", instant(live.expires_at)
        ready = max(
            live.last + limits.resend_after[live.sends - 1] if live else at,
            at if counts.last is None else counts.last + limits.resend_after[0],
        )
        if at < ready:
            return "wait", instant(ready)
        if counts.chat >= limits.chat_per_day:
            of_chat = dispatches.c.chat == chat
            return "chat", await self._free_at(limits.chat_per_day, DAY, at, of_chat)
        if counts.numbers >= limits.chat_phones_per_day:
            most = limits.chat_phones_per_day
            others = dispatches.c.chat == chat, dispatches.c.phone != index
            return "numbers", await self._free_at(most, DAY, at, *others, phones=True)
        if counts.block >= limits.block_per_hour:
            of_block = dispatches.c.block == block
            return "busy", await self._free_at(limits.block_per_hour, HOUR, at, of_block)
        if await self.day_is_full(now):
            return "busy", start_of_day(hong_kong_day(now) + timedelta(days=1))
        return None

    async def _free_at(
        self,
        most: int,
        seconds: int,
        at: float,
        *which: ColumnElement[bool],
        phones: bool = False,
    ) -> datetime | None:
        """Return when fewer than `most` of these sends, or of their phones, will be in the time."""
        made: ColumnElement[float] = dispatches.c.made_at
        query = select(func.max(made) if phones else made).where(*which, made > at - seconds)
        query = query.group_by(dispatches.c.phone if phones else dispatches.c.id)
        sends = sorted((await self.connection.scalars(query)).all(), reverse=True)
        return instant(sends[most - 1] + seconds)

    async def _forgiven_at(self, phone: str, at: float) -> datetime | None:
        """Return when so few failures will be in the day that codes may be tried again."""
        rows = await self.connection.execute(
            select(challenges.c.made_at, challenges.c.attempts)
            .where(
                challenges.c.phone == self.ring.index("phone", phone),
                challenges.c.made_at > at - DAY,
                challenges.c.verified_at.is_(None),
            )
            .order_by(challenges.c.made_at.desc())
        )
        made = [when for when, attempts in rows for _ in range(attempts)]
        return instant(made[self.limits.phone_failures_per_day - 1] + DAY)

    async def day_is_full(self, now: datetime) -> bool:
        """Tell whether today's codes exceed three times the mean of the last 14 days."""
        today = hong_kong_day(now)
        days = [(today - timedelta(days=n)).isoformat() for n in range(15)]
        counts = await self.tallies.of(SENT, days)
        mean = sum(counts.get(day, 0) for day in days[1:]) / 14
        cap = max(self.limits.per_day_at_least, self.limits.per_day_of_mean * mean)
        return counts.get(days[0], 0) >= cap


def row_of(ring: KeyRing, phone: str) -> str:
    """Return the name under which a phone's failures in a row are counted."""
    return ring.index("phone", phone).hex()[:20]


def hour_of(at: float) -> str:
    """Return the name of the hour in which failures of the whole service are counted."""
    return str(int(at) // HOUR)


def attempts_of(limits: PasscodePolicy, hour: ColumnElement[str]) -> ColumnElement[int]:
    """Return how often a code may be tried in this hour: once where too many fail, whoever's they
    are. Who guesses at many numbers has so little of each, and who types his code right is served.
    """
    usual = count_of(FAILED, hour) < limits.failures_per_hour
    return case((usual, limits.attempts), else_=1)


def failures_of(table: FromClause, since: ColumnElement[float]) -> ScalarSelect[int]:
    """Return the wrong codes for a phone among the challenges made since then."""
    return (
        select(func.coalesce(func.sum(table.c.attempts), 0))
        .where(
            table.c.phone == bindparam("of_phone"),
            table.c.made_at > since,
            table.c.verified_at.is_(None),
        )
        .scalar_subquery()
    )


def _counts() -> Select[Any]:
    made = dispatches.c.made_at
    yesterday: BindParameter[float] = bindparam("yesterday", type_=Float)
    last_hour: BindParameter[float] = bindparam("last_hour", type_=Float)
    latest: BindParameter[float] = bindparam("latest", type_=Float)
    of_phone = dispatches.c.phone == bindparam("of_phone")
    of_chat = (dispatches.c.chat == bindparam("of_chat")) & (made > yesterday)
    of_block = dispatches.c.block == bindparam("of_block")
    phones = func.count(distinct(dispatches.c.phone))
    return select(
        select(func.count()).where(of_phone, made > yesterday).scalar_subquery().label("phone"),
        select(func.max(made)).where(of_phone, made <= latest).scalar_subquery().label("last"),
        select(func.count()).where(of_chat).scalar_subquery().label("chat"),
        select(phones).where(of_chat, ~of_phone).scalar_subquery().label("numbers"),
        select(func.count()).where(of_block, made > last_hour).scalar_subquery().label("block"),
        failures_of(challenges, yesterday).label("failures"),
        count_of(IN_A_ROW, bindparam("of_row")).label("in_a_row"),
    )


_COUNTS = _counts()
