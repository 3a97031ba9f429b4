"""What stories share."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.channels import web_chats
from tests.stories.at_the_gate import Gate, Issuer


@pytest.fixture(autouse=True)
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the people of a story write faster on the web page than people can."""
    monkeypatch.setattr(web_chats, "MESSAGES", 1000)


@pytest.fixture
def issuer() -> Issuer:
    """An issuer with keys of its own."""
    return Issuer()


@pytest_asyncio.fixture(loop_scope="session")
async def gate(issuer: Issuer) -> AsyncIterator[Gate]:
    """A server with the officer's page and what the issuer publishes."""
    gate = Gate(issuer)
    await gate.start()
    yield gate
    await gate.stop()
