"""Files that were read, sealed for their chat until they find their place."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import bindparam, delete, insert, select

from core.store.connection import Connection
from core.store.tables import uploads
from core.vault import KeyRing
from core.visits import Export

_KEEP = insert(uploads)
_READ = select(uploads.c.body).where(
    uploads.c.id == bindparam("of_name"), uploads.c.chat == bindparam("of_chat")
)
_DROP = delete(uploads).where(uploads.c.id == bindparam("of_name"))


def new_upload() -> str:
    """Return an id for an upload: nobody can guess it."""
    return secrets.token_hex(16)


class Uploads:
    """Uploads, in the open transaction."""

    def __init__(self, connection: Connection, ring: KeyRing) -> None:
        self.connection = connection
        self.sealer = ring.transit()
        self._exports: dict[tuple[str, str], Export] = {}

    async def keep(
        self, chat: str, kind: str, body: bytes, now: datetime, *, name: str = ""
    ) -> str:
        """Keep bytes for a chat; return their id, which may be given (`new_upload`)."""
        name = name or new_upload()
        await self.connection.execute(
            _KEEP,
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
        body = await self.connection.scalar(_READ, {"of_name": name, "of_chat": chat})
        return None if body is None else self.sealer.open(body, f"uploads|body|{name}")

    async def export(self, name: str, *, chat: str) -> Export | None:
        """Return the visit records that are an upload of this chat, None when they are gone.

        A turn that asks again gets the same ones: they are long.
        """
        if (name, chat) not in self._exports:
            body = await self.read(name, chat=chat)
            if body is None:
                return None
            self._exports[name, chat] = Export.from_bytes(body)
        return self._exports[name, chat]

    async def drop(self, name: str) -> None:
        """Forget an upload."""
        await self.connection.execute(_DROP, {"of_name": name})
