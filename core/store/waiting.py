"""Guardians who wait to be confirmed: what becomes of the wait, and how they hear of it."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from core.conversation.messages import Answered, Incoming
from core.family import Way
from core.store.family import Link
from core.store.inbox import Inbox
from core.store.people import REFERENCE, Known
from core.store.tables import links, refusals

if TYPE_CHECKING:
    from core.store.store import Transaction

MARK = 4
"""Letters that tell the guardians of one person apart: one pair in a million shares them."""


RETENTION = "retention"
"""Who acts in the audit where nobody did."""


class Answer(StrEnum):
    """What becomes of a wish to look after somebody; `LAPSED`: nobody has answered it in time."""

    CONFIRMED = "confirmed"
    REFUSED = "refused"
    LAPSED = "lapsed"


@dataclass(frozen=True)
class Wait:
    """A link that waits: whom it concerns, and who asks (None: who is not registered himself).

    `mark` tells the guardians of one person apart.
    """

    link: Link
    known: Known
    guardian: Known | None
    mark: str


@dataclass(frozen=True)
class Refusal:
    """That a member of staff refused a guardian; `reason` is for his colleagues.

    `reference` is, or was, that of the person concerned.
    """

    reference: str
    staff: str
    reason: str
    made_at: datetime


class Waiting:
    """Guardians who wait, in the open transaction."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx

    async def by(self, way: Way) -> list[Wait]:
        """Return those who wait to be confirmed in this way, the oldest first."""
        return await self._with_people(await self.tx.family.pending(way))

    async def _with_people(self, pending: Sequence[Link]) -> list[Wait]:
        people = self.tx.people
        return [
            Wait(link, known, await people.of_chat(link.chat), self._mark(link))
            for link in pending
            if (known := await people.of_id(link.holder))
        ]

    def _mark(self, link: Link) -> str:
        digest = self.tx.ring.index("guardian", f"{link.chat}|{link.holder}")
        return "".join(REFERENCE[byte % len(REFERENCE)] for byte in digest[:MARK])

    async def confirm(self, wait: Wait, *, by: str, now: datetime) -> bool:
        """Let a link begin, and its chat hear of it; False if it waits no longer."""
        if not await self.tx.family.confirm(wait.link.chat, wait.link.holder, now):
            return False
        await self._answer(wait, Answer.CONFIRMED, by, now)
        return True

    async def refuse(self, wait: Wait, *, by: str, reason: str, now: datetime) -> bool:
        """End a link that waits, and keep why; False if it waits no longer."""
        if not await self._end(wait, Answer.REFUSED, by, now):
            return False
        reference = wait.known.reference
        await self.tx.connection.execute(
            insert(refusals),
            {
                "reference": reference,
                "staff": by,
                "reason": self.tx.ring.transit().seal(reason.encode(), _where(reference)),
                "made_at": now.timestamp(),
            },
        )
        return True

    async def refused(self) -> list[Refusal]:
        """Return what staff refused, as long as it is kept, the oldest first."""
        transit = self.tx.ring.transit()
        return [
            Refusal(
                row.reference,
                row.staff,
                transit.open(row.reason, _where(row.reference)).decode(),
                datetime.fromtimestamp(row.made_at, UTC),
            )
            for row in await self.tx.connection.execute(
                select(refusals).order_by(refusals.c.number)
            )
        ]

    async def lapse(self, now: datetime) -> int:
        """End the links that have waited too long; return how many.

        A letter that is on its way is waited for as long as its code is good.
        """
        before = now - timedelta(days=self.tx.policy.family.waits_days)
        late = [
            link
            for way in (Way.STAFF, Way.LETTER)
            for link in await self.tx.family.pending(way)
            if link.made_at < before and (link.letter_until or before) < now
        ]
        waits = await self._with_people(late)
        return sum([await self._end(wait, Answer.LAPSED, RETENTION, now) for wait in waits])

    async def _end(self, wait: Wait, what: Answer, by: str, now: datetime) -> bool:
        """End a link that waits; False if it does no longer.

        Where nobody else speaks for its person, his registration serves nothing, and is erased.
        """
        link = wait.link
        ended = await self.tx.connection.execute(
            delete(links).where(
                links.c.chat == link.chat,
                links.c.holder == link.holder,
                links.c.starts_at.is_(None),
            )
        )
        if not ended.rowcount:
            return False
        await self._answer(wait, what, by, now)
        if not await self.tx.family.chats_of(link.holder):
            await self.tx.erase(wait.known, by=by, now=now)
        return True

    async def _answer(self, wait: Wait, what: Answer, by: str, now: datetime) -> None:
        """Write an answer into the audit log, and let the guardian's chat hear of it."""
        whom = f"{wait.link.holder}/{wait.mark}"
        await self.tx.people.record(f"guardian {what}", actor=by, object=whom, now=now)
        body = Answered(
            holder=wait.link.holder,
            name=wait.known.holder.english_name,
            reference=wait.known.reference,
            what=str(what),
            chinese_name=wait.known.holder.chinese_name,
        )
        name = f"answered:{secrets.token_hex(16)}"
        item = Incoming(chat=wait.link.chat, id=name, body=body, sent_at=now)
        await Inbox(self.tx.connection, self.tx.ring).put([item], [], now)


def _where(reference: str) -> str:
    return f"refusals|reason|{reference}"
