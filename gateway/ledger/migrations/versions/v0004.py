"""What mail from staff lacks, and who is away until when."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

ROW = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.BigInteger()


def upgrade() -> None:
    op.create_table("finding",
        sa.Column("id", ROW, nullable=False),
        sa.Column("message_id", ROW, nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("told_at", INSTANT),
        sa.Column("mended_at", INSTANT),
        sa.Column("disputed_at", INSTANT),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_finding_message_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding"))
    )
    op.create_index(op.f("ix_finding_message_id"), "finding", ["message_id"])
    op.create_index(op.f("ix_finding_person_at"), "finding", ["person", "at"])
    op.create_table("absence",
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("until", INSTANT, nullable=False),
        sa.Column("alternates", sa.JSON(), nullable=False),
        sa.Column("contact_inside", sa.Boolean()),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_absence")),
    sqlite_with_rowid=False
    )
    op.create_index(op.f("ix_absence_until"), "absence", ["until"])
