"""A database whose disk is full, but for a little."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import event, text

from core.store.store import Store

LITTLE = 8
"""Pages of SQLite that there is room for still."""

LARGE = "more than there is room for. " * 2_000

FULL = (
    "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS "
    "'BEGIN IF octet_length(NEW.body) > 50000 THEN RAISE ''full'' USING ERRCODE = ''53100''; "
    "END IF; RETURN NEW; END'",
    "CREATE TRIGGER full_disk BEFORE INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION full_disk()",
)


@asynccontextmanager
async def full_disk(store: Store) -> AsyncIterator[None]:
    """Have no room for a LARGE reply."""
    if store.shared:
        async with store.writing() as tx:
            for statement in FULL:
                await tx.connection.execute(text(statement))
        yield
        async with store.writing() as tx:
            await tx.connection.execute(text("DROP FUNCTION full_disk CASCADE"))
        return
    async with store.reading() as tx:
        pages = await tx.connection.scalar(text("PRAGMA page_count"))

    def limit(connection: Any, _record: Any) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages + LITTLE}")

    event.listen(store.writer.sync_engine, "connect", limit)
    await store.writer.dispose()
    yield
    event.remove(store.writer.sync_engine, "connect", limit)
    await store.writer.dispose()
