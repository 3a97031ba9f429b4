"""The schema, brought up to date by Alembic."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from core.store.store import Store
from core.vault import KeyRing

MIGRATIONS = Path(__file__).parent / "migrations"

ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext('healthcode schema'))")
"""Held until the end of the transaction: of several processes that start at once, the first
changes the schema, and the others find it changed."""


async def migrate(store: Store) -> None:
    """Bring the database's schema up to date; a database that is so is only looked at."""
    async with store.writer.begin() as connection:
        await connection.run_sync(lambda real: _migrate(real, store.ring))


def _migrate(connection: Connection, ring: KeyRing) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(ONE_AT_A_TIME)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes.update(connection=connection, ring=ring)
    wanted = ScriptDirectory.from_config(config).get_current_head()
    if MigrationContext.configure(connection).get_current_revision() != wanted:
        command.upgrade(config, "head")
