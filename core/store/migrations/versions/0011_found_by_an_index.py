"""What is sought every hour, or whenever somebody is erased, is found by an index"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

BY_AGE = {
    "uploads": "made_at",
    "holders": "seen_at",
    "proofs": "made_at",
    "exports": "exported_at",
    "installations": "made_at",
    "codes": "issued_at",
}
KEPT = {"inbox": "received_at", "outbox": "made_at"}


def upgrade() -> None:
    for table, column in BY_AGE.items():
        op.create_index(f"ix_{table}_{column}", table, [column])
    for table, column in KEPT.items():
        kept = sa.text("body IS NOT NULL AND state != 0")
        op.create_index(f"{table}_kept", table, [column], sqlite_where=kept, postgresql_where=kept)
    waits = sa.text("starts_at IS NULL")
    op.create_index(
        "links_waiting", "links", ["way", "made_at"], sqlite_where=waits, postgresql_where=waits
    )
    op.create_index("checkpoints_begin", "checkpoints", ["begins", "place"])
