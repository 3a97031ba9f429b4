"""The newest bundle for verifiers, which all processes serve. It is public, so it is not sealed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select

from core.store.connection import Connection
from core.store.dialects import insert_if_new
from core.store.tables import bundles


@dataclass(frozen=True)
class Kept:
    """A bundle as it is kept."""

    sequence: int
    body: bytes


class Bundles:
    """Bundles, in the open transaction."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    async def newest(self) -> Kept | None:
        """Return the newest bundle."""
        row = (
            await self.connection.execute(
                select(bundles.c.sequence, bundles.c.body)
                .order_by(bundles.c.sequence.desc())
                .limit(1)
            )
        ).one_or_none()
        return None if row is None else Kept(row.sequence, row.body)

    async def next(self, now: datetime) -> int:
        """Return the sequence of the next bundle.

        It is at least the epoch second in which it is made: also a store that was put back
        to an older state, or begun anew, never steps back behind what verifiers hold.
        """
        newest = await self.newest()
        return max(int(now.timestamp()), 0 if newest is None else newest.sequence + 1)

    async def keep(
        self, sequence: int, body: bytes, *, issued_at: datetime, expires_at: datetime
    ) -> bool:
        """Keep a bundle and erase those before it; False where another process was first."""
        kept = await self.connection.execute(
            insert_if_new(self.connection, bundles),
            {
                "sequence": sequence,
                "body": body,
                "issued_at": issued_at.timestamp(),
                "expires_at": expires_at.timestamp(),
            },
        )
        if kept.rowcount == 0:
            return False
        await self.connection.execute(delete(bundles).where(bundles.c.sequence < sequence))
        return True
