"""What is older than it may be is erased, to the second, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, func, insert, select

from core.days import HONG_KONG
from core.policy import RetentionPolicy
from core.store import lists, loading, tables
from core.store.retention import FILES, PASSING, ROWS, Unused, empty_the_log
from core.store.store import Store, Transaction
from core.store.tables import DONE, PARKED, WAITING
from tests.core.store.erasing import erase_what_is_old

KEEP = RetentionPolicy()
NOW = datetime(2022, 6, 15, 3, 21, 7, tzinfo=UTC)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
OLD = (NOW - 200 * DAY).timestamp()
VISITS_FROM = datetime(2022, 5, 16, tzinfo=HONG_KONG)
"""The first of the 31 Hong Kong days that end on 15 June."""

FILLING: dict[str, Any] = {
    "String": lambda column, row: f"{column.name}-{row}"[: column.type.length],
    "LargeBinary": lambda column, row: f"{column.name}-{row}".encode(),
    "Float": lambda column, row: NOW.timestamp(),
    "Integer": lambda column, row: 0,
    "BigInteger": lambda column, row: row,
}


def row_of(table: Table, row: int, **given: Any) -> dict[str, Any]:
    """Return a row that is as new as can be but for what is given."""
    filling = {
        column.name: FILLING[type(column.type).__name__](column, row)
        for column in table.columns
        if not column.nullable
    }
    return {**filling, **given}


async def put(tx: Transaction, table: Table, row: int, **given: Any) -> None:
    await tx.connection.execute(insert(table), row_of(table, row, **given))


async def count(tx: Transaction, table: Table, *where: Any) -> int:
    return int(await tx.connection.scalar(select(func.count()).select_from(table).where(*where)))


def all_bytes(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


async def erase(store: Store) -> int:
    async with store.writing() as tx:
        return await erase_what_is_old(tx.connection, KEEP, NOW)


LIMITS = [
    (tables.challenges, "expires_at", NOW - KEEP.passcode_days * DAY, {"made_at": 0.0}),
    (tables.dispatches, "made_at", NOW - KEEP.message_id_days * DAY, {}),
    (tables.uploads, "made_at", NOW - PASSING, {}),
    (tables.proofs, "made_at", NOW - KEEP.proof_days * DAY, {}),
    (tables.exports, "exported_at", VISITS_FROM, {}),
    (tables.installations, "made_at", VISITS_FROM, {}),
    (tables.codes, "issued_at", NOW - KEEP.code_days * DAY, {}),
    (tables.holders, "seen_at", NOW - KEEP.registration_days * DAY, {}),
    (tables.chats, "seen_at", NOW - KEEP.draft_days * DAY, {}),
    (tables.consents, "given_at", NOW - KEEP.draft_days * DAY, {}),
    (tables.inbox, "received_at", NOW - KEEP.message_id_days * DAY, {"state": DONE}),
    (tables.inbox, "received_at", NOW - KEEP.message_id_days * DAY, {"state": PARKED}),
    (tables.outbox, "made_at", NOW - KEEP.message_id_days * DAY, {"state": DONE}),
    (tables.outbox, "made_at", NOW - KEEP.message_id_days * DAY, {"state": PARKED}),
    (tables.tallies, "counted_at", NOW - KEEP.registration_days * DAY, {}),
    (tables.staff, "removed_at", NOW - KEEP.audit_days * DAY, {}),
]


@pytest.mark.parametrize(
    ("table", "column", "limit", "given"), LIMITS, ids=lambda value: getattr(value, "name", None)
)
async def test_a_row_goes_when_it_is_older_than_its_limit(
    store: Store, table: Table, column: str, limit: datetime, given: dict[str, int]
) -> None:
    async with store.writing() as tx:
        for row, shift in enumerate((-SECOND, 0 * SECOND, SECOND), 1):
            await put(tx, table, row, **given, **{column: (limit + shift).timestamp()})
    assert await erase(store) == 1
    assert await erase(store) == 0
    async with store.reading() as tx:
        assert await count(tx, table) == 2
        assert await count(tx, table, table.c[column] < limit.timestamp()) == 0


async def test_the_version_of_the_lists_is_kept(store: Store) -> None:
    await loading.replace(store, lists.places([]), NOW)
    assert await erase(store) == 0
    async with store.reading() as tx:
        assert await tx.lists.version() == 1


@pytest.mark.parametrize("table", [tables.inbox, tables.outbox], ids=lambda table: table.name)
async def test_contents_go_before_the_ids(store: Store, table: Table) -> None:
    column = "received_at" if table is tables.inbox else "made_at"
    limit = NOW - KEEP.message_days * DAY
    async with store.writing() as tx:
        for row, shift in enumerate((-SECOND, 0 * SECOND, SECOND), 1):
            at = (limit + shift).timestamp()
            await put(tx, table, row, state=PARKED, body=b"contents", **{column: at})
    assert await erase(store) == 1
    assert await erase(store) == 0
    async with store.reading() as tx:
        assert await count(tx, table) == 3
        assert await count(tx, table, table.c.body.is_(None)) == 1


async def test_a_message_that_waits_is_never_erased(store: Store) -> None:
    async with store.writing() as tx:
        await put(tx, tables.inbox, 1, state=WAITING, body=b"contents", received_at=0.0)
    assert await erase(store) == 0


async def test_a_reply_waits_no_longer_than_messages_are_known(store: Store) -> None:
    limit = NOW - KEEP.message_id_days * DAY
    async with store.writing() as tx:
        for row, shift in enumerate((-SECOND, SECOND), 1):
            at = (limit + shift).timestamp()
            await put(tx, tables.outbox, row, state=WAITING, body=b"contents", made_at=at)
    assert await erase(store) == 1
    assert await erase(store) == 0
    async with store.reading() as tx:
        assert await count(tx, tables.outbox) == 1


async def test_a_chat_lives_while_it_is_linked_or_has_something_to_say(store: Store) -> None:
    old = (NOW - 100 * DAY).timestamp()
    async with store.writing() as tx:
        for chat in ("linked", "waiting", "answered", "idle"):
            await put(tx, tables.chats, 1, id=chat, seen_at=old)
            await put(tx, tables.consents, 1, chat=chat, given_at=old)
        await put(tx, tables.links, 1, chat="linked")
        await put(tx, tables.inbox, 1, chat="waiting", state=WAITING)
        await put(tx, tables.inbox, 2, chat="answered", state=DONE)
    assert await erase(store) == 4, "two chats and their consents"
    async with store.reading() as tx:
        chats = (await tx.connection.scalars(select(tables.chats.c.id))).all()
        consents = (await tx.connection.scalars(select(tables.consents.c.chat))).all()
    assert sorted(chats) == sorted(consents) == ["linked", "waiting"]


def contents(folder: Path) -> bytes:
    """Return all that stands in a folder's files."""
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


async def everything(store: Store) -> None:
    """Keep somebody who has not been here for long, with all that hangs on him, and one who was."""
    async with store.writing() as tx:
        for row, seen in enumerate((NOW - 200 * DAY, NOW), 1):
            holder, chat = f"holder{row}", f"web:{row}"
            await put(tx, tables.holders, row, id=holder, seen_at=seen.timestamp())
            await put(tx, tables.chats, row, id=chat, seen_at=seen.timestamp())
            await put(tx, tables.consents, row, chat=chat, given_at=seen.timestamp())
            for table in HANGS:
                given = {"chat": chat} if table is tables.links else {}
                await put(tx, table, row, holder=holder, **given)


HANGS = [
    table
    for table in tables.metadata.tables.values()
    # A chat that wants to be linked waits some days at the most.
    if "holder" in table.columns and table is not tables.takeovers
]
OF_A_HOLDER = [tables.holders, tables.chats, tables.consents, *HANGS]


async def test_with_a_registration_goes_all_that_hangs_on_it(store: Store) -> None:
    await everything(store)
    assert await erase(store) == len(OF_A_HOLDER)
    async with store.reading() as tx:
        for table in OF_A_HOLDER:
            assert await count(tx, table) == 1, table.name


async def test_when_it_is_killed_on_the_way_it_begins_again(store: Store) -> None:
    await everything(store)
    for survived in range(1, 100):
        left = iter(range(survived))

        class Dying:
            """Dies after some statements, as a process does that is killed."""

            def __init__(self, connection: Any, left: Iterator[int] = left) -> None:
                self.connection, self.left = connection, left

            async def execute(self, statement: Any) -> Any:
                next(self.left)
                return await self.connection.execute(statement)

            async def scalars(self, statement: Any) -> Any:
                return (await self.execute(statement)).scalars()

        with suppress(StopIteration, RuntimeError):
            async with store.writing() as tx:
                await Unused(OLD + 1).step(Dying(tx.connection))  # type: ignore[arg-type]
            break
        async with store.reading() as tx:
            assert await count(tx, tables.holders) == 2, "whole or not at all"
    assert survived > len(OF_A_HOLDER) - len(("chats", "consents"))
    assert await erase(store) == len(("chats", "consents"))
    async with store.reading() as tx:
        assert await count(tx, tables.holders) == 1


MANY = [
    (tables.dispatches, 2 * ROWS + 1, {"made_at": OLD}),
    (tables.tallies, ROWS, {"counted_at": OLD}),
    (tables.holders, 2 * FILES + 1, {"seen_at": OLD}),
    (tables.chats, 2 * ROWS + 1, {"seen_at": OLD}),
    (tables.inbox, 2 * ROWS + 1, {"received_at": OLD, "state": DONE}),
    (tables.outbox, ROWS, {"made_at": OLD, "state": PARKED, "body": b"contents"}),
]


@pytest.mark.parametrize(("table", "many", "given"), MANY, ids=lambda v: getattr(v, "name", None))
async def test_more_go_than_one_transaction_takes(
    store: Store, table: Table, many: int, given: dict[str, Any]
) -> None:
    async with store.writing() as tx:
        rows = [row_of(table, row, **given) for row in range(1, many + 1)]
        await tx.connection.execute(insert(table), rows)
    await erase(store)
    assert await erase(store) == 0
    async with store.reading() as tx:
        assert await count(tx, table) == 0


async def test_a_chat_that_is_needed_does_not_hide_those_behind_it(store: Store) -> None:
    async with store.writing() as tx:
        for row in range(ROWS):
            await put(tx, tables.chats, row, id=f"a{row}", seen_at=OLD)
            await put(tx, tables.links, row, chat=f"a{row}")
        await put(tx, tables.chats, 1, id="behind", seen_at=OLD)
    assert await erase(store) == 1


async def test_what_came_while_the_clock_was_wrong_does_not_keep_what_is_behind_it(
    store: Store,
) -> None:
    table, wrong = tables.inbox, (NOW + 400 * DAY).timestamp()
    async with store.writing() as tx:
        for row, at in enumerate((OLD, wrong, OLD, NOW.timestamp()), 1):
            await put(tx, table, row, state=DONE, received_at=at)
    assert await erase(store) == 2
    async with store.reading() as tx:
        kept = (await tx.connection.scalars(select(table.c.received_at))).all()
    assert sorted(kept) == [NOW.timestamp(), wrong]


async def test_what_was_erased_is_nowhere_in_the_files(store: Store, tmp_path: Path) -> None:
    async with store.writing() as tx:
        await put(tx, tables.uploads, 1, body=b"canary" * 9_000, made_at=0.0)
        await put(tx, tables.uploads, 2, body=b"still here")
    assert await erase(store) == 1
    async with store.reading() as tx:
        await empty_the_log(tx.connection)
    files = contents(tmp_path)
    assert b"canary" not in files
    assert store.shared or b"still here" in files
