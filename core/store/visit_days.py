"""Visit records are kept by the day of the visit: an export loses its oldest ones day by day."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
from sqlalchemy import and_, select, update

from core.days import hong_kong_day, start_of_day
from core.store.connection import Connection
from core.store.tables import exports, holders
from core.vault import KeyRing, Tampered
from core.visits import Export

BATCH = 50
"""Exports in one transaction: they are opened one by one, and others wait meanwhile."""


def first_kept(days: int, now: datetime) -> datetime:
    """Return the beginning of the Hong Kong days whose visits are kept, today being the last."""
    return start_of_day(hong_kong_day(now) - timedelta(days=days - 1))


async def trim_exports(
    connection: Connection, ring: KeyRing, days: int, now: datetime, after: str = ""
) -> tuple[str, int]:
    """Erase, from a batch of exports, the visits that ended before the last `days` days.

    The batch follows the holder `after`. Return its last holder, "" where none is left, and how
    many visits were erased. The same call again does no harm.
    """
    oldest, erased = first_kept(days, now), 0
    rows = (
        await connection.execute(
            select(exports.c.holder, exports.c.body, holders.c.key)
            .join(holders, holders.c.id == exports.c.holder)
            .where(exports.c.holder > after)
            .order_by(exports.c.holder)
            .limit(BATCH)
        )
    ).all()
    for holder, body, key in rows:
        where, sealer = f"exports|body|{holder}", ring.owner(key)
        try:
            export = Export.from_bytes(sealer.open(body, where))
        except (Tampered, msgspec.DecodeError):
            continue  # A damaged one can be read by nobody, and goes as a whole in its time.
        kept = [visit for visit in export.visits if visit.left >= oldest]
        if len(kept) < len(export.visits):
            trimmed = msgspec.structs.replace(export, visits=kept)
            await connection.execute(
                update(exports)
                # Another process may have kept a newer one meanwhile.
                .where(and_(exports.c.holder == holder, exports.c.body == body))
                .values(body=sealer.seal(trimmed.to_bytes(), where))
            )
            erased += len(export.visits) - len(kept)
    return (rows[-1].holder if rows else ""), erased
