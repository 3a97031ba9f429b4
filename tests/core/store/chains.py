"""A log with a chain, and what somebody can do to it who has the database, but not the keys."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, bindparam, select, text, update

from core.signing.checkpoint import Checkpoint
from core.store.audit import GENESIS, next_hash
from core.store.store import Store, Transaction
from core.store.tables import audit, audit_chain

TRIGGERS = {
    "sqlite": "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname, tgrelid::regclass FROM pg_trigger WHERE NOT tgisinternal",
}


_FITS = (
    update(audit_chain).where(audit_chain.c.place == bindparam("of")).values(hash=bindparam("hash"))
)


async def write(tx: Transaction, now: datetime, *objects: str) -> None:
    """Write an entry for each object, in different microseconds."""
    for number, name in enumerate(objects):
        at = now + timedelta(microseconds=number)
        await tx.people.record("code issued", actor=f"web:{number}", object=name, now=at)


async def chained(store: Store, now: datetime, *objects: str) -> Checkpoint:
    """Write entries, and give them their places; return the check-point."""
    async with store.writing() as tx:
        await write(tx, now, *objects)
        await tx.audit.extend(now)
        newest = await tx.audit.newest()
    assert newest is not None
    return newest


async def drop_triggers(store: Store) -> None:
    """Take away what keeps rows from being changed."""
    async with store.writing() as tx:
        name = tx.connection.dialect.name
        for trigger, table in (await tx.connection.execute(text(TRIGGERS[name]))).all():
            on = f" ON {table}" if name == "postgresql" else ""
            await tx.connection.execute(text(f"DROP TRIGGER {trigger}{on}"))


async def rows_of_chain(tx: Transaction) -> list[Row[Any]]:
    """Return places and numbers of the chain, in order."""
    chosen = select(audit_chain.c.place, audit_chain.c.number).order_by(audit_chain.c.place)
    return list((await tx.connection.execute(chosen)).all())


async def write_chain_anew(tx: Transaction) -> None:
    """Make all hashes fit what stands in the log now, as everybody can."""
    entries = {row.number: row for row in await tx.connection.execute(select(audit))}
    digest, rows = GENESIS, []
    for place, number in await rows_of_chain(tx):
        digest = next_hash(digest, place, entries[number])
        rows.append({"of": place, "hash": digest})
    await tx.connection.execute(_FITS, rows)
