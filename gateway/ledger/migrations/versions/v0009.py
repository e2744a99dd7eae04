"""Retention, look-ups, and the keys in turn."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

ROW = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.BigInteger()


def upgrade() -> None:
    staff_checks()


def staff_checks() -> None:
    """Addresses that nobody has; which warning told of a finding, and what waits in it."""
    op.create_table("refused_recipient",
        sa.Column("recipient", sa.String(length=32), nullable=False),
        sa.Column("refused_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("recipient", name=op.f("pk_refused_recipient")),
    sqlite_with_rowid=False
    )
    op.create_index(op.f("ix_refused_recipient_refused_at"), "refused_recipient", ["refused_at"])
    op.add_column("outgoing", sa.Column("sections", sa.JSON()))
    op.add_column("finding", sa.Column("notice_id", ROW))
    op.create_index(op.f("ix_finding_notice_id"), "finding", ["notice_id"])
    op.execute(
        "UPDATE finding SET notice_id = (SELECT notice.id FROM notice WHERE notice.message_id = finding.message_id AND notice.kind = 'warning')"
        " WHERE told_at IS NOT NULL"
    )
