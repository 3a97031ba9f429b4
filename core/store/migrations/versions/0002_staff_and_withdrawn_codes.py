"""Staff, and codes that are withdrawn"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "staff",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("chat", sa.String(length=80), nullable=True),
        sa.Column("enrolment", sa.LargeBinary(), nullable=True),
        sa.Column("expires_at", sa.Float(), nullable=True),
        sa.Column("made_at", sa.Float(), nullable=False),
        sa.Column("removed_at", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("name"),
        sa.UniqueConstraint("chat"),
        sa.UniqueConstraint("enrolment"),
    )
    op.create_table(
        "withdrawals",
        sa.Column(
            "number",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("request", sa.LargeBinary(), nullable=False),
        sa.Column("holder", sa.String(length=40), nullable=False),
        sa.Column("code", sa.LargeBinary(), nullable=True),
        sa.Column("why", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("first", sa.String(length=40), nullable=False),
        sa.Column("second", sa.String(length=40), nullable=True),
        sa.Column("made_at", sa.Float(), nullable=False),
        sa.Column("done_at", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index("ix_withdrawals_request", "withdrawals", ["request"])
    op.create_index("ix_withdrawals_holder", "withdrawals", ["holder"])
    for column in (
        sa.Column("kid", sa.LargeBinary(), nullable=True),
        sa.Column("declaration", sa.LargeBinary(), nullable=True),
        sa.Column("lists", sa.Integer(), nullable=True),
        sa.Column("withdrawn_at", sa.Float(), nullable=True),
        sa.Column("withdrawn_why", sa.String(length=20), nullable=True),
    ):
        op.add_column("codes", column)
    # Codes from before were assessed under lists that nobody counted: they are assessed again.
    op.execute("UPDATE codes SET lists = -1")
    op.create_index("codes_lists", "codes", ["lists"])
    op.create_index(
        "codes_withdrawn",
        "codes",
        ["expires_at"],
        sqlite_where=sa.text("withdrawn_at IS NOT NULL"),
        postgresql_where=sa.text("withdrawn_at IS NOT NULL"),
    )
    op.create_index("audit_actor", "audit", ["actor", "at"])
