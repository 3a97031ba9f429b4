"""Codes withdrawn by two members of staff, and how a holder hears of a withdrawal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, exists, insert, select, update

from core.conversation.messages import Incoming, Withdrawn
from core.store.codes import ALIVE, Why
from core.store.connection import Connection
from core.store.inbox import Inbox
from core.store.people import SELF
from core.store.tables import codes, links, staff, withdrawals
from core.vault import KeyRing

if TYPE_CHECKING:
    from core.store.store import Transaction

LIFE = timedelta(hours=24)
"""How long a request waits for the second person."""


class Outcome(StrEnum):
    """What became of a request: noted, noted before for the same person, or carried."""

    NOTED = "noted"
    SAME_PERSON = "same_person"
    CARRIED = "carried"


@dataclass(frozen=True)
class Request:
    """That codes be withdrawn: one, or (`code` None) all that a holder has.

    `reason` is free text for colleagues, sealed in the store; the holder is told `why`.
    """

    holder: str
    code: bytes | None
    why: Why
    reason: str


@dataclass(frozen=True)
class Pending:
    """A request that waits for the second person."""

    request: Request
    first: str
    expires_at: datetime


class Withdrawals:
    """Requests to withdraw codes, in the open transaction."""

    def __init__(self, connection: Connection, ring: KeyRing) -> None:
        self.connection = connection
        self.ring = ring

    def _index(self, request: Request) -> bytes:
        """Return what makes two requests the same: all of it, however the reason is spaced."""
        code = "" if request.code is None else request.code.hex()
        reason = " ".join(request.reason.casefold().split())
        return self.ring.index("withdrawal", f"{request.holder}|{code}|{request.why}|{reason}")

    async def ask(self, request: Request, *, by: str, now: datetime) -> Outcome:
        """Note that a member of staff asks for it; it is carried by the second one who does.

        A request is good for a day, and only while who made it is on the staff.
        """
        index = self._index(request)
        rows = (
            await self.connection.execute(
                select(withdrawals.c.number, withdrawals.c.first)
                .join(staff, staff.c.name == withdrawals.c.first)
                .where(withdrawals.c.request == index, *_waits(now))
                .order_by(withdrawals.c.number)
                .with_for_update(of=withdrawals)
            )
        ).all()
        number = next((row.number for row in rows if row.first != by), None)
        if number is not None:
            await self.connection.execute(
                update(withdrawals)
                .where(withdrawals.c.number == number)
                .values(second=by, done_at=now.timestamp())
            )
            return Outcome.CARRIED
        if rows:
            return Outcome.SAME_PERSON
        sealed = self.ring.transit().seal(request.reason.encode(), _where(index))
        await self.connection.execute(
            insert(withdrawals),
            {
                "request": index,
                "holder": request.holder,
                "code": request.code,
                "why": str(request.why),
                "reason": sealed,
                "first": by,
                "made_at": now.timestamp(),
            },
        )
        return Outcome.NOTED

    async def pending(self, now: datetime) -> list[Pending]:
        """Return the requests that wait for a second person, the oldest first.

        Not those that could withdraw nothing any more: no code that they mean is alive.
        """
        meant = (
            codes.c.holder == withdrawals.c.holder,
            withdrawals.c.code.is_(None) | (withdrawals.c.code == codes.c.id),
        )
        rows = await self.connection.execute(
            select(withdrawals)
            .join(staff, staff.c.name == withdrawals.c.first)
            .where(exists().where(*meant, *ALIVE), *_waits(now))
            .order_by(withdrawals.c.number),
            {"at": now.timestamp()},
        )
        transit = self.ring.transit()
        return [
            Pending(
                Request(
                    row.holder,
                    row.code,
                    Why(row.why),
                    transit.open(row.reason, _where(row.request)).decode(),
                ),
                row.first,
                datetime.fromtimestamp(row.made_at, UTC) + LIFE,
            )
            for row in rows
        ]


def _waits(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Tell whether a request waits for the second person; the first one must still be on the staff,
    which is joined for that."""
    return (
        withdrawals.c.done_at.is_(None),
        withdrawals.c.made_at > (now - LIFE).timestamp(),
        staff.c.removed_at.is_(None),
    )


def _where(index: bytes) -> str:
    return f"withdrawals|reason|{index.hex()}"


async def tell(
    tx: Transaction, holder: str, code: bytes, chat: str, why: Why, now: datetime
) -> None:
    """Let a chat hear that a code is withdrawn: that in which he got it, if it still speaks for
    the holder; otherwise his own, or that of whoever looks after him."""
    his = await tx.connection.scalars(
        select(links.c.chat)
        .where(links.c.holder == holder, links.c.starts_at <= now.timestamp())
        .order_by(links.c.role != SELF, links.c.made_at.desc())
    )
    chats = list(his)
    if not chats:
        return
    told = chat if chat in chats else chats[0]
    body = Withdrawn(code=code.hex(), why=str(why), holder=holder)
    item = Incoming(chat=told, id=f"withdrawn:{code.hex()}", body=body, sent_at=now)
    await Inbox(tx.connection, tx.ring).put([item], [], now)
