"""The store: opening it, and the one transaction in which a turn reads and writes."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import sqlalchemy
from sqlalchemy import event, inspect, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from core.policy import Policy
from core.store import tables
from core.store.audit import Audit
from core.store.challenges import Challenges
from core.store.codes import Codes
from core.store.connection import Connection, Engine
from core.store.family import Family
from core.store.inline import InlineEngine
from core.store.installations import Installations
from core.store.letters import Letters
from core.store.lists import Lists
from core.store.people import Known, People
from core.store.retention import empty_the_log
from core.store.staff import Staff
from core.store.takeovers import Takeovers
from core.store.uploads import Uploads
from core.store.waiting import Waiting
from core.store.withdrawals import Withdrawals
from core.vault import KeyRing

SOME = 20
"""Of so many keys of each kind not all are damaged, unless the ring is another."""

READERS = 2
"""Connections that only read, beside SQLite's one writer."""


class Transaction:
    """One open transaction: all that a turn may ask of the store."""

    def __init__(self, connection: Connection, ring: KeyRing, policy: Policy) -> None:
        self.connection = connection
        self.ring = ring
        self.policy = policy

    async def some_keys(self) -> list[bytes]:
        """Return some of the wrapped keys of owners: of chats, and of holders without one.

        A database without tables has none.
        """
        if not await self.connection.run_sync(_has_tables):
            return []
        chats, holders = (select(t.c.key).limit(SOME) for t in (tables.chats, tables.holders))
        return [*await self.connection.scalars(chats), *await self.connection.scalars(holders)]

    async def erase(self, known: Known, *, by: str, now: datetime) -> None:
        """Erase a holder with all that hangs on him, withdraw his codes, and record who did it."""
        await self.codes.forget(known, now)
        await self.people.erase(known)
        await self.people.record("erased", actor=by, object=known.id, now=now)

    @cached_property
    def audit(self) -> Audit:
        """The chain of the audit log."""
        return Audit(self.connection, self.ring)

    @cached_property
    def challenges(self) -> Challenges:
        """One-time codes."""
        return Challenges(self.connection, self.ring, self.policy)

    @cached_property
    def people(self) -> People:
        """Holders, their chats and what they declared."""
        return People(self.connection, self.ring)

    @cached_property
    def family(self) -> Family:
        """Guardians and those in their care."""
        return Family(self.connection, self.people)

    @cached_property
    def letters(self) -> Letters:
        """Codes in letters, by which people agree to be looked after."""
        return Letters(self.connection, self.ring, self.policy.family)

    @cached_property
    def waiting(self) -> Waiting:
        """Guardians who wait to be confirmed."""
        return Waiting(self)

    @cached_property
    def installations(self) -> Installations:
        """Whose app an export comes from."""
        return Installations(self.connection, self.ring)

    @cached_property
    def takeovers(self) -> Takeovers:
        """Chats that wait to become a holder's own."""
        return Takeovers(self)

    @cached_property
    def uploads(self) -> Uploads:
        """Files that were read, until they find their place."""
        return Uploads(self.connection, self.ring)

    @cached_property
    def lists(self) -> Lists:
        """The operator's lists: exposures, places, cases, tenants."""
        return Lists(self.connection, self.ring)

    @cached_property
    def codes(self) -> Codes:
        """Codes that were issued."""
        return Codes(self.connection, self.ring)

    @cached_property
    def withdrawals(self) -> Withdrawals:
        """Requests of staff that codes be withdrawn."""
        return Withdrawals(self.connection, self.ring)

    @cached_property
    def staff(self) -> Staff:
        """Members of staff and their roles."""
        return Staff(self.connection, self.ring)


class Store:
    """The database. SQLite has one writer and a few readers; PostgreSQL a pool for both."""

    def __init__(self, writer: Engine, reader: Engine, ring: KeyRing, policy: Policy):
        self.writer = writer
        self.reader = reader
        self.ring = ring
        self.policy = policy
        self.note_erased: Callable[[Sequence[str]], None] = lambda people: None
        """Called with the ids of people whose erasure is about to be committed."""

    @classmethod
    def open(cls, url: str, ring: KeyRing, policy: Policy) -> Store:
        """Open the database at an SQLAlchemy URL; its schema must be there (`migrate`).

        Raise ValueError for a SQLite database in memory.
        """
        parsed = make_url(url)
        if parsed.get_backend_name() != "sqlite":
            # Not at the top: with SQLite a tenth of the time to start would go for nothing.
            from core.store import postgresql

            engine = postgresql.engine(parsed)
            return cls(engine, engine, ring, policy)
        if not parsed.database:
            raise ValueError("a SQLite store needs a file: readers and the writer share it")
        _make_private(Path(parsed.database))
        writer, reader = InlineEngine(parsed, 1), InlineEngine(parsed, READERS)
        event.listen(writer.sync_engine, "connect", _on_sqlite)
        event.listen(reader.sync_engine, "connect", _on_sqlite)
        return cls(writer, reader, ring, policy)

    @property
    def shared(self) -> bool:
        """Tell whether other processes may work on the same rows (PostgreSQL)."""
        return self.writer.dialect.name == "postgresql"

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Transaction]:
        """Open the transaction of a turn: committed at the end, undone by an exception."""
        async with self.writer.begin() as connection:
            tx = Transaction(connection, self.ring, self.policy)
            yield tx
            if tx.people.erased:
                # Of a commit whose connection breaks nobody may ever be told that it was done.
                self.note_erased(tx.people.erased)
        if tx.people.erased:
            # It is committed already, and what stays behind now goes within the hour.
            with suppress(OSError, SQLAlchemyError):
                async with self.reader.connect() as connection:
                    await empty_the_log(connection)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Transaction]:
        """Open a transaction that only reads."""
        async with self.reader.connect() as connection:
            yield Transaction(connection, self.ring, self.policy)

    async def close(self) -> None:
        """Close all connections."""
        await self.writer.dispose()
        await self.reader.dispose()


def _has_tables(connection: sqlalchemy.Connection) -> bool:
    return inspect(connection).has_table(tables.holders.name)


def _make_private(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))


def _on_sqlite(connection: Any, _record: Any) -> None:
    """Make a SQLite file durable, and what is erased from it unreadable."""
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "secure_delete=ON",
        "foreign_keys=ON",
        "trusted_schema=OFF",
        # A row that REPLACE deletes is deleted by the rules of DELETE.
        "recursive_triggers=ON",
        "busy_timeout=10000",
        "cache_size=-16000",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
