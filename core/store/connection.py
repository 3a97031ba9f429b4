"""What statements are run on: a connection of either database, with one interface."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy.exc import DBAPIError

from core.store.inline import InlineConnection, InlineEngine

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

Connection: TypeAlias = "AsyncConnection | InlineConnection"
Engine: TypeAlias = "AsyncEngine | InlineEngine"

SQLITE_ITSELF = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_READONLY,
}
"""Primary result codes of SQLite where it is locked, or its disk full, broken or read-only."""

POSTGRESQL_ITSELF = ("08", "25006", "53", "57P", "58")
"""How the SQLSTATE begins where PostgreSQL is not connected to, is a copy that is only read, has no
room or memory left, is stopped or cannot start, or its disk fails (its documentation, appendix A).
"""


def fails_itself(error: Exception) -> bool:
    """Tell whether the database fails, whatever it is asked: it is away, locked, or has no room."""
    if not isinstance(error, DBAPIError):
        return False
    result = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
    state = getattr(error.orig, "sqlstate", None) or ""
    return result in SQLITE_ITSELF or state.startswith(POSTGRESQL_ITSELF)
