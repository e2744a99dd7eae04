"""What people declare of a case, and reminders."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

ROW = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.BigInteger()


def upgrade() -> None:
    op.add_column("service_case", sa.Column("declared_channel", sa.Text()))
    op.add_column("service_case", sa.Column("moved_from", sa.JSON()))
    op.add_column("reopening", sa.Column("declared_channel", sa.Text()))
    op.create_table("declaration",
        sa.Column("id", ROW, nullable=False),
        sa.Column("case_id", ROW, nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("happened_at", INSTANT, nullable=False),
        sa.Column("declared_at", INSTANT, nullable=False),
        sa.Column("declared_by", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text()),
        sa.Column("why", sa.Text()),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("undone_at", INSTANT),
        sa.ForeignKeyConstraint(["case_id"], ["service_case.id"], name=op.f("fk_declaration_case_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_declaration"))
    )
    op.create_index(op.f("ix_declaration_case_id"), "declaration", ["case_id"])
    op.create_table("reminder",
        sa.Column("case_id", ROW, nullable=False),
        sa.Column("follow_up", ROW, nullable=False),
        sa.Column("occasion", sa.Text(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("reminded_at", INSTANT, nullable=False),
        sa.Column("notice_id", ROW, nullable=False),
        sa.Column("message_hash", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["service_case.id"], name=op.f("fk_reminder_case_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("case_id", "follow_up", "occasion", name=op.f("pk_reminder")),
    sqlite_with_rowid=False
    )
    op.create_index(op.f("ix_reminder_reminded_at"), "reminder", ["reminded_at"])
    op.create_index(op.f("ix_reminder_notice_id"), "reminder", ["notice_id"])
    op.create_index(op.f("ix_reminder_message_hash"), "reminder", ["message_hash"])
