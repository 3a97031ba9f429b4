"""Whose app an export comes from: an installation belongs to one holder.

Only a keyed index of its name is kept.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, select

from core.store.connection import Connection
from core.store.dialects import insert_if_new, insert_or_replace
from core.store.tables import installations
from core.vault import KeyRing
from core.visits import Export

_HOLDER_OF = select(installations.c.holder).where(
    installations.c.installation == bindparam("named")
)


class Installations:
    """Installations of the app, in the open transaction."""

    def __init__(self, connection: Connection, ring: KeyRing) -> None:
        self.connection = connection
        self.ring = ring

    async def holder_of(self, export: Export) -> str | None:
        """Return the id of the holder whose app made an export; None where it is not known."""
        if not export.installation:
            return None
        named = {"named": self._index(export.installation)}
        holder: str | None = await self.connection.scalar(_HOLDER_OF, named)
        return holder

    async def claim(self, export: Export, holder: str, now: datetime) -> bool:
        """Let the app that made an export be a holder's (his id) from now on; tell whether it may
        be: not where it is another's."""
        if not export.installation:
            return True
        row = {
            "installation": self._index(export.installation),
            "holder": holder,
            "made_at": now.timestamp(),
        }
        # Whoever comes second, in another transaction, waits here and finds the first.
        await self.connection.execute(insert_if_new(self.connection, installations), row)
        if await self.holder_of(export) != holder:
            return False
        await self.connection.execute(insert_or_replace(self.connection, installations), row)
        return True

    def _index(self, installation: str) -> bytes:
        return self.ring.index("installation", installation)
