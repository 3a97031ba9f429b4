"""sqlite3 in the loop's own thread, behind aiosqlite's interface.

aiosqlite does each step of a statement in a thread of its own: about eight hops a statement, which
cost ten times the statement itself and wait for the interpreter's lock while the loop is busy.
Here statements, which take microseconds, run where they are asked for; only a commit, which waits
for the disk, goes to a thread, so that the loop never does.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Self


class Cursor:
    """A cursor, as SQLAlchemy's adapter of aiosqlite uses one."""

    def __init__(self, real: sqlite3.Cursor) -> None:
        self._real = real

    async def __aenter__(self) -> Self:
        return self

    @property
    def description(self) -> Any:
        """The columns of the result, None for none."""
        return self._real.description

    @property
    def rowcount(self) -> int:
        """How many rows were changed."""
        return self._real.rowcount

    @property
    def lastrowid(self) -> int | None:
        """The number of the last row that was inserted."""
        return self._real.lastrowid

    async def execute(self, statement: str, parameters: Sequence[Any] = ()) -> None:
        """Run a statement."""
        self._real.execute(statement, parameters)

    async def executemany(self, statement: str, parameters: Iterable[Sequence[Any]]) -> None:
        """Run a statement for each set of parameters."""
        self._real.executemany(statement, parameters)

    async def fetchall(self) -> list[Any]:
        """Return all rows."""
        return self._real.fetchall()

    async def close(self) -> None:
        """Close the cursor."""
        self._real.close()


class Connection:
    """A connection, as SQLAlchemy's adapter of aiosqlite uses one."""

    def __init__(self, real: sqlite3.Connection) -> None:
        # The adapter looks at this attribute to see whether the connection is open.
        self._connection = real

    def cursor(self) -> Cursor:
        """Return a new cursor."""
        return Cursor(self._connection.cursor())

    async def create_function(
        self, name: str, count: int, function: Callable[..., Any], **more: Any
    ) -> None:
        """Give the database a function; SQLAlchemy brings one for regular expressions."""
        self._connection.create_function(name, count, function, **more)

    async def commit(self) -> None:
        """Commit, waiting for the disk in a thread."""
        if self._connection.in_transaction:
            await asyncio.to_thread(self._connection.commit)

    async def rollback(self) -> None:
        """Undo what is not committed."""
        self._connection.rollback()

    async def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def stop(self) -> None:
        """Close the connection where nothing can be awaited any more."""
        self._connection.close()


async def connect(database: str, **_: Any) -> Connection:
    """Open a database file. Transactions are begun by who uses it, never by sqlite3 itself."""
    return Connection(sqlite3.connect(database, isolation_level=None, check_same_thread=False))
