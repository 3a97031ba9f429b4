"""Codes that were issued, with the reasons of their colour (sealed: they are health data)."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core.assessment import Assessment
from core.store.people import Known
from core.store.tables import codes
from core.vault import KeyRing


class Codes:
    """Codes, in the open transaction."""

    def __init__(self, connection: AsyncConnection, ring: KeyRing) -> None:
        self.connection = connection
        self.ring = ring

    async def keep(
        self,
        known: Known,
        assessment: Assessment,
        *,
        code_id: bytes,
        chat: str,
        issued_at: datetime,
        expires_at: datetime,
    ) -> None:
        """Keep that a code was issued."""
        where = f"codes|body|{code_id.hex()}"
        await self.connection.execute(
            insert(codes),
            {
                "id": code_id,
                "holder": known.id,
                "chat": chat,
                "colour": str(assessment.colour),
                "body": known.sealer.seal(assessment.to_bytes(), where),
                "issued_at": issued_at.timestamp(),
                "expires_at": expires_at.timestamp(),
            },
        )

    async def newest(self, known: Known) -> tuple[Assessment, datetime, datetime] | None:
        """Return the assessment of a holder's newest code, when it was issued and expires."""
        row = (
            await self.connection.execute(
                select(codes.c.id, codes.c.body, codes.c.issued_at, codes.c.expires_at)
                .where(codes.c.holder == known.id)
                .order_by(codes.c.issued_at.desc())
                .limit(1)
            )
        ).one_or_none()
        if row is None:
            return None
        body = known.sealer.open(row[1], f"codes|body|{row[0].hex()}")
        return (
            Assessment.from_bytes(body),
            datetime.fromtimestamp(row[2], UTC),
            datetime.fromtimestamp(row[3], UTC),
        )
