"""Policy files: the last good version of each, and every change."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

ROW = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.BigInteger()


def upgrade() -> None:
    op.create_table("policy_file",
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary()),
        sa.Column("in_force_since", INSTANT),
        sa.Column("refused", sa.String(length=64)),
        sa.PrimaryKeyConstraint("file", name=op.f("pk_policy_file")),
    sqlite_with_rowid=False
    )
    op.create_table("policy_change",
        sa.Column("id", ROW, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("division", sa.Text()),
        sa.Column("version_before", sa.Text()),
        sa.Column("version_after", sa.Text()),
        sa.Column("author", sa.Text()),
        sa.Column("differences", sa.JSON(), nullable=False),
        sa.Column("problems", sa.JSON(), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_change"))
    )
