"""Transactions: whole or not at all, and one writer at a time."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path

import pytest
from sqlalchemy import text

from core.policy import Policy
from core.store.schema import migrate
from core.store.store import Store
from core.vault import KeyRing
from tests.core.store.people import NOON, register


async def test_what_fails_is_undone_whole(store: Store) -> None:
    with pytest.raises(RuntimeError):
        async with store.writing() as tx:
            await register(tx)
            raise RuntimeError
    async with store.reading() as tx:
        assert await tx.people.of_chat("web:1") is None


async def test_who_reads_does_not_wait_for_who_writes(store: Store) -> None:
    async with store.writing() as writing:
        await register(writing)
        async with asyncio.timeout(2):
            async with store.reading() as reading:
                assert await reading.people.of_chat("web:1") is None
    async with store.reading() as reading:
        assert await reading.people.of_chat("web:1") is not None


async def test_a_transaction_gives_the_same_parts_each_time(store: Store) -> None:
    async with store.reading() as tx:
        for part in ("challenges", "people", "uploads", "lists", "codes"):
            assert getattr(tx, part) is getattr(tx, part)


async def test_a_sqlite_file_is_private_durable_and_forgets_what_is_erased(tmp_path: Path) -> None:
    file = tmp_path / "new" / "folder" / "store.sqlite3"
    store = Store.open(f"sqlite:///{file}", KeyRing.generate(NOON), Policy())
    await migrate(store)
    assert not store.shared
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    async with store.writing() as tx:
        wanted = {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1, "foreign_keys": 1}
        for name, value in wanted.items():
            assert await tx.connection.scalar(text(f"PRAGMA {name}")) == value
    await store.close()


def test_a_sqlite_store_needs_a_file() -> None:
    with pytest.raises(ValueError, match="needs a file"):
        Store.open("sqlite://", KeyRing.generate(NOON), Policy())


async def test_postgresql_has_one_pool_for_both_and_is_shared() -> None:
    store = Store.open("postgresql://somebody@127.0.0.1:1/none", KeyRing.generate(NOON), Policy())
    assert store.shared
    assert store.writer is store.reader
    assert store.writer.dialect.driver == "asyncpg"
    await store.close()
