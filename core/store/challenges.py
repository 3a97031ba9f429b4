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
    insert,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from core.days import hong_kong_day, start_of_day
from core.policy import PasscodePolicy, Policy
from core.store.connection import Connection
from core.store.tables import challenges, dispatches, instant
from core.store.tallies import Tallies, count_of
from core.vault import KeyRing

DAY, HOUR = 86_400, 3_600
TO_TYPE = 120
"""Seconds in which most people type the code that was sent to them."""
SAMPLE = 1_000
"""The newest codes tell how those of an hour fare, however many a city is sent."""
FAILED, SENT, IN_A_ROW = "failed_checks", "sent_codes", "failed_in_a_row"
FAILURES, LOCKED = "failures", "locked"


@dataclass(frozen=True)
class Sent:
    """What became of the wish to send a code.

    `refused` is empty, or why not: wait, phone, chat, numbers, busy, failures, locked; then
    `again_at` says when to try (never for locked), and `challenge` is the one that the chat may
    still answer for that phone, until `good_until`; empty where there is none.
    """

    challenge: str
    code: str = ""
    refused: str = ""
    again_at: datetime | None = None
    good_until: datetime | None = None


@dataclass(frozen=True)
class Strain:
    """How the codes of the whole service fare: whether so many fail that each may be tried once,
    and whether the day's are all sent; how many of the newest were `sent` in an hour, and how many
    of them `typed`.
    """

    failing: bool
    full: bool
    sent: int
    typed: int


class Challenges:
    """One-time codes, in the open transaction."""

    def __init__(self, connection: Connection, ring: KeyRing, policy: Policy) -> None:
        self.connection = connection
        self.ring = ring
        self.limits = policy.passcode
        self.tallies = Tallies(connection)

    def _phone(self, phone: str) -> bytes:
        return self.ring.index("phone", phone)

    def _row(self, phone: str) -> str:
        """Return the name under which a phone's failures in a row are counted."""
        return self._phone(phone).hex()[:20]

    async def send(
        self, *, chat: str, phone: str, purpose: str, challenge: str, now: datetime
    ) -> Sent:
        """Make a challenge, or send `challenge` again (the same code) while it lives."""
        at = now.timestamp()
        await self._lock(phone)
        live = await self._live(challenge, chat, phone, purpose, at)
        refused = await self._refused(chat, phone, live, now)
        if refused:
            why, again_at = refused
            good = None if why in (FAILURES, LOCKED) else await self._good(chat, phone, purpose, at)
            challenge, until = good or ("", None)
            return Sent(challenge, refused=why, again_at=again_at, good_until=instant(until))
        if live is None:
            challenge = secrets.token_hex(16)
            await self.connection.execute(
                _CHALLENGE,
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
            _DISPATCH,
            {
                "id": secrets.token_hex(16),
                "challenge": challenge,
                "chat": chat,
                "phone": self._phone(phone),
                "block": self.ring.index("block", phone[:-2]),
                "made_at": at,
            },
        )
        await self.tallies.add(SENT, hong_kong_day(now).isoformat(), now)
        return Sent(challenge, code=self.ring.passcode(challenge))

    async def _lock(self, phone: str) -> None:
        # SQLite has one writer; on PostgreSQL two processes must not count the same phone at once.
        if self.connection.dialect.name == "postgresql":
            key = int.from_bytes(self._phone(phone)[:7], "big")
            await self.connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})

    async def _live(
        self, challenge: str, chat: str, phone: str, purpose: str, at: float
    ) -> _Live | None:
        if not challenge:
            return None
        row = (
            await self.connection.execute(
                select(
                    func.count(),
                    func.max(dispatches.c.made_at),
                    func.max(challenges.c.expires_at),
                )
                .select_from(dispatches.join(challenges, challenges.c.id == dispatches.c.challenge))
                .where(
                    challenges.c.id == challenge,
                    # All were sent for this chat, by which they are found.
                    dispatches.c.chat == chat,
                    *self._answerable(chat, phone, purpose, at),
                )
            )
        ).one()
        return _Live(*row) if row[0] else None

    async def _good(
        self, chat: str, phone: str, purpose: str, at: float
    ) -> tuple[str, float] | None:
        """Return the newest challenge that can still be answered, and until when."""
        row = (
            await self.connection.execute(
                select(challenges.c.id, challenges.c.expires_at)
                .where(*self._answerable(chat, phone, purpose, at))
                .order_by(challenges.c.made_at.desc())
                .limit(1)
            )
        ).one_or_none()
        return (row[0], row[1]) if row else None

    def _answerable(
        self, chat: str, phone: str, purpose: str, at: float
    ) -> list[ColumnElement[bool]]:
        return [
            challenges.c.chat == chat,
            challenges.c.phone == self._phone(phone),
            challenges.c.purpose == purpose,
            challenges.c.expires_at > at,
            challenges.c.verified_at.is_(None),
            challenges.c.attempts < _attempts(self.limits, literal(_hour(at))),
        ]

    async def _refused(
        self, chat: str, phone: str, live: _Live | None, now: datetime
    ) -> tuple[str, datetime | None] | None:
        limits, at = self.limits, now.timestamp()
        counts = (
            await self.connection.execute(
                _COUNTS,
                {
                    "of_phone": self._phone(phone),
                    "of_chat": chat,
                    "of_block": self.ring.index("block", phone[:-2]),
                    "of_row": self._row(phone),
                    "yesterday": at - DAY,
                    "last_hour": at - HOUR,
                },
            )
        ).one()
        if counts.in_a_row >= limits.phone_failures_in_a_row:
            return LOCKED, None
        if counts.failures >= limits.phone_failures_per_day:
            return FAILURES, await self._forgiven_at(phone, at)
        if counts.phone >= limits.phone_per_day:
            of_phone = dispatches.c.phone == self._phone(phone)
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
            others = dispatches.c.chat == chat, dispatches.c.phone != self._phone(phone)
            return "numbers", await self._free_at(most, DAY, at, *others, phones=True)
        if counts.block >= limits.block_per_hour:
            of_block = dispatches.c.block == self.ring.index("block", phone[:-2])
            return "busy", await self._free_at(limits.block_per_hour, HOUR, at, of_block)
        if await self._day_is_full(now):
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
                challenges.c.phone == self._phone(phone),
                challenges.c.made_at > at - DAY,
                challenges.c.verified_at.is_(None),
            )
            .order_by(challenges.c.made_at.desc())
        )
        made = [when for when, attempts in rows for _ in range(attempts)]
        return instant(made[self.limits.phone_failures_per_day - 1] + DAY)

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

        A code that is not looked at, for whatever reason, is no failure of the phone's, nor of the
        service: nobody can lock a phone to which he had no code sent, nor slow the others down with
        more than the codes that were sent to him.

        One conditional statement: however many ask at once, no more than the allowed attempts are
        evaluated and the right code is accepted once.
        """
        right = hmac.compare_digest(self.ring.passcode(challenge), code)
        hour = _hour(now.timestamp())
        row = (
            await self.connection.execute(
                _check_statement(self.limits),
                {
                    "challenge": challenge,
                    "of_chat": chat,
                    "of_phone": self._phone(phone),
                    "of_purpose": purpose,
                    "of_row": self._row(phone),
                    "at": now.timestamp(),
                    "right_code": right,
                    "hour": hour,
                },
            )
        ).one_or_none()
        if row is None:
            return False
        if row.verified_at is None:
            await self.tallies.add(FAILED, hour, now)
            # The count that locks a number stays until a person has looked.
            locks = row.in_a_row + 1 >= self.limits.phone_failures_in_a_row
            await self.tallies.add(IN_A_ROW, self._row(phone), None if locks else now)
            return False
        if row.in_a_row:
            await self.unlock(phone)
        return True

    async def strain(self, now: datetime) -> Strain:
        """Tell how the codes fare; those of the last minutes may still be typed."""
        hour, until = _hour(now.timestamp()), now.timestamp() - TO_TYPE
        failed = await self.tallies.of(FAILED, [hour])
        newest = (
            select(challenges.c.verified_at)
            .where(challenges.c.made_at > until - HOUR, challenges.c.made_at <= until)
            .order_by(challenges.c.made_at.desc())
            .limit(SAMPLE)
            .subquery()
        )
        sent, typed = (
            await self.connection.execute(select(func.count(), func.count(newest.c.verified_at)))
        ).one()
        failing = failed.get(hour, 0) >= self.limits.failures_per_hour
        return Strain(failing, await self._day_is_full(now), sent, typed)

    async def ready_at(self, challenge: str, now: datetime) -> datetime | None:
        """Return from when on the next code for a challenge is looked at; None if never."""
        most = _attempts(self.limits, literal(_hour(now.timestamp())))
        return instant(
            await self.connection.scalar(
                select(challenges.c.ready_at).where(
                    challenges.c.id == challenge, challenges.c.attempts < most
                )
            )
        )

    async def locked(self, phone: str) -> bool:
        """Tell whether a phone gets no more codes until a person has looked."""
        row = self._row(phone)
        counts = await self.tallies.of(IN_A_ROW, [row])
        return counts.get(row, 0) >= self.limits.phone_failures_in_a_row

    async def unlock(self, phone: str) -> None:
        """Forget the failures in a row of a phone: a code was right, or a person has looked."""
        await self.tallies.clear(IN_A_ROW, self._row(phone))


class _Live(NamedTuple):
    """A challenge that can be answered: how often it was sent, when last, and until when."""

    sends: int
    last: float
    expires_at: float


def _hour(at: float) -> str:
    """Return the name of the hour in which failures of the whole service are counted."""
    return str(int(at) // HOUR)


def _attempts(limits: PasscodePolicy, hour: ColumnElement[str]) -> ColumnElement[int]:
    """Return how often a code may be tried in this hour: once where too many fail, whoever's they
    are. Who guesses at many numbers has so little of each, and who types his code right is served.
    """
    usual = count_of(FAILED, hour) < limits.failures_per_hour
    return case((usual, limits.attempts), else_=1)


def _failures(table: FromClause, since: ColumnElement[float]) -> ScalarSelect[int]:
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
    of_phone = dispatches.c.phone == bindparam("of_phone")
    of_chat = (dispatches.c.chat == bindparam("of_chat")) & (made > yesterday)
    of_block = dispatches.c.block == bindparam("of_block")
    phones = func.count(distinct(dispatches.c.phone))
    return select(
        select(func.count()).where(of_phone, made > yesterday).scalar_subquery().label("phone"),
        select(func.max(made)).where(of_phone).scalar_subquery().label("last"),
        select(func.count()).where(of_chat).scalar_subquery().label("chat"),
        select(phones).where(of_chat, ~of_phone).scalar_subquery().label("numbers"),
        select(func.count()).where(of_block, made > last_hour).scalar_subquery().label("block"),
        _failures(challenges, yesterday).label("failures"),
        count_of(IN_A_ROW, bindparam("of_row")).label("in_a_row"),
    )


_COUNTS = _counts()
_CHALLENGE, _DISPATCH = insert(challenges), insert(dispatches)


@cache
def _check_statement(limits: PasscodePolicy) -> ReturningUpdate[tuple[float | None, int]]:
    at: BindParameter[float] = bindparam("at", type_=Float)
    failures = _failures(challenges.alias(), at - DAY)
    in_a_row = count_of(IN_A_ROW, bindparam("of_row"))
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
            challenges.c.attempts < _attempts(limits, bindparam("hour")),
            challenges.c.expires_at > at,
            challenges.c.ready_at <= at,
            failures < limits.phone_failures_per_day,
            in_a_row < limits.phone_failures_in_a_row,
        )
        .values(
            attempts=challenges.c.attempts + 1,
            ready_at=at + delay,
            verified_at=case((bindparam("right_code"), at), else_=None),
        )
        .returning(challenges.c.verified_at, in_a_row.label("in_a_row"))
    )
