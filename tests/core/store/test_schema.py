"""The schema: migrations and tables say the same."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from core.policy import Policy
from core.store.audit_check import Whole, check
from core.store.schema import MIGRATIONS, LaterSchema, migrate
from core.store.store import Store
from core.store.tables import metadata
from core.vault import KeyRing
from tests.clock import NOON
from tests.core.store.people import register
from tests.postgres import Postgres


async def test_the_migrations_make_the_tables(store: Store) -> None:
    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    async with store.writing() as tx:
        assert await tx.connection.run_sync(differences) == []


async def test_a_schema_that_is_up_to_date_is_only_looked_at(store: Store) -> None:
    async with store.writing() as tx:
        await register(tx)
    await migrate(store)
    async with store.reading() as tx:
        assert await tx.people.of_chat("web:1") is not None
        assert await tx.connection.scalar(text("SELECT count(*) FROM alembic_version")) == 1


async def test_processes_that_start_at_once_do_not_all_make_the_tables(postgres: Postgres) -> None:
    name = await postgres.create("template1")
    ring = KeyRing.generate(NOON)
    stores = [Store.open(postgres.url(name), ring, Policy()) for _ in range(3)]
    await asyncio.gather(*map(migrate, stores))
    async with stores[0].writing() as tx:
        await register(tx)
    for opened in stores:
        await opened.close()
    await postgres.drop(name)


async def at(store: Store, revision: str) -> None:
    """Bring a database without tables to an older schema."""

    def upgrade(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes.update(connection=connection, ring=store.ring)
        command.upgrade(config, revision)

    async with store.writer.begin() as connection:
        await connection.run_sync(upgrade)


async def test_entries_from_before_the_chain_are_taken_into_it(
    store: Store, tmp_path: Path
) -> None:
    if store.shared:
        async with store.writing() as tx:
            await tx.connection.execute(text("DROP SCHEMA public CASCADE"))
            await tx.connection.execute(text("CREATE SCHEMA public"))
        older = store
    else:
        older = Store.open(f"sqlite:///{tmp_path / 'older.sqlite3'}", store.ring, store.policy)
    await at(older, "0009")
    rows = [
        {"at": NOON.timestamp() + row, "actor": f"web:{row}", "act": "registered", "object": "x"}
        for row in range(2_001)
    ]
    entry = "INSERT INTO audit (at, actor, act, object) VALUES (:at, :actor, :act, :object)"
    async with older.writing() as tx:
        await tx.connection.execute(text(entry), rows)
    await migrate(older)
    assert await check(older) == Whole(2_001, rows[0]["at"], rows[-1]["at"], waiting=2_001)
    async with older.writing() as tx:
        assert await tx.audit.extend(NOON) > 0
        await register(tx)
    with pytest.raises(DBAPIError, match="append-only"):
        async with older.writing() as tx:
            await tx.connection.execute(text("DELETE FROM audit"))
    if older is not store:
        await older.close()


async def test_a_schema_that_a_later_version_has_changed_is_refused(store: Store) -> None:
    async with store.writing() as tx:
        await tx.connection.execute(text("UPDATE alembic_version SET version_num = 'later'"))
    with pytest.raises(LaterSchema):
        await migrate(store)
