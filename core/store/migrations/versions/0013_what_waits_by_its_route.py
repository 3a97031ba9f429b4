"""What waits to be sent is found by its route"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    waits = sa.text("state = 0")
    op.drop_index("outbox_waiting", "outbox")
    op.create_index(
        "outbox_waiting",
        "outbox",
        ["route", "chat", "number"],
        sqlite_where=waits,
        postgresql_where=waits,
    )
