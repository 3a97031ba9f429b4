"""The schema, brought up to date by Alembic."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from core.store.store import Store

MIGRATIONS = Path(__file__).parent / "migrations"


async def migrate(store: Store) -> None:
    """Bring the database's schema up to date; a database that is so is only looked at."""
    async with store.writer.begin() as connection:
        await connection.run_sync(_migrate)


def _migrate(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    wanted = ScriptDirectory.from_config(config).get_current_head()
    if MigrationContext.configure(connection).get_current_revision() != wanted:
        command.upgrade(config, "head")
