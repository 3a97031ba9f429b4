"""What the two databases say in different words: INSERT … ON CONFLICT, and long lists of values."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import ARRAY, Boolean, Dialect, Insert, String, Table, TypeDecorator
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

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


class Strings(TypeDecorator[Sequence[str]]):
    """A list of strings as one bound value: an array, or JSON where the database has none."""

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the type that a database knows."""
        return ARRAY(String()) if dialect.name == "postgresql" else String()

    def process_bind_param(self, value: Sequence[str] | None, dialect: Dialect) -> Any:
        """Return the list as it is bound."""
        return value if dialect.name == "postgresql" else json.dumps(value)


class one_of(FunctionElement[bool]):
    """Tell whether a column is one of the Strings that are bound, however many they are.

    An IN would be written out anew for each list, at several times the cost of the query.
    """

    type = Boolean()
    inherit_cache = True


@compiles(one_of, "sqlite")
def _in_json(element: one_of, compiler: SQLCompiler, **more: Any) -> str:
    column, strings = (compiler.process(clause, **more) for clause in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({strings}))"  # noqa: S608  # both compiled


@compiles(one_of, "postgresql")
def _in_array(element: one_of, compiler: SQLCompiler, **more: Any) -> str:
    column, strings = (compiler.process(clause, **more) for clause in element.clauses)
    return f"{column} = ANY({strings})"
