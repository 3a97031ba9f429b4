"""Staff: who may do more in his chat than a resident, by the operator's word.

An enrolment is a word that the operator hands over. It is good once and for a day, and only its
keyed index is kept.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import bindparam, select, update

from core.plain_error import PlainError
from core.store.audit import times
from core.store.connection import Connection
from core.store.dialects import insert_or_replace
from core.store.people import REFERENCE
from core.store.tables import instant, staff
from core.vault import KeyRing

ENROLMENT = "staff-"
"""With this begins the word of an enrolment."""

LETTERS = 12
"""Letters of an enrolment: 60 bits, which nobody guesses in a day, from however many chats."""

LIFE = timedelta(hours=24)
"""How long an enrolment is good."""

GUESSES = 5
"""Wrong enrolments that one chat may send in a day; after them right ones are refused too."""

REFUSED = "enrolment refused"

NAME = re.compile(r"\w[\w.-]{0,39}")


class Role(StrEnum):
    """What somebody does here."""

    OFFICER = "officer"
    STAFF = "staff"


class StaffError(PlainError):
    """What was asked about a member of staff cannot be; the message is one plain sentence."""


@dataclass(frozen=True)
class Member:
    """A member of staff. `chat` is empty until he is enrolled."""

    name: str
    role: Role
    chat: str
    expires_at: datetime | None


def staff_name(given: str) -> str:
    """Return a name as it is kept and compared, or raise StaffError."""
    name = unicodedata.normalize("NFKC", given).strip().casefold()
    if not NAME.fullmatch(name):
        raise StaffError(f"{given!r} is no name: use up to 40 letters and digits, such as chan.tm.")
    return name


_ROLE = select(staff.c.role).where(
    staff.c.chat == bindparam("of_chat"), staff.c.removed_at.is_(None)
)


class Staff:
    """Members of staff, in the open transaction."""

    def __init__(self, connection: Connection, ring: KeyRing) -> None:
        self.connection = connection
        self.ring = ring

    async def role(self, chat: str) -> Role | None:
        """Return the role that a chat has at this moment."""
        role = await self.connection.scalar(_ROLE, {"of_chat": chat})
        return None if role is None else Role(role)

    async def add(self, name: str, role: Role, now: datetime) -> str:
        """Add a member, or enrol one anew (his old chat's role ends); return the enrolment."""
        groups = ["".join(secrets.choice(REFERENCE) for _ in range(4)) for _ in range(LETTERS // 4)]
        word = ENROLMENT + "-".join(groups)
        await self.connection.execute(
            insert_or_replace(self.connection, staff),
            {
                "name": name,
                "role": str(role),
                "chat": None,
                "enrolment": self._index(word),
                "expires_at": (now + LIFE).timestamp(),
                "made_at": now.timestamp(),
                "removed_at": None,
            },
        )
        return word

    def _index(self, word: str) -> bytes:
        said = unicodedata.normalize("NFKC", word).strip().casefold()
        letters = re.sub(r"[\W_]", "", said.removeprefix(ENROLMENT))
        return self.ring.index("enrolment", letters)

    async def enrol(self, word: str, *, chat: str, now: datetime) -> Member | None:
        """Give a chat the role that its enrolment stands for; None where that is not good."""
        if await times(self.connection, chat, REFUSED, now - LIFE) >= GUESSES:
            return None
        good = (
            staff.c.enrolment == self._index(word),
            staff.c.expires_at > now.timestamp(),
            staff.c.removed_at.is_(None),
        )
        if await self.connection.scalar(select(staff.c.name).where(*good)) is None:
            return None
        # A chat is one person's: for whom it was before, it is no longer.
        await self.connection.execute(update(staff).where(staff.c.chat == chat).values(chat=None))
        row = (
            await self.connection.execute(
                update(staff)
                .where(*good)
                .values(chat=chat, enrolment=None, expires_at=None)
                .returning(staff.c.name, staff.c.role)
            )
        ).one_or_none()
        return None if row is None else Member(row.name, Role(row.role), chat, None)

    async def remove(self, name: str, now: datetime) -> bool:
        """Take a member's role away, and his enrolment; tell whether there was one."""
        removed = await self.connection.execute(
            update(staff)
            .where(staff.c.name == name, staff.c.removed_at.is_(None))
            .values(chat=None, enrolment=None, expires_at=None, removed_at=now.timestamp())
        )
        return removed.rowcount > 0

    async def named(self, name: str) -> Member | None:
        """Return the member of that name."""
        return next((member for member in await self.members() if member.name == name), None)

    async def members(self) -> list[Member]:
        """Return all members, by name."""
        rows = await self.connection.execute(
            select(staff.c.name, staff.c.role, staff.c.chat, staff.c.expires_at)
            .where(staff.c.removed_at.is_(None))
            .order_by(staff.c.name)
        )
        return [
            Member(row.name, Role(row.role), row.chat or "", instant(row.expires_at))
            for row in rows
        ]
