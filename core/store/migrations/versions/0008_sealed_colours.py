"""The colour of a code is sealed with its reasons; counts end some time after their last event"""

import time

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_column("codes", "colour")
    op.add_column("tallies", sa.Column("counted_at", sa.Float(), nullable=True))
    counted = sa.text("UPDATE tallies SET counted_at = :now WHERE name != 'lists loaded'")
    op.execute(counted.bindparams(now=time.time()))
