"""What is said of a database that cannot be used, for what databases really answer."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from bot import unusable
from bot.operator import staff
from bot.settings import SettingError, Settings
from core.policy import Policy
from tests.clock import TestClock
from tests.postgres import Postgres


def read_only(file: Path) -> str:
    return f"file:{file}?mode=ro"


def full(file: Path) -> str:
    return str(file)


def is_away(file: Path) -> str:
    return str(file.parent / "none" / "file")


def damaged(file: Path) -> str:
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE x (y)")
    whole = file.read_bytes()
    file.write_bytes(whole[:100] + b"\xff" * (len(whole) - 100))
    return str(file)


@pytest.mark.parametrize(
    ("place", "said"),
    [
        (read_only, "its file and its folder must be writable"),
        (full, "the disk is full"),
        (is_away, "its file and its folder must be readable and writable"),
        (damaged, "its file is damaged: put it back from its backup"),
    ],
)
def test_sqlite(tmp_path: Path, place: Callable[[Path], str], said: str) -> None:
    file = tmp_path / "store.sqlite3"
    sqlite3.connect(file).execute("VACUUM").connection.close()
    path = place(file)

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(path, uri=True)
        # The disk has room for a page, and for no more.
        connection.execute("PRAGMA max_page_count=1")
        return connection

    engine = create_engine("sqlite://", creator=connect)
    with pytest.raises(SQLAlchemyError) as caught, engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE a (b)")
        connection.exec_driver_sql("CREATE TABLE c (d)")
    engine.dispose()
    sentence = str(unusable.database(caught.value))
    assert sentence == f"HEALTHCODE_DATABASE cannot be used: {said}."


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"database": "nonesuch"}, "the server has no database of that name"),
        ({"username": "stranger"}, "the server does not let this user in"),
        ({"username": "weak"}, "its user may not do what is needed"),
        ({"query": {"host": "127.0.0.1", "port": "9"}}, "nothing answers at its address"),
        ({"query": {"host": "nowhere.invalid"}}, "there is no host of that name"),
        ({"query": {"host": "127.0.0.1", "ssl": "odd"}}, "its URL has a value that cannot be"),
        ({"query": {"host": "127.0.0.1", "odd": "1"}}, "its URL has a value that cannot be"),
    ],
    ids=str,
)
async def test_postgresql(
    tmp_path: Path, postgres: Postgres, clock: TestClock, changed: dict[str, object], said: str
) -> None:
    name = await postgres.create()
    await postgres.run("DROP ROLE IF EXISTS weak", "CREATE ROLE weak LOGIN")
    url = make_url(postgres.url(name)).set(password="hidden").set(**changed)  # type: ignore[arg-type]
    environ = {"DATA": str(tmp_path), "DATABASE": url.render_as_string(hide_password=False)}
    settings = Settings.load({f"HEALTHCODE_{k}": v for k, v in environ.items()}, tmp_path / "none")
    with pytest.raises(SettingError) as caught:
        await staff.listed(settings, Policy(), clock)
    sentence = str(caught.value)
    assert sentence.startswith(f"HEALTHCODE_DATABASE cannot be used: {said}")
    assert sentence.endswith(".")
    assert "hidden" not in sentence
    await postgres.drop(name)


async def test_a_server_without_the_ssl_that_is_asked_for(tmp_path: Path, clock: TestClock) -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(8)
        writer.write(b"N")
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    url = f"postgresql://me:hidden@127.0.0.1:{port}/x?sslmode=require"
    environ = {"HEALTHCODE_DATA": str(tmp_path), "HEALTHCODE_DATABASE": url}
    with pytest.raises(SettingError, match=r": its server ends the connection at once: .* SSL"):
        await staff.listed(Settings.load(environ, tmp_path / "none"), Policy(), clock)
    server.close()


def test_what_nobody_expects_is_called_by_its_kind_alone() -> None:
    sentence = str(unusable.database(SQLAlchemyError("with hidden words")))
    assert sentence == "HEALTHCODE_DATABASE cannot be used: it failed (SQLAlchemyError)."


def test_a_port_for_administrators_and_an_error_of_the_system() -> None:
    door = unusable.web(PermissionError(13, "Permission denied"), "127.0.0.1", 80)
    assert str(door).endswith(": port 80 is kept for administrators: take one from 1024 on.")
    assert str(unusable.web(OSError(12, "x"), "::", 80)).endswith(": Cannot allocate memory.")
    assert str(unusable.database(TimeoutError())).endswith(": its host does not answer.")
