"""Retention, look-ups, and the keys in turn."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

ROW = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.BigInteger()


def upgrade() -> None:
    staff_checks()
    retention()


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


def retention() -> None:
    """Who asked about whom; holds; erasures that wait for a case to be answered."""
    has_findings = sa.text("findings IS NOT NULL")
    op.create_index("ix_message_findings", "message", ["received_at"], sqlite_where=has_findings, postgresql_where=has_findings)
    op.create_table("look_up",
        sa.Column("id", ROW, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("asked_of", sa.String(length=32)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_look_up"))
    )
    op.create_index(op.f("ix_look_up_at"), "look_up", ["at"])
    op.create_index(op.f("ix_look_up_asked_of"), "look_up", ["asked_of"])
    op.create_table("hold",
        sa.Column("id", ROW, nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("released_at", INSTANT),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hold"))
    )
    op.create_table("erasure",
        sa.Column("correspondent", sa.String(length=32), nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("correspondent", name=op.f("pk_erasure")),
    sqlite_with_rowid=False
    )
