"""SQLite in the loop's own thread, behind the interface of SQLAlchemy's asyncio engine.

Statements take microseconds: they run where they are asked for. Handing each to a thread, or
through the greenlets by which SQLAlchemy makes a driver asynchronous, costs several times the
statement itself. Only a commit waits for the disk; where the disk is slow it goes to a thread, so
that the loop does not wait with it.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from sqlalchemy import (
    URL,
    Connection,
    CursorResult,
    Dialect,
    Engine,
    Executable,
    RootTransaction,
    ScalarResult,
    create_engine,
)
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from core.store.compiled import Parameters, Rows, Statements

SLOW = 0.005
"""Seconds of a usual commit from which on the disk is slow. A thread costs about as much again: it
waits for the interpreter's lock while the loop is busy."""

OVER = 16
"""Commits over which it is reckoned: one may be long because it tidies the log up."""

RETRY = 100
"""Commits that go to a thread before the disk is tried again."""

STATEMENTS = Statements(SQLiteDialect_pysqlite(dbapi=sqlite3))
"""What is compiled for one file of SQLite serves for any."""

PATIENCE, AGAIN = 60.0, 0.02
"""Seconds to wait for the lock of another process at most, and between two looks."""

_T = TypeVar("_T")


class Replaced(Exception):
    """The database's file is gone, or another one is in its place."""


class InlineConnection:
    """A connection, used like an AsyncConnection."""

    def __init__(self, real: Connection) -> None:
        self.real = real
        self.driver: sqlite3.Connection = real.connection.driver_connection  # type: ignore[assignment]

    @property
    def dialect(self) -> Dialect:
        """The dialect of the database."""
        return self.real.dialect

    async def execute(
        self, statement: Executable, parameters: Parameters = None
    ) -> CursorResult[*tuple[Any, ...]] | Rows:
        """Run a statement, with one set of parameters or a list of them."""
        return self._run(statement, parameters)

    async def scalars(
        self, statement: Executable, parameters: Parameters = None
    ) -> ScalarResult[Any]:
        """Run a statement; return the first column of its rows."""
        return self._run(statement, parameters).scalars()

    async def scalar(self, statement: Executable, parameters: Parameters = None) -> Any:
        """Run a statement; return the first column of its first row, None for none."""
        return self._run(statement, parameters).scalar()

    async def run_sync(self, work: Callable[[Connection], _T]) -> _T:
        """Let a function use the connection that is underneath."""
        return work(self.real)

    def _run(
        self, statement: Executable, parameters: Parameters
    ) -> CursorResult[*tuple[Any, ...]] | Rows:
        compiled = STATEMENTS.compiled(statement, parameters)
        if compiled is None:
            return self.real.execute(statement, parameters)
        return compiled.run(self.driver, parameters)


class InlineEngine:
    """An engine, used like an AsyncEngine, that opens at most so many connections and keeps them.

    A transaction takes the lock at once: a writer that began as a reader could fail half-way.
    """

    def __init__(self, url: URL, connections: int) -> None:
        self.sync_engine: Engine = create_engine(
            url.set(drivername="sqlite"),
            poolclass=NullPool,
            connect_args={"isolation_level": None, "check_same_thread": False},
        )
        self._free = asyncio.Semaphore(connections)
        self._idle: list[InlineConnection] = []
        self._usual = 0.0
        self._threaded = 0
        self._file = 0

    @property
    def url(self) -> URL:
        """Where the database is."""
        return self.sync_engine.url

    @property
    def dialect(self) -> Dialect:
        """The dialect of the database."""
        return self.sync_engine.dialect

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[InlineConnection]:
        """Wait for a connection to read with: each statement sees what is committed by then."""
        async with self._free:
            connection = self._idle.pop() if self._idle else self._opened()
            try:
                yield connection
            except BaseException:
                # Whatever failed, nothing of it is left in a new one.
                connection.real.close()
                raise
            connection.real.rollback()
            self._idle.append(connection)

    def _opened(self) -> InlineConnection:
        connection = InlineConnection(self.sync_engine.connect())
        self._file = self._file or self._in_place()
        return connection

    def _in_place(self) -> int:
        """Return the number of the file that is in the database's place, 0 for none."""
        try:
            return os.stat(str(self.url.database)).st_ino
        except FileNotFoundError:
            return 0

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[InlineConnection]:
        """Open a transaction: committed at the end, undone by an exception.

        Raise Replaced where nobody would find what is committed, or it would harm another file.
        """
        if self._file and self._file != self._in_place():
            raise Replaced
        async with self.connect() as connection:
            transaction = connection.real.begin()
            await _begin(connection)
            yield connection
            await self._commit(transaction)

    async def _commit(self, transaction: RootTransaction) -> None:
        if self._threaded:
            self._threaded -= 1
            await _in_a_thread(transaction.commit)
            return
        began = time.perf_counter()
        transaction.commit()
        self._usual += (time.perf_counter() - began - self._usual) / OVER
        if self._usual > SLOW:
            self._usual, self._threaded = 0.0, RETRY

    async def dispose(self) -> None:
        """Close the connections."""
        while self._idle:
            self._idle.pop().real.close()
        self.sync_engine.dispose()


async def _begin(connection: InlineConnection) -> None:
    """Take the lock; while another process has it (a command of the operator), others go on."""
    # Not in SQLite, which would wait in this thread.
    connection.driver.execute("PRAGMA busy_timeout=0")
    until = time.monotonic() + PATIENCE
    while True:
        try:
            # In an event of SQLAlchemy's it would make every statement look for events.
            connection.real.exec_driver_sql("BEGIN IMMEDIATE")
        except OperationalError as error:
            busy = getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY
            if not busy or time.monotonic() > until:
                raise
            await asyncio.sleep(AGAIN)
        else:
            return


async def _in_a_thread(commit: Callable[[], None]) -> None:
    committing = asyncio.get_running_loop().run_in_executor(None, commit)
    try:
        await asyncio.shield(committing)
    except asyncio.CancelledError:
        # Until then the connection is the thread's.
        await asyncio.wait([committing])
        raise
