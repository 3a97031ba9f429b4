"""The inbox: what came in and is not yet answered. Its lanes are the chats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from typing import Any

import msgspec
from sqlalchemy import Insert, Integer, Select, bindparam, func, insert, select, update

from core.conversation.messages import Incoming, channel_of
from core.conversation.session import Session
from core.store.connection import Connection
from core.store.dialects import insert_if_new, insert_or_set, one_of
from core.store.lanes import AT_ONCE, WAITS, first, in_order
from core.store.tables import DONE, PARKED, WAITING, chats, inbox, instant
from core.vault import KeyRing

_incoming = msgspec.json.Decoder(Incoming)
_encode = msgspec.json.Encoder().encode


def _heads() -> Select[Any]:
    columns = inbox.c.number, inbox.c.chat, inbox.c.message, inbox.c.body, inbox.c.tries
    return (
        select(*columns, chats.c.key, chats.c.session)
        .join(chats, chats.c.id == inbox.c.chat)
        .where(first(inbox, "chat"), inbox.c.due_at <= bindparam("now"))
        .order_by(in_order(inbox))
        .limit(bindparam("most", type_=Integer))
        # On PostgreSQL a chat is locked until its turn is committed: others pass over it.
        .with_for_update(of=[chats, inbox], skip_locked=True)
    )


# The statements of every message are put together once.
_HEADS = _heads()
_ANY_WAITING = select(inbox.c.number).where(inbox.c.state == WAITS).limit(1)
_KNOWN_MESSAGES = select(inbox.c.message).where(one_of(inbox.c.message, "messages"))
_CHATS = select(chats.c.id, chats.c.key, chats.c.session).where(one_of(chats.c.id, "ids"))
_NEXT = select(func.min(inbox.c.due_at)).where(first(inbox, "chat"))
_ANSWERED = update(inbox).where(inbox.c.number == bindparam("of")).values(state=DONE, body=None)
_RECEIVED = insert(inbox)
_SESSIONS = (
    update(chats)
    .where(chats.c.id == bindparam("of_chat"))
    .values(session=bindparam("after"), seen_at=bindparam("at"))
)


@cache
def _met(dialect: str) -> Insert:
    # One that is there is locked by this, and new again: it cannot be erased meanwhile.
    return insert_or_set(dialect, chats, seen_at=bindparam("at"))


@dataclass
class Waiting:
    """The oldest unanswered message of a chat, with the chat's session.

    Both are opened when they are asked for: a damaged one raises Tampered (or msgspec's
    DecodeError) for itself alone. The `number` is 0 where the message is at hand itself, as it has
    just come and is kept as answered already.
    """

    number: int
    chat: str
    message: str
    tries: int
    _ring: KeyRing
    _body: bytes | Incoming
    _key: bytes
    _session: bytes

    @cached_property
    def incoming(self) -> Incoming:
        """The message."""
        if isinstance(self._body, Incoming):
            return self._body
        body = self._ring.transit().open(self._body, f"inbox|body|{self.message}")
        return _incoming.decode(body)

    @cached_property
    def session(self) -> Session:
        """The session, which a turn changes."""
        where = f"chats|session|{self.chat}"
        return Session.from_bytes(self._ring.owner(self._key).open(self._session, where))

    def sealed(self) -> bytes:
        """Return the session as it is now, to be kept."""
        where = f"chats|session|{self.chat}"
        return self._ring.owner(self._key).seal(self.session.to_bytes(), where)


class Inbox:
    """The inbox, in the open transaction."""

    def __init__(self, connection: Connection, ring: KeyRing) -> None:
        self.connection = connection
        self.ring = ring

    async def put(self, items: Sequence[Incoming], new: Sequence[str], now: datetime) -> None:
        """Keep messages; one that is there already is not kept twice.

        `new` are chats that may not be known yet.
        """
        await self._meet(new, now)
        transit = self.ring.transit()
        rows = [
            _row(item, now, WAITING, transit.seal(_encode(item), f"inbox|body|{_message(item)}"))
            for item in items
        ]
        await self.connection.execute(insert_if_new(self.connection, inbox), rows)

    async def _meet(self, new: Sequence[str], now: datetime) -> None:
        """Keep chats that may not be known yet, with a session that knows nothing."""
        rows = []
        for chat in new:
            key = self.ring.new_key()
            sealed = self.ring.owner(key).seal(Session().to_bytes(), f"chats|session|{chat}")
            at = now.timestamp()
            rows.append({"id": chat, "key": key, "session": sealed, "seen_at": at, "at": at})
        if rows:
            await self.connection.execute(_met(self.connection.dialect.name), rows)

    async def waits(self) -> bool:
        """Tell whether any message waits, due or not."""
        return await self.connection.scalar(_ANY_WAITING) is not None

    async def take(
        self, items: Sequence[Incoming], new: Sequence[str], now: datetime, limit: int
    ) -> list[Waiting]:
        """Keep messages as `put` does, those that can be answered at once as answered; take them.

        They are the first of each chat, of at most `limit` chats. Only for a store that nobody
        else writes into, and where nothing waits: with their turns they are committed or undone.
        """
        await self._meet(new, now)
        messages: dict[str, Incoming] = {}
        for item in items:
            messages.setdefault(_message(item), item)
        known = await self.connection.scalars(_KNOWN_MESSAGES, {"messages": list(messages)})
        for message in known:
            del messages[message]
        heads: dict[str, Incoming] = {}
        later: list[Incoming] = []
        for item in messages.values():
            if item.chat in heads or len(heads) == limit:
                later.append(item)
            else:
                heads[item.chat] = item
        if not heads:
            return []
        rows = [_row(item, now, DONE, None) for item in heads.values()]
        await self.connection.execute(_RECEIVED, rows)
        if later:
            await self.put(later, [], now)
        met = await self.connection.execute(_CHATS, {"ids": list(heads)})
        sessions = {chat: (key, session) for chat, key, session in met}
        return [
            Waiting(0, chat, _message(item), 0, self.ring, item, *sessions[chat])
            for chat, item in heads.items()
        ]

    async def heads(self, limit: int, now: datetime) -> list[Waiting]:
        """Take the oldest waiting message of each chat; on PostgreSQL their chats are locked."""
        rows = await self.connection.execute(_HEADS, {"now": now.timestamp(), "most": limit})
        return [
            Waiting(
                row.number,
                row.chat,
                row.message,
                row.tries,
                self.ring,
                row.body,
                row.key,
                row.session,
            )
            for row in rows
        ]

    async def finish(self, done: Sequence[Waiting], now: datetime) -> None:
        """Keep the sessions after their turns, and mark the messages as answered."""
        at = now.timestamp()
        sessions = [{"of_chat": w.chat, "after": w.sealed(), "at": at} for w in done]
        await self.connection.execute(_SESSIONS, sessions)
        if marks := [{"of": w.number} for w in done if w.number]:
            await self.connection.execute(_ANSWERED, marks)

    async def postpone(self, number: int, until: datetime) -> None:
        """Try a message again later."""
        await self.connection.execute(
            update(inbox)
            .where(inbox.c.number == number)
            .values(tries=inbox.c.tries + 1, due_at=until.timestamp())
        )

    async def park(self, number: int) -> bool:
        """Give a message up, so that the ones behind it can go on; it is kept for people to see.

        False where it waits no more: another process has answered it meanwhile.
        """
        parked = await self.connection.execute(
            update(inbox)
            .where(inbox.c.number == number, inbox.c.state == WAITS)
            .values(state=PARKED)
        )
        return parked.rowcount > 0

    async def next_due(self) -> datetime | None:
        """Return when the next waiting message is due, None where none waits."""
        return instant(await self.connection.scalar(_NEXT))


def _row(item: Incoming, now: datetime, state: int, body: bytes | None) -> dict[str, Any]:
    return {
        "chat": item.chat,
        "message": _message(item),
        "body": body,
        "received_at": now.timestamp(),
        "due_at": AT_ONCE,
        "tries": 0,
        "state": state,
    }


def _message(item: Incoming) -> str:
    """Return what makes a message count once: the channel and its own id."""
    return f"{channel_of(item.chat)}:{item.id}"
