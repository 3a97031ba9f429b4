"""The outbox: what is to be sent. Its lanes are the chats, each by its routes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import Integer, Select, bindparam, func, insert, select, union_all, update
from sqlalchemy.sql.dml import ReturningUpdate

from core.conversation.messages import Reply, channel_of
from core.conversation.turn import Job, Sms
from core.store.connection import Connection
from core.store.dialects import listed
from core.store.lanes import AT_ONCE, WAITS, first, in_order
from core.store.tables import DONE, PARKED, WAITING, outbox
from core.vault import KeyRing, Tampered

Outgoing = Reply | Sms | Job

_outgoing: msgspec.json.Decoder[Outgoing] = msgspec.json.Decoder(Outgoing)
_encode = msgspec.json.Encoder().encode


@cache
def _take(routes: tuple[str, ...]) -> ReturningUpdate[Any]:
    """Return the statement that takes up to `most_0`, `most_1` … rows of each route."""
    heads = [
        select(outbox.c.number)
        .where(
            outbox.c.route == route,
            first(outbox, "chat", "route"),
            outbox.c.due_at <= bindparam("now"),
        )
        .order_by(in_order(outbox))
        .limit(bindparam(f"most_{place}", type_=Integer))
        .with_for_update(skip_locked=True)
        # As a subquery it might be run again for each row, and take more than it may.
        .cte(f"heads_{place}")
        for place, route in enumerate(routes)
    ]
    columns = outbox.c.number, outbox.c.route, outbox.c.chat, outbox.c.body, outbox.c.tries
    return (
        update(outbox)
        .where(outbox.c.number.in_(union_all(*(select(head.c.number) for head in heads))))
        .values(due_at=bindparam("until"))
        .returning(*columns)
    )


def _newest() -> Select[Any]:
    chat = listed("chats").c.value
    # One look at the end of an index for each chat, however long its transcript is.
    newest = select(func.max(outbox.c.number)).where(
        outbox.c.chat == chat,
        outbox.c.route == bindparam("of_route"),
        outbox.c.body.is_not(None),
    )
    return select(chat, newest.scalar_subquery())


# The statements of every message are put together once.
_NEWEST = _newest()
_NEXT = (
    select(outbox.c.route, func.min(outbox.c.due_at))
    .where(first(outbox, "chat", "route"))
    .group_by(outbox.c.route)
)
_SENT = update(outbox).where(outbox.c.number == bindparam("of")).values(state=DONE, body=None)
_SENT_AND_KEPT = update(outbox).where(outbox.c.number == bindparam("of")).values(state=DONE)
_PUT = insert(outbox)
_LAST = select(func.max(outbox.c.number))
_UNSENT = (
    select(outbox.c.route, outbox.c.chat, func.count())
    .where(outbox.c.state == WAITS)
    .group_by(outbox.c.route, outbox.c.chat)
)


@dataclass(frozen=True)
class Due:
    """The oldest unsent row of a lane. `body` is None where the row is damaged."""

    number: int
    route: str
    chat: str
    body: Outgoing | None
    tries: int


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
                "due_at": at + lease if lease else AT_ONCE,
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

    async def take(self, most: Mapping[str, int], now: datetime, lease: float) -> list[Due]:
        """Take the oldest unsent row of each lane, for `lease` seconds: so many of each route."""
        routes = tuple(most)
        until = (now + timedelta(seconds=lease)).timestamp()
        values: dict[str, float] = {"now": now.timestamp(), "until": until}
        values |= {f"most_{place}": most[route] for place, route in enumerate(routes)}
        rows = (await self.connection.execute(_take(routes), values)).all()
        return [
            Due(row.number, row.route, row.chat, self._opened(row.chat, row.body), row.tries)
            for row in sorted(rows, key=lambda row: row.number)
        ]

    def _opened(self, chat: str, body: bytes | None) -> Outgoing | None:
        if body is None:
            return None
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

    async def postpone(self, number: int, until: datetime, *, parked: bool = False) -> bool:
        """Try a row again later, or give it up; False where it waits no more.

        When its lease had ended, somebody else may have sent it.
        """
        changed = await self.connection.execute(
            update(outbox)
            .where(outbox.c.number == number, outbox.c.state == WAITS)
            .values(
                tries=outbox.c.tries + 1,
                due_at=until.timestamp(),
                state=PARKED if parked else WAITING,
            )
        )
        return changed.rowcount > 0

    async def release(self) -> None:
        """Take back every lease: nobody else works on this database, and we have just begun."""
        await self.connection.execute(
            update(outbox).where(outbox.c.state == WAITS).values(due_at=AT_ONCE)
        )

    async def give_back(self, ends: Sequence[datetime]) -> None:
        """Take back the leases that end just then: who took them was not told that he has them."""
        if ends:
            due_at = outbox.c.due_at.in_([end.timestamp() for end in ends])
            await self.connection.execute(
                update(outbox).where(outbox.c.state == WAITS, due_at).values(due_at=AT_ONCE)
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
                outbox.c.route == channel_of(chat),
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

    async def newest(self, route: str, chats: Sequence[str]) -> dict[str, int]:
        """Return the number of the newest reply in each of some transcripts, 0 where none is."""
        found = await self.connection.execute(_NEWEST, {"chats": chats, "of_route": route})
        return {chat: number or 0 for chat, number in found}

    async def next_due(self) -> dict[str, datetime]:
        """Return when the next unsent row of each route is due, of those where one waits."""
        rows = await self.connection.execute(_NEXT)
        return {route: datetime.fromtimestamp(at, UTC) for route, at in rows}
