"""Holders: who is registered, which chats speak for him, what he consented to."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Select, bindparam, delete, insert, select, update

from core.holder import Holder
from core.identity import DocumentType, as_on_card, normalise
from core.store.audit import new_mark, times
from core.store.connection import Connection
from core.store.dialects import insert_if_new, insert_or_replace, one_of
from core.store.lanes import kept
from core.store.tables import (
    OF_A_HOLDER,
    audit,
    consents,
    exports,
    holders,
    inbox,
    instant,
    links,
    outbox,
    proofs,
    takeovers,
    uploads,
)
from core.vault import KeyRing, Sealer
from core.visits import Export

SELF = "self"
"""The chat of the holder himself."""

REFERENCE = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Letters of a reference number: none that is read for another over the phone."""


def new_reference() -> str:
    """Return a reference number to quote to the helpdesk: HC- and ten characters (50 bits)."""
    letters = "".join(secrets.choice(REFERENCE) for _ in range(10))
    return f"HC-{letters[:5]}-{letters[5:]}"


def read_reference(given: str) -> str | None:
    """Return a reference number as it is kept, from how somebody wrote it; None if it is none."""
    letters = given.strip().upper().replace("-", "")
    if not re.fullmatch(f"HC[{REFERENCE}]{{10}}", letters):
        return None
    return f"HC-{letters[2:7]}-{letters[7:]}"


_HOLDER = select(holders.c.id, holders.c.reference, holders.c.key, holders.c.record)
_OF_CHAT = _HOLDER.join(links, links.c.holder == holders.c.id).where(
    links.c.chat == bindparam("of_chat"), links.c.role == SELF
)
_OF_ID = _HOLDER.where(holders.c.id == bindparam("of_id"))
_REGISTERED = select(holders.c.id).where(one_of(holders.c.id, "names"))
_OF_DOCUMENT = _HOLDER.where(holders.c.document == bindparam("index"))
_CONSENTED = select(consents.c.notice).where(
    consents.c.chat == bindparam("of_chat"), consents.c.notice == bindparam("of_notice")
)
_EXPORTED_AT = select(exports.c.exported_at).where(exports.c.holder == bindparam("of_holder"))
_EXPORT = select(exports.c.body).where(exports.c.holder == bindparam("of_holder"))
_REGISTER, _RECORD = insert(holders), insert(audit)
_UNLINK = delete(links).where(links.c.chat == bindparam("of_chat"), links.c.role == SELF)
_USED = (
    update(holders).where(holders.c.id == bindparam("of_holder")).values(seen_at=bindparam("at"))
)


@dataclass(frozen=True)
class Known:
    """A holder in the store."""

    id: str
    reference: str
    holder: Holder
    sealer: Sealer


class People:
    """Holders, in the open transaction."""

    def __init__(self, connection: Connection, ring: KeyRing) -> None:
        self.connection = connection
        self.ring = ring
        self.erased: list[str] = []
        """The ids of those who were erased in this transaction."""

    def document_index(self, document: str, number: str, country: str = "") -> bytes:
        """Return the blind index of an identity document, its number however it is written.

        It is one for all documents that show one person's number: so a list finds him by any.
        """
        kind = DocumentType(document)
        plain = normalise(kind, number)
        return self.ring.index("document", f"{as_on_card(kind, plain)}|{country}|{plain}")

    async def _one(self, statement: Select[Any], values: dict[str, Any]) -> Known | None:
        row = (await self.connection.execute(statement, values)).one_or_none()
        if row is None:
            return None
        sealer = self.ring.owner(row.key)
        record = sealer.open(row.record, f"holders|record|{row.id}")
        return Known(row.id, row.reference, Holder.from_bytes(record), sealer)

    async def of_chat(self, chat: str) -> Known | None:
        """Return the holder for whom a chat speaks."""
        return await self._one(_OF_CHAT, {"of_chat": chat})

    async def of_id(self, name: str) -> Known | None:
        """Return a holder by his id."""
        return await self._one(_OF_ID, {"of_id": name})

    async def registered(self, names: Sequence[str]) -> Sequence[str]:
        """Return those ids that are a holder's."""
        found: Sequence[str] = (await self.connection.scalars(_REGISTERED, {"names": names})).all()
        return found

    async def of_reference(self, reference: str) -> str | None:
        """Return the id of the holder who quotes this reference number."""
        found: str | None = await self.connection.scalar(
            select(holders.c.id).where(holders.c.reference == reference)
        )
        return found

    async def of_document(self, index: bytes) -> Known | None:
        """Return the holder of a document."""
        return await self._one(_OF_DOCUMENT, {"index": index})

    async def register(
        self, holder: Holder, index: bytes, *, chat: str | None, now: datetime
    ) -> Known:
        """Keep a new holder, spoken for by this chat; with None he has none of his own yet."""
        key, name = self.ring.new_key(), secrets.token_hex(16)
        sealer, reference = self.ring.owner(key), new_reference()
        await self.connection.execute(
            _REGISTER,
            {
                "id": name,
                "reference": reference,
                "key": key,
                "document": index,
                "record": sealer.seal(holder.to_bytes(), f"holders|record|{name}"),
                "made_at": now.timestamp(),
                "seen_at": now.timestamp(),
            },
        )
        if chat is not None:
            await self.link(name, chat=chat, now=now)
        return Known(name, reference, holder, sealer)

    async def change(self, known: Known, holder: Holder, index: bytes, now: datetime) -> Known:
        """Replace what a holder declared; his reference and his codes stay."""
        record = known.sealer.seal(holder.to_bytes(), f"holders|record|{known.id}")
        await self.connection.execute(
            update(holders)
            .where(holders.c.id == known.id)
            .values(record=record, document=index, seen_at=now.timestamp())
        )
        return Known(known.id, known.reference, holder, known.sealer)

    async def link(self, holder: str, *, chat: str, now: datetime) -> None:
        """Let a chat speak for a holder; for whom it spoke before, it speaks no longer."""
        await self.connection.execute(_UNLINK, {"of_chat": chat})
        await self.connection.execute(
            # A guardian's chat that becomes the holder's own is no guardian's any more.
            insert_or_replace(self.connection, links),
            {
                "chat": chat,
                "holder": holder,
                "role": SELF,
                "relation": "",
                "way": "",
                "made_at": now.timestamp(),
                "starts_at": now.timestamp(),
            },
        )

    async def consent(self, chat: str, notice: str, now: datetime) -> None:
        """Keep that the person at this chat agreed to a version of the privacy notice."""
        await self.connection.execute(
            insert_if_new(self.connection, consents),
            {"chat": chat, "notice": notice, "given_at": now.timestamp()},
        )

    async def consented(self, chat: str, notice: str) -> bool:
        """Tell whether the person at this chat agreed to this version of the notice."""
        values = {"of_chat": chat, "of_notice": notice}
        return (await self.connection.execute(_CONSENTED, values)).one_or_none() is not None

    async def keep_proof(self, known: Known, body: bytes, now: datetime) -> None:
        """Keep the proof of address until somebody has looked at it."""
        sealed = known.sealer.seal(body, f"proofs|body|{known.id}")
        await self.connection.execute(
            insert_or_replace(self.connection, proofs),
            {"holder": known.id, "body": sealed, "made_at": now.timestamp()},
        )

    async def keep_export(self, known: Known, export: Export, now: datetime) -> None:
        """Keep a holder's visit records, in place of those of his last upload.

        The name of the installation is not kept with them.
        """
        export = msgspec.structs.replace(export, installation="")
        sealed = known.sealer.seal(export.to_bytes(), f"exports|body|{known.id}")
        await self.connection.execute(
            insert_or_replace(self.connection, exports),
            {
                "holder": known.id,
                "body": sealed,
                "made_at": now.timestamp(),
                "exported_at": export.exported_at.timestamp(),
            },
        )

    async def exported_at(self, known: Known) -> datetime | None:
        """Return when a holder's newest export was made."""
        return instant(await self.connection.scalar(_EXPORTED_AT, {"of_holder": known.id}))

    async def export_of(self, known: Known) -> Export | None:
        """Return a holder's visit records."""
        body = await self.connection.scalar(_EXPORT, {"of_holder": known.id})
        if body is None:
            return None
        return Export.from_bytes(known.sealer.open(body, f"exports|body|{known.id}"))

    async def used(self, known: Known, now: datetime) -> None:
        """Keep that a registration was used: unused ones are erased after a time."""
        await self.connection.execute(_USED, {"of_holder": known.id, "at": now.timestamp()})

    async def erase(self, known: Known) -> None:
        """Erase a holder: his key first, so that no copy of what it sealed can be read again.

        With him go the files and the words of his chats, but for what is not answered or sent yet.
        """
        self.erased.append(known.id)
        chats = select(links.c.chat).where(links.c.holder == known.id)
        # Whoever looked after him has consented for himself too.
        own = chats.where(links.c.role == SELF)
        await self.connection.execute(delete(consents).where(consents.c.chat.in_(own)))
        await self.connection.execute(delete(uploads).where(uploads.c.chat.in_(chats)))
        for rows in (inbox, outbox):
            await self.connection.execute(
                update(rows).where(kept(rows), rows.c.chat.in_(chats)).values(body=None)
            )
        await self.connection.execute(
            update(takeovers).where(takeovers.c.holder == known.id).values(holder="", mobile=None)
        )
        await self.connection.execute(delete(holders).where(holders.c.id == known.id))
        for table in OF_A_HOLDER:
            await self.connection.execute(delete(table).where(table.c.holder == known.id))

    async def record(self, act: str, *, actor: str, object: str, now: datetime) -> None:
        """Write an act into the audit log: ids, never content."""
        at = now.timestamp()
        mark = new_mark(self.ring, at, actor, act, object)
        await self.connection.execute(
            _RECORD, {"at": at, "actor": actor, "act": act, "object": object, "mark": mark}
        )

    async def times(self, act: str, *, actor: str, since: datetime) -> int:
        """Count how often somebody has done something since a time."""
        return await times(self.connection, actor, act, since)
