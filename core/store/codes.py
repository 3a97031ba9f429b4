"""Codes that were issued, with the reasons of their colour (sealed: they are health data).

A code is withdrawn when it must no longer be shown though its time is not over. Verifiers learn it
from `revoked`. The `lists` of a live code are the version of the lists under which it was
assessed; once it is not to be assessed again they are empty.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Select, bindparam, func, insert, null, select, update
from sqlalchemy.sql.dml import ReturningUpdate

from core.assessment import Assessment, worse
from core.colour import Colour
from core.credential import CLOCK_TOLERANCE
from core.declaration import Declaration
from core.signing.issuer_keys import REVOKED_BYTES
from core.store.connection import Connection
from core.store.people import Known
from core.store.tables import codes, instant
from core.vault import KeyRing

NEVER = -1
"""As version of the lists: older than any."""

_encode = msgspec.msgpack.Encoder().encode
_declaration = msgspec.msgpack.Decoder(Declaration)


class Why(StrEnum):
    """Why a code is withdrawn."""

    WORSE = "worse"
    DETAILS = "details"
    ERASED = "erased"
    LISTS = "lists"
    KEY = "key"
    ADDRESS = "address"
    HEALTH = "health"
    OTHER = "other"


@dataclass(frozen=True)
class Assessed:
    """An assessment with what it rests on: the declaration, and the version of the lists."""

    assessment: Assessment
    declaration: Declaration
    lists: int


@dataclass(frozen=True)
class Code:
    """A code that was issued."""

    id: bytes
    holder: str
    chat: str
    assessed: Assessed
    issued_at: datetime
    expires_at: datetime
    withdrawn_at: datetime | None


@dataclass(frozen=True)
class Live:
    """A code that is alive, without what is sealed."""

    id: bytes
    holder: str
    chat: str


_CODE = select(
    codes.c.id,
    codes.c.holder,
    codes.c.chat,
    codes.c.body,
    codes.c.declaration,
    codes.c.lists,
    codes.c.issued_at,
    codes.c.expires_at,
    codes.c.withdrawn_at,
)
_OF_HOLDER = codes.c.holder == bindparam("of_holder")
_NEWEST = _CODE.where(_OF_HOLDER).order_by(codes.c.issued_at.desc()).limit(1)

ALIVE = codes.c.expires_at >= bindparam("at"), codes.c.withdrawn_at.is_(None)
"""Tells whether a code's time is not over `at`, and it is not withdrawn."""

_KEEP = insert(codes)
_NEWEST_ALIVE = _NEWEST.where(*ALIVE)
_ALL_ALIVE = _CODE.where(_OF_HOLDER, *ALIVE)
_LIVING = (
    select(codes.c.id, codes.c.holder, codes.c.chat)
    .where(*ALIVE)
    .order_by(codes.c.issued_at.desc())
)
_WITHDRAW = (
    update(codes)
    .where(*ALIVE)
    .values(withdrawn_at=bindparam("at"), withdrawn_why=bindparam("why"), lists=null())
    .returning(codes.c.id)
)
_WITHDRAW_ALL = _WITHDRAW.where(_OF_HOLDER)
_WITHDRAW_SOME = _WITHDRAW.where(codes.c.id.in_(bindparam("ids", expanding=True)))


class Codes:
    """Codes, in the open transaction."""

    def __init__(self, connection: Connection, ring: KeyRing) -> None:
        self.connection = connection
        self.ring = ring

    async def keep(
        self,
        known: Known,
        assessed: Assessed,
        *,
        code_id: bytes,
        kid: bytes,
        chat: str,
        issued_at: datetime,
        expires_at: datetime,
    ) -> None:
        """Keep that a code was issued, signed by the key `kid`."""
        name = code_id.hex()
        await self.connection.execute(
            _KEEP,
            {
                "id": code_id,
                "holder": known.id,
                "chat": chat,
                "body": known.sealer.seal(assessed.assessment.to_bytes(), f"codes|body|{name}"),
                "declaration": known.sealer.seal(
                    _encode(assessed.declaration), f"codes|declaration|{name}"
                ),
                "lists": assessed.lists,
                "kid": kid,
                "issued_at": issued_at.timestamp(),
                "expires_at": expires_at.timestamp(),
            },
        )

    async def newest(self, known: Known) -> Code | None:
        """Return a holder's newest code, whatever became of it."""
        return await self._one(known, _NEWEST, {"of_holder": known.id})

    async def live(self, known: Known, now: datetime) -> Code | None:
        """Return a holder's newest code that is neither over nor withdrawn."""
        values = {"of_holder": known.id, "at": now.timestamp()}
        return await self._one(known, _NEWEST_ALIVE, values)

    async def issued_since(self, known: Known, since: datetime) -> int:
        """Count the codes that a holder has got since then."""
        count = await self.connection.scalar(
            select(func.count()).where(
                codes.c.holder == known.id, codes.c.issued_at > since.timestamp()
            )
        )
        return count or 0

    async def one_alive(self, code_id: bytes, now: datetime) -> list[Live]:
        """Return the code of that id if it is alive."""
        return await self._living(codes.c.id == code_id, now)

    async def all_alive(self, holder: str, now: datetime) -> list[Live]:
        """Return the codes of a holder (his id) that are alive, the newest first."""
        return await self._living(codes.c.holder == holder, now)

    async def _living(self, where: ColumnElement[bool], now: datetime) -> list[Live]:
        rows = await self.connection.execute(_LIVING.where(where), {"at": now.timestamp()})
        return [Live(*row) for row in rows]

    async def of(self, known: Known, code_id: bytes) -> Code | None:
        """Return one code of a holder."""
        wanted = _CODE.where(codes.c.id == code_id, codes.c.holder == known.id)
        return await self._one(known, wanted, {})

    async def _one(
        self, known: Known, statement: Select[Any], values: dict[str, Any]
    ) -> Code | None:
        row = (await self.connection.execute(statement, values)).one_or_none()
        return None if row is None else opened(known, row)

    # Withdrawal

    async def withdraw(self, ids: Sequence[bytes], why: Why, now: datetime) -> list[bytes]:
        """Withdraw those of the codes that are alive; return them."""
        return await self._withdraw(_WITHDRAW_SOME, why, now, ids=ids)

    async def withdraw_better(self, known: Known, colour: Colour, now: datetime) -> list[bytes]:
        """Withdraw a holder's codes of a better colour than this one; return them."""
        if not any(worse(colour, than=each) for each in Colour):
            return []
        values = {"of_holder": known.id, "at": now.timestamp()}
        alive = [opened(known, row) for row in await self.connection.execute(_ALL_ALIVE, values)]
        better = [c.id for c in alive if worse(colour, than=c.assessed.assessment.colour)]
        return await self.withdraw(better, Why.WORSE, now) if better else []

    async def withdraw_all(self, holder: str, why: Why, now: datetime) -> list[bytes]:
        """Withdraw all codes of a holder (his id) that are alive; return them."""
        return await self._withdraw(_WITHDRAW_ALL, why, now, of_holder=holder)

    async def _withdraw(
        self, statement: ReturningUpdate[bytes], why: Why, now: datetime, **which: Any
    ) -> list[bytes]:
        values = {"at": now.timestamp(), "why": str(why), **which}
        return list(await self.connection.scalars(statement, values))

    async def forget(self, known: Known, now: datetime) -> None:
        """Withdraw the codes of a holder who is erased, and keep no more of them than their ids.

        Those that are over go with him.
        """
        await self.connection.execute(
            update(codes)
            .where(codes.c.holder == known.id, codes.c.expires_at >= slowest_clock(now))
            .values(
                holder="",
                chat="",
                body=b"",
                kid=null(),
                declaration=null(),
                lists=null(),
                issued_at=codes.c.expires_at,
                withdrawn_at=now.timestamp(),
                withdrawn_why=str(Why.ERASED),
            )
        )

    async def revoked(self, now: datetime) -> list[bytes]:
        """Return the first bytes of the ids of withdrawn codes whose time is not over, sorted.

        Not of those whose key was withdrawn: that the key was says it of all of them.
        """
        ids = await self.connection.scalars(
            select(codes.c.id).where(
                codes.c.withdrawn_at.is_not(None),
                codes.c.withdrawn_why != str(Why.KEY),
                codes.c.expires_at >= slowest_clock(now),
            )
        )
        return sorted({code_id[:REVOKED_BYTES] for code_id in ids})

    # Assessing again

    async def assess_again(self, known: Known) -> None:
        """Let a holder's codes be assessed anew, as something has changed that they rest on."""
        await self.connection.execute(
            update(codes)
            .where(codes.c.holder == known.id, codes.c.lists.is_not(None))
            .values(lists=NEVER)
        )


def slowest_clock(now: datetime) -> float:
    """Return what the slowest clock of a verifier may show now (epoch seconds): until a withdrawn
    code is over by that one, it stays among the revoked."""
    return (now - CLOCK_TOLERANCE).timestamp()


def opened(known: Known, row: Any) -> Code:
    """Return a holder's code from its row."""
    name = row.id.hex()
    # Codes from before declarations were kept have none.
    declaration = (
        Declaration()
        if row.declaration is None
        else _declaration.decode(known.sealer.open(row.declaration, f"codes|declaration|{name}"))
    )
    assessment = Assessment.from_bytes(known.sealer.open(row.body, f"codes|body|{name}"))
    return Code(
        row.id,
        row.holder,
        row.chat,
        Assessed(assessment, declaration, NEVER if row.lists is None else row.lists),
        datetime.fromtimestamp(row.issued_at, UTC),
        datetime.fromtimestamp(row.expires_at, UTC),
        instant(row.withdrawn_at),
    )
