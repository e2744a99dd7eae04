"""Figures: what reports are summed from, and periods that are closed."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

ROW = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.BigInteger()


def upgrade() -> None:
    op.add_column("message", sa.Column("staff_division", sa.Text()))
    op.add_column("message", sa.Column("staff_marks", sa.SmallInteger()))
    op.create_index(op.f("ix_message_received_at_reason"), "message", ["received_at", "reason"])
    marked = sa.text("staff_marks > 0")
    op.create_index("ix_message_staff", "message", ["received_at", "staff_division", "staff_marks"], sqlite_where=marked, postgresql_where=marked)
    op.create_index(op.f("ix_service_case_opened_at"), "service_case", ["opened_at"])
    unanswered, unacknowledged = sa.text("responded_at IS NULL"), sa.text("acknowledged_at IS NULL")
    op.create_index("ix_service_case_unanswered", "service_case", ["respond_by"], sqlite_where=unanswered, postgresql_where=unanswered)
    op.create_index(
        "ix_service_case_unacknowledged", "service_case", ["acknowledge_by"], sqlite_where=unacknowledged, postgresql_where=unacknowledged
    )
    op.create_table("reopening",
        sa.Column("id", ROW, nullable=False),
        sa.Column("case_id", ROW, nullable=False),
        sa.Column("message_id", ROW, nullable=False),
        sa.Column("reopened_at", INSTANT, nullable=False),
        sa.Column("respond_by", INSTANT),
        sa.Column("responded_at", INSTANT),
        sa.Column("responded_by", ROW),
        sa.ForeignKeyConstraint(["case_id"], ["service_case.id"], name=op.f("fk_reopening_case_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_reopening_message_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reopening"))
    )
    op.create_index(op.f("ix_reopening_case_id"), "reopening", ["case_id"])
    op.create_index(op.f("ix_reopening_message_id"), "reopening", ["message_id"])
    op.create_index(op.f("ix_reopening_reopened_at"), "reopening", ["reopened_at"])
    op.create_table("closed_period",
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("closed_at", INSTANT, nullable=False),
        sa.Column("policy_version", sa.Text(), nullable=False),
        sa.Column("calendar_hash", sa.String(length=64), nullable=False),
        sa.Column("figures", sa.LargeBinary(), nullable=False),
        sa.Column("figures_hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("period", "division", name=op.f("pk_closed_period")),
    sqlite_with_rowid=False
    )
