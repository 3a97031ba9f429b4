"""Transactions: whole or not at all, and one writer at a time."""

from __future__ import annotations

import asyncio
import socket
import stat
import sys
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import AsyncConnection

from core.policy import Policy
from core.store.schema import migrate
from core.store.store import Store
from core.vault import KeyRing
from tests.core.store.people import NOON, register
from tests.postgres import Postgres


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


async def test_a_server_on_another_machine_is_looked_after_while_it_is_silent(
    postgres: Postgres, postgres_url: str
) -> None:
    """Its machine may be gone without a word: TCP by itself would wait for it for ever."""
    async with postgres.far() as far:
        url = far.url(str(make_url(postgres_url).database))
        store = Store.open(url, KeyRing.generate(NOON), Policy())
        async with store.reading() as tx:
            assert isinstance(tx.connection, AsyncConnection)
            driver = (await tx.connection.get_raw_connection()).driver_connection
            assert driver is not None
            to_server = driver._transport.get_extra_info("socket")
            assert to_server.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            if sys.platform == "linux":
                of_tcp = partial(to_server.getsockopt, socket.IPPROTO_TCP)
                assert of_tcp(socket.TCP_KEEPIDLE) == of_tcp(socket.TCP_KEEPINTVL) == 5
                assert of_tcp(socket.TCP_USER_TIMEOUT) == 20_000
        await store.close()


async def test_the_server_looks_after_a_machine_of_ours_that_is_gone(postgres_url: str) -> None:
    """What it had locked is given up then, and the others go on."""
    store = Store.open(postgres_url, KeyRing.generate(NOON), Policy())
    async with store.reading() as tx:
        # Beyond one machine's own socket these have values: what counts is that we set them.
        wanted = "SELECT name FROM pg_settings WHERE source = 'session' AND name LIKE 'tcp%'"
        names = (await tx.connection.scalars(text(wanted))).all()
    assert sorted(names) == [
        "tcp_keepalives_count",
        "tcp_keepalives_idle",
        "tcp_keepalives_interval",
        "tcp_user_timeout",
    ]
    await store.close()


async def test_postgresql_has_one_pool_for_both_and_is_shared() -> None:
    store = Store.open("postgresql://somebody@127.0.0.1:1/none", KeyRing.generate(NOON), Policy())
    assert store.shared
    assert store.writer is store.reader
    assert store.writer.dialect.driver == "asyncpg"
    await store.close()


async def test_some_keys_of_chats_and_of_people_are_found(store: Store) -> None:
    async with store.writing() as tx:
        assert await tx.some_keys() == []
        await register(tx)
        wrapped = await tx.some_keys()
    assert wrapped
    store.ring.fits(wrapped)
    for key in wrapped:
        store.ring.owner(key)


async def test_a_database_without_tables_has_no_keys(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path / 'new'}", KeyRing.generate(NOON), Policy())
    async with store.reading() as tx:
        assert await tx.some_keys() == []
    await store.close()
