"""What fails: the database, or what it was asked."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core.conversation.messages import Reply
from core.store.connection import fails_itself
from core.store.outbox import Outbox
from core.store.store import Store
from tests.core.store.full_disk import LARGE, full_disk
from tests.core.store.people import NOON


async def test_a_full_disk_is_the_database_s_own_failure(store: Store) -> None:
    async with full_disk(store):
        with pytest.raises(DBAPIError) as caught:
            async with store.writing() as tx:
                await Outbox(tx.connection, tx.ring).put([("web", "web:1", Reply(LARGE))], NOON)
    assert fails_itself(caught.value)
    async with store.writing() as tx:
        await Outbox(tx.connection, tx.ring).put([("web", "web:1", Reply(LARGE))], NOON)


async def test_what_it_cannot_be_asked_is_not(store: Store) -> None:
    with pytest.raises(DBAPIError) as caught:
        async with store.writing() as tx:
            await tx.connection.execute(text("SELECT nothing FROM nowhere"))
    assert not fails_itself(caught.value)


def test_a_failure_of_our_own_is_not() -> None:
    assert not fails_itself(RuntimeError())
