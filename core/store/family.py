"""Which chats look after which holders.

Every access to a person in another's care passes through `person`: a link that has been ended
gives nothing from the very next message on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, bindparam, delete, select, update

from core.family import Relation, Way
from core.store.connection import Connection
from core.store.dialects import insert_or_replace
from core.store.people import SELF, Known, People
from core.store.tables import holders, instant, links

GUARDIAN = "guardian"
"""The chat of somebody who looks after the holder."""


@dataclass(frozen=True)
class Link:
    """A chat's link to a holder: from `starts_at` on it may speak for him, None until confirmed.

    `letter_until` is the end of the code in the letter that was written to him, None without one.
    """

    chat: str
    holder: str
    role: str
    relation: str
    way: str
    made_at: datetime
    starts_at: datetime | None
    letter_until: datetime | None = None

    def holds(self, now: datetime) -> bool:
        """Tell whether the chat may speak for the holder now."""
        return self.starts_at is not None and self.starts_at <= now


_LINK = select(
    links.c.chat,
    links.c.holder,
    links.c.role,
    links.c.relation,
    links.c.way,
    links.c.made_at,
    links.c.starts_at,
    links.c.letter_until,
)
_BETWEEN = _LINK.where(
    links.c.chat == bindparam("of_chat"), links.c.holder == bindparam("of_holder")
)
_OF_CHAT = _LINK.where(links.c.chat == bindparam("of_chat"), links.c.role == GUARDIAN).order_by(
    links.c.made_at, links.c.holder
)
_OF_HOLDER = _LINK.where(links.c.holder == bindparam("of_holder")).order_by(
    links.c.made_at, links.c.chat
)
_PENDING = _LINK.where(links.c.way == bindparam("of_way"), links.c.starts_at.is_(None)).order_by(
    links.c.made_at
)


class Family:
    """Guardians and those in their care, in the open transaction."""

    def __init__(self, connection: Connection, people: People) -> None:
        self.connection = connection
        self.people = people

    async def person(self, chat: str, holder: str, now: datetime) -> Known | None:
        """Return a holder for whom the chat may speak now, as himself or as his guardian."""
        link = await self.link(chat, holder)
        if link is None or not link.holds(now):
            return None
        return await self.people.of_id(holder)

    async def link(self, chat: str, holder: str) -> Link | None:
        """Return the link between a chat and a holder, if there is one, in force or not."""
        found = await self._links(_BETWEEN, of_chat=chat, of_holder=holder)
        return found[0] if found else None

    async def in_care(self, chat: str) -> list[Link]:
        """Return the links to those whom a chat looks after, the oldest first, in force or not."""
        return await self._links(_OF_CHAT, of_chat=chat)

    async def everyone(self, chat: str, now: datetime) -> list[Known]:
        """Return all for whom a chat may speak now, its own person first."""
        own = await self.people.of_chat(chat)
        holding = [link.holder for link in await self.in_care(chat) if link.holds(now)]
        others = [await self.people.of_id(holder) for holder in holding]
        return [known for known in (own, *others) if known is not None]

    async def chats_of(self, holder: str) -> list[Link]:
        """Return the links of a holder: his own chats and those of his guardians."""
        return await self._links(_OF_HOLDER, of_holder=holder)

    async def gave_answers(self, chat: str, holder: str) -> bool:
        """Tell whether the answers about a holder are those that this chat gave as his guardian: it
        registered him, and he has no chat of his own in which he could have changed them."""
        registered = (
            select(links.c.chat)
            .join(holders, holders.c.id == links.c.holder)
            .where(
                links.c.chat == chat,
                links.c.holder == holder,
                links.c.role == GUARDIAN,
                # Made in one turn with the registration, and so in the same instant.
                links.c.made_at == holders.c.made_at,
            )
        )
        if await self.connection.scalar(registered) is None:
            return False
        return not await self.has_own_chat(holder)

    async def has_own_chat(self, holder: str) -> bool:
        """Tell whether a holder has a chat of his own."""
        own = select(links.c.chat).where(links.c.holder == holder, links.c.role == SELF).limit(1)
        return await self.connection.scalar(own) is not None

    async def pending(self, way: Way) -> list[Link]:
        """Return the links that wait for a confirmation of this kind, the oldest first."""
        return await self._links(_PENDING, of_way=str(way))

    async def look_after(
        self,
        chat: str,
        holder: str,
        *,
        relation: Relation | None,
        way: Way,
        starts_at: datetime | None,
        now: datetime,
    ) -> None:
        """Make a chat a holder's guardian; with `starts_at` None it waits to be confirmed."""
        await self.connection.execute(
            insert_or_replace(self.connection, links),
            {
                "chat": chat,
                "holder": holder,
                "role": GUARDIAN,
                "relation": str(relation or ""),
                "way": str(way),
                "made_at": now.timestamp(),
                "starts_at": None if starts_at is None else starts_at.timestamp(),
            },
        )

    async def confirm(self, chat: str, holder: str, starts_at: datetime) -> bool:
        """Let a link hold from then on; tell whether it was still waiting."""
        done = await self.connection.execute(
            update(links)
            .where(links.c.chat == chat, links.c.holder == holder, links.c.starts_at.is_(None))
            .values(starts_at=starts_at.timestamp())
        )
        return done.rowcount > 0

    async def end(self, chat: str, holder: str) -> bool:
        """End a link; tell whether there was one."""
        done = await self.connection.execute(
            delete(links).where(links.c.chat == chat, links.c.holder == holder)
        )
        return done.rowcount > 0

    async def _links(self, statement: Select[Any], **values: str) -> list[Link]:
        rows: Sequence[Any] = (await self.connection.execute(statement, values)).all()
        return [
            Link(
                row.chat,
                row.holder,
                row.role,
                row.relation,
                row.way,
                datetime.fromtimestamp(row.made_at, UTC),
                instant(row.starts_at),
                instant(row.letter_until),
            )
            for row in rows
        ]
