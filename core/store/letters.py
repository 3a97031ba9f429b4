"""Codes in letters: by one a person who has no phone agrees that a guardian looks after him.

A code is good once, until its day, in the chat whose guardian asked, and for the person to whose
address it went. Only its keyed index is kept, with the link that waits for it.
"""

from __future__ import annotations

import secrets
import unicodedata
from datetime import date, datetime, timedelta

from sqlalchemy import true, update

from core.days import hong_kong_day, start_of_day
from core.family import Way
from core.policy import FamilyPolicy
from core.store.audit import times
from core.store.connection import Connection
from core.store.family import Link
from core.store.tables import links
from core.vault import KeyRing

PREFIX = "HC7"
"""With this begins every code, so that it is known as one whatever is asked."""

LETTERS = "ACDEFHJKLMNPRTVWXY23456789"
"""Letters of a code: none is read for another, on paper or over the phone."""

MEANT = str.maketrans("BSZGUQOI01", "8526VDDLDL")
"""What is read where one of the letters stands that no code has."""

GROUP, GROUPS = 4, 3
"""Twelve letters, in groups: 56 bits."""

DAY = timedelta(hours=24)
REFUSED = "letter refused"


def new_code() -> str:
    """Make the code of a letter, as it is written: HC7 and three groups of four."""
    groups = ["".join(secrets.choice(LETTERS) for _ in range(GROUP)) for _ in range(GROUPS)]
    return " ".join([PREFIX, *groups])


def _letters(code: str) -> str:
    """Return what counts of a code that somebody typed, whatever stands before it."""
    before, prefix, after = unicodedata.normalize("NFKC", code).upper().partition(PREFIX)
    return "".join(filter(str.isalnum, after if prefix else before)).translate(MEANT)


class Letters:
    """Codes in letters, in the open transaction."""

    def __init__(self, connection: Connection, ring: KeyRing, limits: FamilyPolicy) -> None:
        self.connection = connection
        self.ring = ring
        self.limits = limits

    def _index(self, chat: str, code: str) -> bytes:
        return self.ring.index("letter", f"{chat}|{_letters(code)}")

    def last_day(self, now: datetime) -> date:
        """Return the last Hong Kong day of a letter that is written now."""
        return hong_kong_day(now) + timedelta(days=self.limits.letter_days)

    async def keep(self, link: Link, code: str, *, again: bool, now: datetime) -> bool:
        """Let a code be good for a link; `again`: in place of an earlier one.

        False where the link waits no longer, or another letter has been written meanwhile.
        """
        until = start_of_day(self.last_day(now) + timedelta(days=1))
        kept = await self.connection.execute(
            update(links)
            .where(
                links.c.chat == link.chat,
                links.c.holder == link.holder,
                links.c.way == str(Way.LETTER),
                links.c.starts_at.is_(None),
                true() if again else links.c.letter.is_(None),
            )
            .values(letter=self._index(link.chat, code), letter_until=until.timestamp())
        )
        return kept.rowcount > 0

    async def redeem(self, code: str, *, chat: str, now: datetime) -> str | None:
        """Begin the link for which a chat has brought the code; return its holder's id.

        None where the code is wrong, used, over, or another chat's, and where this chat has tried
        too many: which of these it was is told to nobody.
        """
        tried = await times(self.connection, chat, REFUSED, now - DAY)
        if tried >= self.limits.letter_attempts:
            return None
        begun: str | None = await self.connection.scalar(
            update(links)
            .where(
                links.c.chat == chat,
                links.c.letter == self._index(chat, code),
                links.c.letter_until > now.timestamp(),
                links.c.starts_at.is_(None),
            )
            .values(starts_at=now.timestamp(), letter=None, letter_until=None)
            .returning(links.c.holder)
        )
        return begun
