"""Chats that wait to become a holder's own: he has another phone now, or somebody says that he is
he.

Who knows a document and a birthday, but has another phone than the registered one, waits for some
hours. All chats that speak for the holder are told at once, and each can stop it. Until it has
begun there is no link, and so nothing to be seen or done. A wait is kept for every wish, right or
wrong, and ends in the same way where nothing comes of it.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, func, insert, select, update

from core.conversation.messages import Incoming, LinkNews, TakeoverDue
from core.store.inbox import Inbox
from core.store.people import Known
from core.store.tables import instant, takeovers

if TYPE_CHECKING:
    from core.store.store import Transaction

DAY = timedelta(hours=24)


@dataclass(frozen=True)
class Takeover:
    """A wait that is over: who is to be reached in the chat (None: nothing comes of it), and his
    new mobile number (E.164)."""

    known: Known | None
    mobile: str


class Takeovers:
    """Chats that wait to become a holder's own, in the open transaction."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx
        self.limits = tx.policy.family

    async def may_ask(self, chat: str, now: datetime) -> bool:
        """Tell whether a chat may ask once more today."""
        return await self._may_ask(takeovers.c.chat == chat, now)

    async def ask(
        self, chat: str, known: Known | None, mobile: str, now: datetime
    ) -> tuple[datetime, bool]:
        """Let a chat wait; return until when, and whether something may come of it.

        Nothing does where the details fit nobody, and where too many chats ask for the same holder.
        """
        name, until = secrets.token_hex(16), now + timedelta(hours=self.limits.takeover_hours)
        if known and not await self._may_ask(takeovers.c.holder == known.id, now):
            known = None
        sealed = known.sealer.seal(mobile.encode(), _where(name)) if known else None
        await self.tx.connection.execute(
            insert(takeovers),
            {
                "id": name,
                "chat": chat,
                "holder": known.id if known else "",
                "mobile": sealed,
                "made_at": now.timestamp(),
                "starts_at": until.timestamp(),
            },
        )
        return until, known is not None

    async def _may_ask(self, by: ColumnElement[bool], now: datetime) -> bool:
        """Tell whether one more may be asked today of those by a chat, or for a holder."""
        count = select(func.count()).where(by, takeovers.c.made_at > (now - DAY).timestamp())
        return (await self.tx.connection.scalar(count) or 0) < self.limits.takeover_attempts

    async def waits(self, chat: str) -> datetime | None:
        """Return until when a chat waits, for whomever."""
        until = select(func.max(takeovers.c.starts_at)).where(
            takeovers.c.chat == chat, takeovers.c.ended_at.is_(None)
        )
        return instant(await self.tx.connection.scalar(until))

    async def stop(self, holder: str) -> int:
        """Let nothing come of what waits for a holder; return how many chats waited.

        They wait on, and hear what all hear whose details fit nobody.
        """
        stopped = await self.tx.connection.execute(
            update(takeovers)
            .where(
                takeovers.c.holder == holder,
                takeovers.c.mobile.is_not(None),
                takeovers.c.ended_at.is_(None),
            )
            .values(mobile=None)
        )
        return stopped.rowcount

    async def take(self, name: str, now: datetime) -> Takeover | None:
        """End a wait that is over, once; None where it has been ended."""
        row = (
            await self.tx.connection.execute(
                update(takeovers)
                .where(takeovers.c.id == name, takeovers.c.ended_at.is_(None))
                .values(ended_at=now.timestamp())
                .returning(takeovers.c.holder, takeovers.c.mobile)
            )
        ).one_or_none()
        if row is None:
            return None
        known = await self.tx.people.of_id(row.holder) if row.mobile is not None else None
        if known is None:
            return Takeover(None, "")
        return Takeover(known, known.sealer.open(row.mobile, _where(name)).decode())

    async def over(self, now: datetime) -> list[tuple[str, str]]:
        """Return the waits that are over and not ended yet: each one's id, and its chat."""
        rows = await self.tx.connection.execute(
            select(takeovers.c.id, takeovers.c.chat).where(
                takeovers.c.ended_at.is_(None), takeovers.c.starts_at <= now.timestamp()
            )
        )
        return [(row.id, row.chat) for row in rows]

    async def announce(self, now: datetime) -> None:
        """Let the chats whose wait is over hear of it, each once."""
        items = [
            Incoming(chat=chat, id=f"takeover:{name}", body=TakeoverDue(name), sent_at=now)
            for name, chat in await self.over(now)
        ]
        if items:
            chats = sorted({item.chat for item in items})
            await Inbox(self.tx.connection, self.tx.ring).put(items, chats, now)


def _where(name: str) -> str:
    return f"takeovers|mobile|{name}"


async def tell(
    tx: Transaction,
    chats: Sequence[str],
    known: Known,
    what: str,
    now: datetime,
    *,
    starts_at: datetime | None = None,
) -> None:
    """Let chats hear, in this transaction, what has become of the links of a holder."""
    holder = known.holder
    news = LinkNews(known.id, holder.english_name, what, starts_at, holder.chinese_name)
    mark = secrets.token_hex(16)
    items = [
        Incoming(chat=chat, id=f"links:{mark}:{number}", body=news, sent_at=now)
        for number, chat in enumerate(chats)
    ]
    if items:
        await Inbox(tx.connection, tx.ring).put(items, [], now)


async def chats_besides(tx: Transaction, known: Known, chat: str, now: datetime) -> list[str]:
    """Return the other chats that speak for a holder now, his own and his guardians'."""
    links = await tx.family.chats_of(known.id)
    return [link.chat for link in links if link.chat != chat and link.holds(now)]


async def link_own(tx: Transaction, known: Known, chat: str, what: str, now: datetime) -> None:
    """Let a chat be a holder's own from now on, and his other chats hear of it as `what`."""
    await tx.people.link(known.id, chat=chat, now=now)
    await tx.people.record("chat linked", actor=chat, object=known.id, now=now)
    await tell(tx, await chats_besides(tx, known, chat, now), known, what, now)
