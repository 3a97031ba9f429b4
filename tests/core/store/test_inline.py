"""sqlite3 in the loop's own thread, as SQLAlchemy uses it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from core.store.inline import connect
from core.store.store import Store
from core.store.tables import chats, outbox
from tests.core.store.people import NOON


async def test_a_cursor_says_what_it_did(tmp_path: Path) -> None:
    connection = await connect(str(tmp_path / "a.sqlite3"), timeout=1)
    cursor = await connection.cursor().__aenter__()
    await cursor.execute("CREATE TABLE t (n INTEGER PRIMARY KEY, word TEXT)")
    await cursor.execute("INSERT INTO t (word) VALUES (?)", ["one"])
    assert (cursor.lastrowid, cursor.rowcount) == (1, 1)
    await cursor.executemany("INSERT INTO t (word) VALUES (?)", [["two"], ["three"]])
    assert cursor.rowcount == 2
    await cursor.execute("SELECT word FROM t ORDER BY n")
    assert [column[0] for column in cursor.description] == ["word"]
    assert await cursor.fetchall() == [("one",), ("two",), ("three",)]
    await cursor.close()
    await connection.close()


async def test_a_transaction_is_kept_or_undone(tmp_path: Path) -> None:
    file = str(tmp_path / "a.sqlite3")
    connection, other = await connect(file), await connect(file)
    cursor = connection.cursor()
    await cursor.execute("CREATE TABLE t (n INTEGER)")
    await connection.commit()
    for end, kept in ((connection.rollback, []), (connection.commit, [(1,)])):
        await cursor.execute("BEGIN")
        await cursor.execute("INSERT INTO t VALUES (1)")
        await end()
        looking = other.cursor()
        await looking.execute("SELECT n FROM t")
        assert await looking.fetchall() == kept
    for each in (connection, other):
        each.stop()


async def test_sqlalchemy_finds_all_it_needs(tmp_path: Path, store: Store) -> None:
    row = {"id": "web:1", "key": b"k", "session": b"s", "seen_at": NOON.timestamp()}
    async with store.writing() as tx:
        inserted = await tx.connection.execute(
            outbox.insert().values(route="web", chat="web:1", made_at=0, due_at=0)
        )
        assert inserted.inserted_primary_key == (1,)
        await tx.connection.execute(chats.insert(), [row])
        found = await tx.connection.scalar(
            select(chats.c.id).where(chats.c.id.regexp_match("^web:"))
        )
        assert found == "web:1"
    with pytest.raises(IntegrityError):
        async with store.writing() as tx:
            await tx.connection.execute(chats.insert(), [row])


async def test_a_pool_can_close_what_it_opened(tmp_path: Path) -> None:
    engine = create_async_engine(
        f"sqlite+aiosqlite:///{tmp_path / 'a.sqlite3'}",
        poolclass=NullPool,
        connect_args={"async_creator_fn": connect},
    )
    async with engine.connect() as connection:
        assert await connection.scalar(select(1)) == 1
    await engine.dispose()
