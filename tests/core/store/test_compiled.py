"""Statements that the driver runs itself: they do what SQLAlchemy does."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Executable,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    bindparam,
    create_engine,
    delete,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

from core.store.compiled import Parameters, Rows, Statements
from core.store.dialects import one_of

metadata = MetaData()
things = Table(
    "things",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String, nullable=False, server_default="unnamed"),
    Column("weight", Float),
    Column("body", LargeBinary),
)
switches = Table("switches", metadata, Column("name", String), Column("on", Boolean))
counters = Table(
    "counters",
    metadata,
    Column("name", String),
    Column("count", Integer, default=7, onupdate=8),
)

Run = Callable[[Executable, Parameters], Any]


@pytest.fixture
def connection() -> Iterator[Connection]:
    """A database in memory that knows all tables."""
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        metadata.create_all(connection)
        yield connection
    engine.dispose()


@pytest.fixture
def statements(connection: Connection) -> Statements:
    return Statements(connection.dialect)


@pytest.fixture
def run(connection: Connection, statements: Statements) -> Run:
    """Run a statement by the driver; it must be one that the driver may run."""
    driver: Any = connection.connection.driver_connection

    def by_the_driver(statement: Executable, parameters: Parameters = None) -> Rows:
        statements.compiled(statement, parameters)
        compiled = statements.compiled(statement, parameters)
        assert compiled is not None
        return compiled.run(driver, parameters)

    return by_the_driver


def left_to_sqlalchemy(
    statements: Statements, statement: Executable, parameters: Parameters = None
) -> bool:
    return [statements.compiled(statement, parameters) for _ in range(3)] == [None] * 3


THING = {"id": 1, "name": "陳大文", "weight": 2.5, "body": b"\x00\xff"}


def test_a_statement_is_compiled_when_it_comes_again(statements: Statements) -> None:
    statement = select(things.c.name)
    assert statements.compiled(statement, None) is None
    compiled = statements.compiled(statement, None)
    assert compiled is not None
    assert statements.compiled(statement, {}) is compiled
    # Made anew it is another one, and comes for the first time.
    assert statements.compiled(select(things.c.name), None) is None


def test_each_set_of_names_is_compiled_for_itself(run: Run) -> None:
    statement = insert(things)
    run(statement, {"id": 1, "name": "a"})
    run(statement, {"id": 2})
    run(statement, [{"id": 3, "weight": 1.0, "more": "is passed over"} for _ in range(1)])
    rows = run(select(things.c.id, things.c.name, things.c.weight).order_by(things.c.id), None)
    assert rows.all() == [(1, "a", None), (2, "unnamed", None), (3, "unnamed", 1.0)]


def test_rows_are_read_by_name_by_place_and_one_by_one(run: Run) -> None:
    run(insert(things), THING)
    statement = select(things, func.length(things.c.name), things.c.id.label("number"))
    [row] = run(statement, None)
    assert tuple(row) == (1, "陳大文", 2.5, b"\x00\xff", 3, 1)
    assert (row.name, row.body, row.number, row[4]) == ("陳大文", b"\x00\xff", 1, 3)
    assert type(row.body) is bytes
    assert run(select(things.c.name), None).scalars().all() == ["陳大文"]
    assert run(select(func.max(things.c.id)), None).scalar() == 1
    assert run(select(things.c.id).where(things.c.id == 9), None).scalar() is None


def test_nothing_is_kept_and_found_as_nothing(run: Run) -> None:
    run(insert(things), {**THING, "weight": None, "body": None})
    [row] = run(select(things), None)
    assert (row.weight, row.body) == (None, None)
    asked = select(things.c.id).where(things.c.name == bindparam("of", value=None))
    assert run(asked, None).all() == []
    assert run(asked, {"of": "陳大文"}).all() == [(1,)]


def test_values_that_stand_in_a_statement_and_those_that_are_given(run: Run) -> None:
    run(insert(things), [THING, {**THING, "id": 2}, {**THING, "id": 3}])
    changed = update(things).where(things.c.id == bindparam("of")).values(name="new", body=None)
    assert run(changed, [{"of": 1}, {"of": 2}, {"of": 9}]).rowcount == 2
    assert run(changed, {"of": 9}).rowcount == 0
    rows = select(things.c.name, things.c.body).order_by(things.c.id).limit(2)
    assert run(rows, None).all() == [("new", None), ("new", None)]
    named = select(things.c.id).where(one_of(things.c.name, "names"))
    assert run(named, {"names": ["陳大文", "'; --"]}).all() == [(3,)]
    assert run(delete(things), None).rowcount == 3


def test_rows_that_a_change_gives_back(run: Run) -> None:
    run(insert(things), [THING, {**THING, "id": 2}])
    taken = (
        update(things)
        .where(things.c.id.in_(select(things.c.id).limit(bindparam("most", type_=Integer))))
        .values(weight=bindparam("heavy"))
        .returning(things.c.id, things.c.weight)
    )
    assert run(taken, {"most": 1, "heavy": 9.0}).all() == [(1, 9.0)]


def test_an_insert_without_values_takes_the_defaults(run: Run) -> None:
    run(insert(things), None)
    assert run(select(things.c.id, things.c.name), None).all() == [(1, "unnamed")]


def test_what_goes_wrong_is_told_as_by_sqlalchemy_and_without_the_values(run: Run) -> None:
    run(insert(things), THING)
    with pytest.raises(IntegrityError) as caught:
        run(insert(things), {**THING, "name": "SECRET"})
    assert caught.value.orig is not None
    assert "UNIQUE" in str(caught.value)
    assert "SECRET" not in str(caught.value)
    with pytest.raises(OperationalError, match="no such table"):
        run(select(Table("gone", MetaData(), Column("id", Integer)).c.id), None)
    with pytest.raises(ProgrammingError, match="not supported"):
        run(insert(things), {"id": object()})


@pytest.mark.parametrize(
    "statement",
    [
        text("SELECT 1"),
        # Their rows are made by Python, too.
        select(switches.c.on),
        # Their values are made by Python.
        insert(counters),
        update(counters).values(name="a"),
        select(things.c.id).where(things.c.name == bindparam("of", callable_=lambda: "anew")),
        # A list is written out anew each time.
        select(things.c.id).where(things.c.id.in_([1, 2])),
        select(things.c.id).where(things.c.id.in_(bindparam("ids", [1], expanding=True))),
    ],
    ids=lambda statement: " ".join(str(statement).split()),
)
def test_what_more_than_the_driver_is_needed_for(
    statements: Statements, statement: Executable
) -> None:
    assert left_to_sqlalchemy(statements, statement)


def test_a_list_of_values_is_given_back_its_rows(
    connection: Connection, statements: Statements
) -> None:
    put = sqlite.insert(things).returning(things.c.id)
    assert left_to_sqlalchemy(statements, put, [{"name": "a"}, {"name": "b"}])
    assert left_to_sqlalchemy(statements, put, [{"name": "a"}])
    assert statements.compiled(put, {"name": "a"}) is not None
    assert connection.execute(put, [{"name": "a"}, {"name": "b"}]).all() == [(1,), (2,)]


def test_what_an_empty_list_means_is_for_sqlalchemy_to_say(statements: Statements) -> None:
    assert left_to_sqlalchemy(statements, delete(things), [])


def test_a_statement_that_is_gone_is_forgotten(run: Run, statements: Statements) -> None:
    for number in range(50):
        statement = select(things.c.id).where(things.c.id == number)
        assert run(statement, None).all() == []
    del statement
    gc.collect()
    assert len(statements._known) == 0
