"""Whose app an export comes from"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "installations",
        sa.Column("installation", sa.LargeBinary(), nullable=False),
        sa.Column("holder", sa.String(length=40), nullable=False),
        sa.Column("made_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("installation"),
    )
    op.create_index("ix_installations_holder", "installations", ["holder"])
