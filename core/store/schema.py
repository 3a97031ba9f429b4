"""The schema, brought up to date by Alembic, which is loaded only where it is not."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, column, inspect, select, table, text

from core.store.store import Store
from core.vault import KeyRing

MIGRATIONS = Path(__file__).parent / "migrations"
NEWEST = max(file.stem.partition("_")[0] for file in (MIGRATIONS / "versions").glob("[0-9]*.py"))
"""The revision to which the schema is brought: the number with which its file begins."""

VERSIONS = table("alembic_version", column("version_num"))
"""Alembic's table, of one row: the revision of the schema."""

ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext('healthcode schema'))")
"""Held until the end of the transaction: of several processes that start at once, the first
changes the schema, and the others find it changed."""


class LaterSchema(Exception):
    """A later version of this program has changed the schema."""


async def migrate(store: Store) -> None:
    """Bring the database's schema up to date; a database that is so is only looked at.

    Raise LaterSchema for one that this program does not know.
    """
    async with store.writer.begin() as connection:
        await connection.run_sync(lambda real: _migrate(real, store.ring))


def _migrate(connection: Connection, ring: KeyRing) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(ONE_AT_A_TIME)
    if _revision(connection) == NEWEST:
        return
    # Not at the top: it takes a quarter of a second and ten megabytes, and is done with at once.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes.update(connection=connection, ring=ring)
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise LaterSchema from error


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSIONS.name):
        return None
    found: str | None = connection.scalar(select(VERSIONS.c.version_num))
    return found
