"""What the two databases say in different words: INSERT … ON CONFLICT, and long lists of values."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    Dialect,
    Insert,
    String,
    Table,
    TableValuedAlias,
    TypeDecorator,
    bindparam,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from core.store.connection import Connection

_DIALECTS = {"sqlite": sqlite, "postgresql": postgresql}


def insert_if_new(connection: Connection, table: Table) -> Insert:
    """Return an INSERT that passes over rows that are there already."""
    return _insert_if_new(connection.dialect.name, table)


def insert_or_replace(connection: Connection, table: Table) -> Insert:
    """Return an INSERT that, where the row is there, sets all that is no key."""
    return _insert_or_replace(connection.dialect.name, table)


def insert_or_set(dialect: str, table: Table, **changed: Any) -> Insert:
    """Return an INSERT that, where the row is there, sets `changed`: for a statement that is put
    together once for each dialect."""
    insert: Insert = (
        _DIALECTS[dialect]
        .insert(table)
        .on_conflict_do_update(index_elements=list(table.primary_key), set_=changed)
    )
    return insert


@cache
def _insert_if_new(dialect: str, table: Table) -> Insert:
    insert: Insert = _DIALECTS[dialect].insert(table).on_conflict_do_nothing()
    return insert


@cache
def _insert_or_replace(dialect: str, table: Table) -> Insert:
    statement = _DIALECTS[dialect].insert(table)
    rest = {c.name: statement.excluded[c.name] for c in table.columns if not c.primary_key}
    return insert_or_set(dialect, table, **rest)


class Strings(TypeDecorator[Sequence[str]]):
    """A list of strings as one bound value, in JSON."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: Sequence[str] | None, dialect: Dialect) -> str:
        """Return the list as it is bound."""
        return msgspec.json.encode(value).decode()


def one_of(column: ColumnElement[str], name: str) -> ColumnElement[bool]:
    """Tell whether a column is one of the strings that are bound as `name`, however many they are.

    A list of values would be written out anew each time, at several times the cost of the query.
    """
    return column.in_(select(listed(name).c.value))


def listed(name: str) -> TableValuedAlias:
    """Return the strings that are bound as `name` as rows, with a column `value`."""
    return _elements(bindparam(name, type_=Strings())).table_valued("value")


class _elements(FunctionElement[str]):
    """The rows of a list in JSON, with a column `value`."""

    inherit_cache = True


@compiles(_elements, "sqlite")
def _in_sqlite(element: _elements, compiler: SQLCompiler, **more: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **more)})"


@compiles(_elements, "postgresql")
def _in_postgresql(element: _elements, compiler: SQLCompiler, **more: Any) -> str:
    bound = compiler.process(element.clauses, **more)
    return f"jsonb_array_elements_text(CAST({bound} AS JSONB))"
