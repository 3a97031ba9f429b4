"""A list is loaded in pieces, and codes that are still good are found among those that are over"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

LISTS = ("exposures", "places", "cases", "tenants")


def upgrade() -> None:
    lists = op.create_table(
        "lists",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("load", sa.Integer(), nullable=False),
        sa.Column("loading", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.bulk_insert(lists, [{"name": name, "load": 0, "loading": 0} for name in LISTS])
    for name in LISTS:
        op.add_column(name, sa.Column("load", sa.Integer(), nullable=False, server_default="0"))
    op.drop_index("codes_lists", "codes")
    op.create_index("codes_lists", "codes", ["lists", "expires_at"])
