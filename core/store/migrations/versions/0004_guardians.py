"""Guardians: chats that look after other people"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("links", sa.Column("relation", sa.String(20), nullable=False, server_default=""))
    op.add_column("links", sa.Column("way", sa.String(20), nullable=False, server_default=""))
    op.add_column("links", sa.Column("starts_at", sa.Float(), nullable=True))
    # Whoever registered himself spoke for himself from then on.
    op.execute("UPDATE links SET starts_at = made_at")
