"""What stories at the gate share."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.stories.at_the_gate import Gate, Issuer


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
