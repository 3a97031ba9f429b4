"""One-time codes: sent within limits, checked once.

The code is derived from the challenge's id and never stored.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Float,
    bindparam,
    case,
    func,
    insert,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from core.days import hong_kong_day
from core.policy import PasscodePolicy, Policy
from core.store.challenge_limits import (
    DAY,
    FAILED,
    FAILURES,
    IN_A_ROW,
    LOCKED,
    SENT,
    SKEW,
    ChallengeLimits,
    Live,
    attempts_of,
    failures_of,
    hour_of,
    row_of,
)
from core.store.connection import Connection
from core.store.tables import challenges, dispatches, instant
from core.store.tallies import Tallies, count_of
from core.vault import KeyRing


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


class Challenges:
    """One-time codes, in the open transaction."""

    def __init__(self, connection: Connection, ring: KeyRing, policy: Policy) -> None:
        self.connection = connection
        self.ring = ring
        self.policy = policy.passcode
        self.limits = ChallengeLimits(connection, ring, self.policy)
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
        refused = await self.limits.refusal(chat, phone, live, now)
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
                    "expires_at": at + 60 * self.policy.minutes,
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
    ) -> Live | None:
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
        return Live(*row) if row[0] else None

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
            challenges.c.made_at <= at + SKEW,
            challenges.c.expires_at > at,
            challenges.c.verified_at.is_(None),
            challenges.c.attempts < attempts_of(self.policy, literal(hour_of(at))),
        ]

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
        hour = hour_of(now.timestamp())
        row = (
            await self.connection.execute(
                _check_statement(self.policy),
                {
                    "challenge": challenge,
                    "of_chat": chat,
                    "of_phone": self._phone(phone),
                    "of_purpose": purpose,
                    "of_row": row_of(self.ring, phone),
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
            locks = row.in_a_row + 1 >= self.policy.phone_failures_in_a_row
            await self.tallies.add(IN_A_ROW, row_of(self.ring, phone), None if locks else now)
            return False
        if row.in_a_row:
            await self.unlock(phone)
        return True

    async def ready_at(self, challenge: str, now: datetime) -> datetime | None:
        """Return from when on the next code for a challenge is looked at; None if never."""
        at = now.timestamp()
        most = attempts_of(self.policy, literal(hour_of(at)))
        return instant(
            await self.connection.scalar(
                select(challenges.c.ready_at).where(
                    challenges.c.id == challenge,
                    challenges.c.made_at <= at + SKEW,
                    challenges.c.attempts < most,
                )
            )
        )

    async def locked(self, phone: str) -> bool:
        """Tell whether a phone gets no more codes until a person has looked."""
        row = row_of(self.ring, phone)
        counts = await self.tallies.of(IN_A_ROW, [row])
        return counts.get(row, 0) >= self.policy.phone_failures_in_a_row

    async def unlock(self, phone: str) -> None:
        """Forget the failures in a row of a phone: a code was right, or a person has looked."""
        await self.tallies.clear(IN_A_ROW, row_of(self.ring, phone))


_CHALLENGE, _DISPATCH = insert(challenges), insert(dispatches)


@cache
def _check_statement(limits: PasscodePolicy) -> ReturningUpdate[tuple[float | None, int]]:
    at: BindParameter[float] = bindparam("at", type_=Float)
    failures = failures_of(challenges.alias(), at - DAY)
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
            challenges.c.attempts < attempts_of(limits, bindparam("hour")),
            challenges.c.made_at <= at + SKEW,
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
