"""Files that were read, sealed for their chat until they find their place."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import delete, insert, select

from core.store.connection import Connection
from core.store.tables import uploads
from core.vault import KeyRing


class Uploads:
    """Uploads, in the open transaction."""

    def __init__(self, connection: Connection, ring: KeyRing) -> None:
        self.connection = connection
        self.sealer = ring.transit()

    async def keep(self, chat: str, kind: str, body: bytes, now: datetime) -> str:
        """Keep bytes for a chat; return their id."""
        name = secrets.token_hex(16)
        await self.connection.execute(
            insert(uploads),
            {
                "id": name,
                "chat": chat,
                "kind": kind,
                "made_at": now.timestamp(),
                "body": self.sealer.seal(body, f"uploads|body|{name}"),
            },
        )
        return name

    async def read(self, name: str, *, chat: str) -> bytes | None:
        """Return the bytes of an upload of this chat, None when they are gone."""
        body = (
            await self.connection.execute(
                select(uploads.c.body).where(uploads.c.id == name, uploads.c.chat == chat)
            )
        ).scalar_one_or_none()
        return None if body is None else self.sealer.open(body, f"uploads|body|{name}")

    async def drop(self, name: str) -> None:
        """Forget an upload."""
        await self.connection.execute(delete(uploads).where(uploads.c.id == name))
