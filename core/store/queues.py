"""The inbox and the outbox: what came in and is not yet answered, what is to be sent.

Rows are worked on in order within their lane: a chat in the inbox, a chat and a route in the
outbox. Bodies are sealed, and erased as soon as a row is done.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnClause,
    ColumnElement,
    Integer,
    Select,
    Table,
    and_,
    bindparam,
    func,
    insert,
    literal_column,
    select,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from core.conversation.messages import Incoming, Reply
from core.conversation.session import Session
from core.conversation.turn import Job, Sms
from core.store.connection import Connection
from core.store.dialects import insert_if_new, one_of
from core.store.tables import DONE, PARKED, WAITING, chats, inbox, outbox
from core.vault import KeyRing, Tampered

Outgoing = Reply | Sms | Job

# A partial index serves only a condition that is written out, not a bound value.
_WAITING: ColumnClause[int] = literal_column(str(WAITING))
_incoming = msgspec.json.Decoder(Incoming)
_outgoing: msgspec.json.Decoder[Outgoing] = msgspec.json.Decoder(Outgoing)
_encode = msgspec.json.Encoder().encode


def _first(rows: Table, *lane: str) -> ColumnElement[bool]:
    """Tell whether a row is the oldest of its lane that waits; only such a one is worked on."""
    earlier = rows.alias()
    oldest = select(func.min(earlier.c.number)).where(
        *(earlier.c[name] == rows.c[name] for name in lane), earlier.c.state == _WAITING
    )
    return and_(rows.c.state == _WAITING, rows.c.number == oldest.scalar_subquery())


def _heads() -> Select[Any]:
    columns = inbox.c.number, inbox.c.chat, inbox.c.message, inbox.c.body, inbox.c.tries
    return (
        select(*columns, chats.c.key, chats.c.session)
        .join(chats, chats.c.id == inbox.c.chat)
        .where(_first(inbox, "chat"), inbox.c.due_at <= bindparam("now"))
        .order_by(inbox.c.number)
        .limit(bindparam("most", type_=Integer))
        # On PostgreSQL a chat is locked until its turn is committed: others pass over it.
        .with_for_update(of=[chats, inbox], skip_locked=True)
    )


def _take() -> ReturningUpdate[Any]:
    heads = (
        select(outbox.c.number)
        .where(_first(outbox, "chat", "route"), outbox.c.due_at <= bindparam("now"))
        .order_by(outbox.c.number)
        .limit(bindparam("most", type_=Integer))
        .with_for_update(skip_locked=True)
        # As a subquery it might be run again for each row, and take more than `most`.
        .cte("heads")
    )
    columns = outbox.c.number, outbox.c.route, outbox.c.chat, outbox.c.body, outbox.c.tries
    return (
        update(outbox)
        .where(outbox.c.number.in_(select(heads.c.number)))
        .values(due_at=bindparam("until"))
        .returning(*columns)
    )


# The statements of every message are put together once.
_HEADS, _TAKE = _heads(), _take()
_ANY_WAITING = select(inbox.c.number).where(inbox.c.state == _WAITING).limit(1)
_KNOWN_MESSAGES = select(inbox.c.message).where(one_of(inbox.c.message, "messages"))
_CHATS = select(chats.c.id, chats.c.key, chats.c.session).where(one_of(chats.c.id, "ids"))
_NEXT_ANSWER = select(func.min(inbox.c.due_at)).where(_first(inbox, "chat"))
_NEXT_SENDING = select(func.min(outbox.c.due_at)).where(_first(outbox, "chat", "route"))
_ANSWERED = update(inbox).where(inbox.c.number == bindparam("of")).values(state=DONE, body=None)
_SENT = update(outbox).where(outbox.c.number == bindparam("of")).values(state=DONE, body=None)
_SENT_AND_KEPT = update(outbox).where(outbox.c.number == bindparam("of")).values(state=DONE)
_RECEIVED = insert(inbox)
_PUT = insert(outbox)
_LAST = select(func.max(outbox.c.number))
_UNSENT = (
    select(outbox.c.route, outbox.c.chat, func.count())
    .where(outbox.c.state == _WAITING)
    .group_by(outbox.c.route, outbox.c.chat)
)
_SESSIONS = (
    update(chats)
    .where(chats.c.id == bindparam("of_chat"))
    .values(session=bindparam("after"), seen_at=bindparam("at"))
)


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


@dataclass(frozen=True)
class Due:
    """The oldest unsent row of a lane. `body` is None where the row is damaged."""

    number: int
    route: str
    chat: str
    body: Outgoing | None
    tries: int


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
            rows.append({"id": chat, "key": key, "session": sealed, "seen_at": now.timestamp()})
        if rows:
            await self.connection.execute(insert_if_new(self.connection, chats), rows)

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
        first: dict[str, Incoming] = {}
        later: list[Incoming] = []
        for item in messages.values():
            if item.chat in first or len(first) == limit:
                later.append(item)
            else:
                first[item.chat] = item
        if not first:
            return []
        rows = [_row(item, now, DONE, None) for item in first.values()]
        await self.connection.execute(_RECEIVED, rows)
        if later:
            await self.put(later, [], now)
        met = await self.connection.execute(_CHATS, {"ids": list(first)})
        sessions = {chat: (key, session) for chat, key, session in met}
        return [
            Waiting(0, chat, _message(item), 0, self.ring, item, *sessions[chat])
            for chat, item in first.items()
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

    async def park(self, number: int) -> None:
        """Give a message up, so that the ones behind it can go on; it is kept for people to see."""
        await self.connection.execute(
            update(inbox).where(inbox.c.number == number).values(state=PARKED)
        )

    async def next_due(self) -> datetime | None:
        """Return when the next waiting message is due, None where none waits."""
        return _instant(await self.connection.scalar(_NEXT_ANSWER))


class Outbox:
    """The outbox, in the open transaction."""

    def __init__(self, connection: Connection, ring: KeyRing) -> None:
        self.connection = connection
        self.ring = ring

    async def put(
        self,
        items: Sequence[tuple[str, str, Outgoing]],
        now: datetime,
        *,
        lease: float = 0.0,
    ) -> list[int]:
        """Keep what is to be sent: (route, chat, what).

        With a lease of some seconds the rows are taken at once, by who writes them, and their
        numbers returned, in order: only for a store that nobody else writes into.
        """
        transit, at = self.ring.transit(), now.timestamp()
        rows = [
            {
                "route": route,
                "chat": chat,
                "body": transit.seal(_encode(body), f"outbox|body|{chat}"),
                "made_at": at,
                "due_at": at + lease,
                "tries": 0,
                "state": WAITING,
            }
            for route, chat, body in items
        ]
        await self.connection.execute(_PUT, rows)
        if not lease:
            return []
        # Cheaper than to have each row return its own: they are the last, without a gap.
        last: int = await self.connection.scalar(_LAST)
        return list(range(last - len(rows) + 1, last + 1))

    async def take(self, limit: int, now: datetime, lease: float) -> list[Due]:
        """Take the oldest unsent row of each lane, for `lease` seconds."""
        values = {"now": now.timestamp(), "most": limit, "until": now.timestamp() + lease}
        rows = (await self.connection.execute(_TAKE, values)).all()
        return [
            Due(row.number, row.route, row.chat, self._opened(row.chat, row.body), row.tries)
            for row in sorted(rows, key=lambda row: row.number)
        ]

    def _opened(self, chat: str, body: bytes) -> Outgoing | None:
        try:
            return _outgoing.decode(self.ring.transit().open(body, f"outbox|body|{chat}"))
        except (Tampered, msgspec.DecodeError):
            return None

    async def sent(self, numbers: Sequence[int], kept: Sequence[int]) -> None:
        """Mark rows as sent; the bodies of `kept` stay, as the transcript of their chat."""
        if numbers:
            await self.connection.execute(_SENT, [{"of": number} for number in numbers])
        if kept:
            await self.connection.execute(_SENT_AND_KEPT, [{"of": number} for number in kept])

    async def postpone(self, number: int, until: datetime, *, parked: bool = False) -> None:
        """Try a row again later, or give it up."""
        await self.connection.execute(
            update(outbox)
            .where(outbox.c.number == number)
            .values(
                tries=outbox.c.tries + 1,
                due_at=until.timestamp(),
                state=PARKED if parked else WAITING,
            )
        )

    async def release(self) -> None:
        """Take back every lease: nobody else works on this database, and we have just begun."""
        await self.connection.execute(
            update(outbox).where(outbox.c.state == _WAITING).values(due_at=0.0)
        )

    async def unsent(self) -> dict[tuple[str, str], int]:
        """Count what waits in each lane, by route and chat."""
        rows = await self.connection.execute(_UNSENT)
        return {(route, chat): count for route, chat, count in rows}

    async def since(self, chat: str, number: int, limit: int) -> list[tuple[int, Reply]]:
        """Return the first `limit` replies of a chat's transcript after `number`."""
        statement = (
            select(outbox.c.number, outbox.c.body)
            .where(
                outbox.c.chat == chat,
                outbox.c.route == chat.partition(":")[0],
                outbox.c.number > number,
                outbox.c.body.is_not(None),
            )
            .order_by(outbox.c.number)
            .limit(limit)
        )
        transit = self.ring.transit()
        rows = (await self.connection.execute(statement)).all()
        return [
            (
                row.number,
                msgspec.json.decode(transit.open(row.body, f"outbox|body|{chat}"), type=Reply),
            )
            for row in rows
        ]

    async def next_due(self) -> datetime | None:
        """Return when the next unsent row is due, None where none waits."""
        return _instant(await self.connection.scalar(_NEXT_SENDING))


def _row(item: Incoming, now: datetime, state: int, body: bytes | None) -> dict[str, Any]:
    return {
        "chat": item.chat,
        "message": _message(item),
        "body": body,
        "received_at": now.timestamp(),
        "due_at": now.timestamp(),
        "tries": 0,
        "state": state,
    }


def _message(item: Incoming) -> str:
    """Return what makes a message count once: the channel and its own id."""
    return f"{item.chat.partition(':')[0]}:{item.id}"


def _instant(at: float | None) -> datetime | None:
    return None if at is None else datetime.fromtimestamp(at, UTC)
