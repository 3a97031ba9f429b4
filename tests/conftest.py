"""What all tests share: a store, a clock, a chat, and eyes on the log."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from core.policy import Policy
from core.store.store import Store
from core.vault import KeyRing
from handlers.commands import conversation
from tests.browser import browser
from tests.clock import TestClock
from tests.empty_store import write_empty_store
from tests.in_memory import keep_in_memory
from tests.postgres import postgres, postgres_url
from tests.talk import Talk, Talker

__all__ = ["browser", "postgres", "postgres_url"]

keep_in_memory()

# How long an example takes says nothing where others use the machine too.
settings.register_profile("unhurried", settings(), deadline=None)
settings.load_profile("unhurried")

SQLITE, POSTGRES = "sqlite", "postgres"
ON_BOTH = ("tests.core.store.", "tests.bot.test_inbox", "tests.bot.test_outbox")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what works on rows on both databases, all others on the faster one."""
    if "database" in metafunc.fixturenames:
        both = metafunc.module.__name__.startswith(ON_BOTH)
        databases = [SQLITE, POSTGRES] if both else [SQLITE]
        metafunc.parametrize("database", databases, indirect=True)


@pytest.fixture
def clock() -> TestClock:
    """Noon of the day on which registration opened."""
    return TestClock()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The SQLAlchemy URL of an empty SQLite database with the schema."""
    file = tmp_path / "store.sqlite3"
    write_empty_store(file)
    return f"sqlite:///{file}"


@pytest.fixture
def database(request: pytest.FixtureRequest) -> str:
    """The SQLAlchemy URL of the database that the test runs on."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
async def store(database: str, clock: TestClock) -> AsyncIterator[Store]:
    """An empty store."""
    opened = Store.open(database, KeyRing.generate(clock()), Policy())
    yield opened
    await opened.close()


@pytest.fixture
def talker(store: Store, clock: TestClock) -> Talker:
    """Make chats on the store."""

    def make(**more: object) -> Talk:
        return Talk(store, conversation(), clock, **more)  # type: ignore[arg-type]

    return make


@pytest.fixture
def talk(talker: Talker) -> Talk:
    """A chat on the store."""
    return talker()


@pytest.fixture(autouse=True)
def no_error_is_logged(
    request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture
) -> Iterator[None]:
    """Fail a test in which the program logged an error, unless it says that it expects one."""
    yield
    if request.node.get_closest_marker("errors_expected"):
        return
    for phase in ("setup", "call"):
        for record in caplog.get_records(phase):
            assert record.levelno < logging.ERROR, record.getMessage()
