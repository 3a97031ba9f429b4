"""Statements that come again, compiled once and then run by SQLite's driver itself.

SQLAlchemy looks at a statement anew each time: whether it has compiled one like it, how each value
is bound, what the rows are called. That costs ten times what SQLite needs for a row, and the answer
is the same for a statement object that is the same: so it is asked once.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Dialect, Executable, IteratorResult
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.sql.selectable import SelectBase
from sqlalchemy.types import TypeEngine

Values = Mapping[str, Any]
Parameters = Values | Sequence[Values] | None
"""One set of them, or a list for a statement that is run for each."""

Process = Callable[[Any], Any]


class Rows(IteratorResult[*tuple[Any, ...]]):
    """What a statement gave, all of it read. `rowcount`: how many rows it changed."""

    def __init__(self, names: SimpleResultMetaData, rows: list[Any], rowcount: int) -> None:
        super().__init__(names, iter(rows))
        self.rowcount = rowcount


class Compiled:
    """A statement as the driver takes it."""

    def __init__(self, compiler: SQLCompiler, names: Sequence[str]) -> None:
        self._dialect = compiler.dialect
        self._sql = compiler.string
        self._order = list(compiler.positiontup or ())
        self._fixed = {
            name: bind.effective_value for name, bind in compiler.binds.items() if not bind.required
        }
        self._processes = {
            name: process
            for name, bind in compiler.binds.items()
            if (process := _process(bind.type, compiler.dialect))
        }
        self._names = SimpleResultMetaData(names)
        self.gives_rows = bool(names)

    def run(self, driver: sqlite3.Connection, parameters: Parameters) -> Rows:
        """Run it, once or for each of many sets of parameters."""
        try:
            if isinstance(parameters, Sequence):
                cursor = driver.executemany(self._sql, map(self._bound, parameters))
            else:
                cursor = driver.execute(self._sql, self._bound(parameters or {}))
            return Rows(self._names, cursor.fetchall(), cursor.rowcount)
        except sqlite3.Error as error:
            # As everywhere else; and never with the values.
            raise DBAPIError.instance(
                self._sql, None, error, sqlite3.Error, hide_parameters=True, dialect=self._dialect
            ) from error

    def _bound(self, values: Values) -> list[Any]:
        given = {**self._fixed, **values}
        for name, process in self._processes.items():
            given[name] = process(given[name])
        return [given[name] for name in self._order]


class Statements:
    """The statements that came twice. Those that are made anew each time come but once."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._known: WeakKeyDictionary[Executable, dict[tuple[str, ...], Compiled | None]]
        self._known = WeakKeyDictionary()

    def compiled(self, statement: Executable, parameters: Parameters) -> Compiled | None:
        """Return a statement compiled for these parameters, None where SQLAlchemy must run it."""
        known = self._known.get(statement)
        if known is None:
            self._known[statement] = {}
            return None
        names = _names(parameters)
        if names not in known:
            known[names] = self._compiled(statement, names)
        compiled = known[names]
        if compiled and isinstance(parameters, Sequence) and (compiled.gives_rows or not names):
            # The driver gives no rows for a list, and for an empty one it does nothing at all.
            return None
        return compiled

    def _compiled(self, statement: Executable, given: Sequence[str]) -> Compiled | None:
        if not isinstance(statement, SelectBase | UpdateBase):
            return None
        compiler: Any = statement.compile(dialect=self._dialect, column_keys=list(given))
        columns = list(statement.exported_columns)
        if (
            # A list of values is written out anew each time.
            compiler.post_compile_params
            # Values and defaults that Python must make anew.
            or any(bind.callable for bind in compiler.binds.values())
            or compiler.insert_prefetch
            or compiler.update_prefetch
            or any(_result_process(column.type, self._dialect) for column in columns)
        ):
            return None
        # What has no name, as a function's value, is taken by its place.
        return Compiled(compiler, [column.key or "" for column in columns])


def _names(parameters: Parameters) -> tuple[str, ...]:
    if isinstance(parameters, Sequence):
        parameters = parameters[0] if parameters else None
    return tuple(parameters or ())


def _process(kind: TypeEngine[Any], dialect: Dialect) -> Process | None:
    return kind.dialect_impl(dialect).bind_processor(dialect)


def _result_process(kind: TypeEngine[Any], dialect: Dialect) -> Process | None:
    return kind.dialect_impl(dialect).result_processor(dialect, None)
