"""Why the database or the web server's place cannot be used: in words, without URL or password."""

from __future__ import annotations

import errno
import os
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import SQLAlchemyError

from bot.settings import SettingError

SQLITE = {
    sqlite3.SQLITE_BUSY: "another program keeps it locked",
    sqlite3.SQLITE_CANTOPEN: "its file and its folder must be readable and writable",
    sqlite3.SQLITE_CORRUPT: "its file is damaged: put it back from its backup",
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_IOERR: "the disk cannot be read or written, or is full",
    sqlite3.SQLITE_NOTADB: "its file is not an SQLite database",
    sqlite3.SQLITE_READONLY: "its file and its folder must be writable",
}
"""By SQLite's primary result code."""

POSTGRESQL = {
    "28000": "the server does not let this user in",
    "28P01": "the server does not take this user with this password",
    "3D000": "the server has no database of that name",
    "42501": "its user may not do what is needed: make him the owner of the database",
    "53100": "the server's disk is full",
    "53300": "the server has no connection left for us",
    "57P03": "the server is starting or stopping: try again",
}
"""By SQLSTATE (PostgreSQL's documentation, appendix A)."""


def database(error: Exception) -> SettingError:
    """Return what is said where the database fails. No text of the error: it may hold the URL."""
    return SettingError(f"HEALTHCODE_DATABASE cannot be used: {_why(error)}.")


@contextmanager
def told() -> Iterator[None]:
    """Say in words that the database failed while it was used."""
    try:
        yield
    except (OSError, SQLAlchemyError) as error:
        raise database(error) from None


def web(error: OSError, host: str, port: int) -> SettingError:
    """Return what is said where the web server cannot listen."""
    why = {
        errno.EADDRINUSE: f"port {port} of {host} is in use by another program",
        errno.EADDRNOTAVAIL: f"this machine does not have the address {host}",
        errno.EACCES: f"port {port} is kept for administrators: take one from 1024 on",
    }.get(error.errno or 0) or _of_system(error)
    return SettingError(f"HEALTHCODE_WEB cannot be used: {why}.")


def _why(error: Exception) -> str:
    driver = getattr(error, "orig", None) or error
    # SQLAlchemy puts an error of its own around each of asyncpg's.
    origin = driver.__cause__ or driver
    if isinstance(origin, OSError):
        return _of_system(origin)
    if isinstance(origin, ValueError | TypeError | ArithmeticError):
        return "its URL has a value that cannot be"
    # Of an extended result code all but the lowest byte is more than anybody needs.
    result = getattr(origin, "sqlite_errorcode", 0) & 0xFF
    words = SQLITE.get(result) or POSTGRESQL.get(getattr(origin, "sqlstate", None) or "")
    return words or f"it failed ({type(origin).__name__})"


def _of_system(error: OSError) -> str:
    if isinstance(error, socket.gaierror):
        return "there is no host of that name"
    if isinstance(error, TimeoutError):
        return "its host does not answer"
    if type(error) is ConnectionError:
        # The driver's own: somebody is there, and does not go on.
        return (
            "its server ends the connection at once: it may be another program, or without the "
            "SSL that the URL asks for"
        )
    if isinstance(error, ConnectionError) or error.errno is None:
        return "nothing answers at its address"
    return os.strerror(error.errno)
