"""INSERT … ON CONFLICT, which SQLAlchemy has only in the dialect of each database."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Insert, Table
from sqlalchemy.dialects import postgresql, sqlite

from core.store.connection import Connection

_DIALECTS = {"sqlite": sqlite, "postgresql": postgresql}


def insert_if_new(connection: Connection, table: Table) -> Insert:
    """Return an INSERT that passes over rows that are there already."""
    return _insert_if_new(connection.dialect.name, table)


def insert_or_replace(connection: Connection, table: Table, **changed: Any) -> Insert:
    """Return an INSERT that, where the row is there, sets `changed` or all that is no key."""
    if changed:
        return _insert_or_set(connection.dialect.name, table, changed)
    return _insert_or_replace(connection.dialect.name, table)


@cache
def _insert_if_new(dialect: str, table: Table) -> Insert:
    insert: Insert = _DIALECTS[dialect].insert(table).on_conflict_do_nothing()
    return insert


@cache
def _insert_or_replace(dialect: str, table: Table) -> Insert:
    statement = _DIALECTS[dialect].insert(table)
    rest = {c.name: statement.excluded[c.name] for c in table.columns if not c.primary_key}
    return _insert_or_set(dialect, table, rest)


def _insert_or_set(dialect: str, table: Table, changed: dict[str, Any]) -> Insert:
    insert: Insert = (
        _DIALECTS[dialect]
        .insert(table)
        .on_conflict_do_update(index_elements=list(table.primary_key), set_=changed)
    )
    return insert
