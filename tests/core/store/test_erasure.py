"""Who has himself erased is gone from the files, with the words and files of his chats."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import OperationalError

from core.store import store as store_module
from core.store.store import Store, Transaction
from core.store.tables import DONE, PARKED, WAITING, inbox, outbox, uploads
from tests.clock import NOON
from tests.core.store.people import holder

HIS, OTHER = "web:1", "web:2"


async def words(tx: Transaction) -> None:
    """Keep a message and a reply of each state, and a file, in both chats."""
    for number, (chat, state) in enumerate(
        (chat, state) for chat in (HIS, OTHER) for state in (WAITING, DONE, PARKED)
    ):
        row = {"chat": chat, "body": b"words", "due_at": 0.0, "state": state}
        await tx.connection.execute(
            insert(inbox), {**row, "message": f"m{number}", "received_at": 0.0}
        )
        await tx.connection.execute(insert(outbox), {**row, "route": "web", "made_at": 0.0})
    for chat in (HIS, OTHER):
        await tx.uploads.keep(chat, "file", b"file", NOON)


async def left(tx: Transaction) -> dict[str, list[Any]]:
    """Return the chats and states of what has words still, and the chats of files."""
    return {
        table.name: sorted(
            (row.chat, row.state)
            for row in await tx.connection.execute(
                select(table.c.chat, table.c.state).where(table.c.body.is_not(None))
            )
        )
        for table in (inbox, outbox)
    } | {"uploads": sorted((await tx.connection.scalars(select(uploads.c.chat))).all())}


async def erased(store: Store) -> None:
    """Register somebody, with words and files in his chat, and erase him."""
    async with store.writing() as tx:
        index = tx.people.document_index("hkid", "A1234563")
        known = await tx.people.register(holder(), index, chat=HIS, now=NOON)
        await words(tx)
    async with store.writing() as tx:
        await tx.people.erase(known)


async def test_words_and_files_go_but_not_what_is_still_to_be_answered(store: Store) -> None:
    await erased(store)
    others = [(OTHER, WAITING), (OTHER, DONE), (OTHER, PARKED)]
    async with store.reading() as tx:
        assert await left(tx) == {
            "inbox": [(HIS, WAITING), *others],
            "outbox": [(HIS, WAITING), *others],
            "uploads": [OTHER],
        }


async def test_the_log_of_the_database_is_emptied_at_once(store: Store, tmp_path: Path) -> None:
    await erased(store)
    # PostgreSQL's log is the operator's.
    assert store.shared or (tmp_path / "store.sqlite3-wal").stat().st_size == 0


@pytest.mark.parametrize(
    "trouble",
    [
        OperationalError("PRAGMA", (), Exception("database is locked")),
        ConnectionRefusedError("the server went away"),
    ],
)
async def test_a_log_that_cannot_be_emptied_now_undoes_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    async def fails(_: object) -> None:
        raise trouble

    monkeypatch.setattr(store_module, "empty_the_log", fails)
    await erased(store)
    async with store.reading() as tx:
        assert await tx.people.of_chat(HIS) is None
