"""The schema: migrations and tables say the same."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text

from core.store.schema import migrate
from core.store.store import Store
from core.store.tables import metadata
from tests.core.store.people import register


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
