"""Files on their way."""

from __future__ import annotations

from sqlalchemy import select

from core.store.store import Store
from core.store.tables import uploads
from tests.core.store.people import NOON


async def test_an_upload_is_for_its_own_chat_until_it_is_dropped(store: Store) -> None:
    async with store.writing() as tx:
        name = await tx.uploads.keep("web:1", "visits", b"what was read", NOON)
        assert await tx.uploads.read(name, chat="web:1") == b"what was read"
        assert await tx.uploads.read(name, chat="web:2") is None
        assert b"what was read" not in await tx.connection.scalar(select(uploads.c.body))
        await tx.uploads.drop(name)
        assert await tx.uploads.read(name, chat="web:1") is None


async def test_names_cannot_be_guessed(store: Store) -> None:
    async with store.writing() as tx:
        names = {await tx.uploads.keep("web:1", "proof", b"", NOON) for _ in range(20)}
    assert len(names) == 20
    assert all(len(name) == 32 for name in names)
