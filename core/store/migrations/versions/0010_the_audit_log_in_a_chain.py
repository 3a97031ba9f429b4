"""The audit log is append-only, each entry marked, and its entries in a chain"""

import sqlalchemy as sa
from alembic import context, op

from core.store.audit import new_mark

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

GONE = """
    EXISTS (
        SELECT 1 FROM audit_chain WHERE number = OLD.number
        AND place <= (SELECT max(place) FROM checkpoints WHERE begins = 1)
    )
"""
GONE_FROM_THE_CHAIN = "OLD.place <= (SELECT max(place) FROM checkpoints WHERE begins = 1)"
"""What may be deleted: that behind which a signed check-point says that the log begins."""


def upgrade() -> None:
    op.create_table(
        "audit_chain",
        sa.Column(
            "place",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("place"),
        sa.UniqueConstraint("number"),
    )
    op.create_table(
        "checkpoints",
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("begins", sa.Integer(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("place", "begins"),
    )
    op.add_column("audit", sa.Column("mark", sa.LargeBinary(), nullable=True))
    mark_what_is_there()
    for table, gone in (("audit", GONE), ("audit_chain", GONE_FROM_THE_CHAIN)):
        if op.get_bind().dialect.name == "postgresql":
            protect_in_postgresql(table, gone)
        else:
            protect_in_sqlite(table, gone)


def mark_what_is_there() -> None:
    """Mark the entries that are there as the program's own: from now on none without is."""
    ring, after = context.config.attributes["ring"], 0
    entries = sa.text(
        "SELECT number, at, actor, act, object FROM audit WHERE number > :after"
        " ORDER BY number LIMIT 1000"
    )
    marked = sa.text("UPDATE audit SET mark = :mark WHERE number = :number")
    while rows := op.get_bind().execute(entries, {"after": after}).all():
        marks = [{"number": number, "mark": new_mark(ring, *rest)} for number, *rest in rows]
        op.get_bind().execute(marked, marks)
        after = rows[-1].number


def protect_in_sqlite(table: str, gone: str) -> None:
    """Let no row be changed, and none be deleted before its time."""
    refuse = "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
    op.execute(f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refuse}")
    # Where the check-points name no beginning the condition is NULL, which is not true either.
    op.execute(
        f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table}"
        f" WHEN ({gone}) IS NOT TRUE {refuse}"
    )


def protect_in_postgresql(table: str, gone: str) -> None:
    """Let no row be changed, and none be deleted before its time."""
    op.execute(f"""
        CREATE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'DELETE' THEN
                IF {gone} THEN RETURN OLD; END IF;
            END IF;
            RAISE EXCEPTION 'the audit log is append-only';
        END $$
    """)
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}"
        f" FOR EACH ROW EXECUTE FUNCTION {table}_refuse()"
    )
    op.execute(
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}"
        f" FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()"
    )
