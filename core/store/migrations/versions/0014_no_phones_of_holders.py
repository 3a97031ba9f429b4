"""Nobody is looked for by his phone: what could tell who has the same one is not kept"""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_holders_phone", "holders")
    op.drop_column("holders", "phone")
