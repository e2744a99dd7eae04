"""Who else a sender is, the windows of [caps], alerts, and cases that an answer opened."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

ROW = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.BigInteger()


def upgrade() -> None:
    op.create_table("sender",
        sa.Column("message_id", ROW, autoincrement=False, nullable=False),
        sa.Column("hash", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_sender_message_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("message_id", "hash", name=op.f("pk_sender")),
    sqlite_with_rowid=False
    )
    op.create_index(op.f("ix_sender_hash"), "sender", ["hash"])
    op.create_table("mailbox_hour",
        sa.Column("mailbox", sa.Text(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("mailbox", "hour", name=op.f("pk_mailbox_hour")),
    sqlite_with_rowid=False
    )
    op.create_table("alert",
        sa.Column("mailbox", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("raised_at", INSTANT, nullable=False),
        sa.Column("last_at", INSTANT, nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("hourly_limit", sa.Float()),
        sa.PrimaryKeyConstraint("mailbox", "slug", name=op.f("pk_alert")),
    sqlite_with_rowid=False
    )
    op.add_column("service_case", sa.Column("opened_by_answer", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("notice", sa.Column("slot_at", INSTANT))
    op.execute("UPDATE notice SET slot_at = created_at WHERE kind = 'acknowledgement' AND state IN ('waiting', 'sent')")
    for name, columns in (("ix_notice_slot", ["slot_at"]), ("ix_notice_domain_slot", ["correspondent_domain", "slot_at"])):
        op.create_index(name, "notice", columns, sqlite_where=sa.text("slot_at IS NOT NULL"), postgresql_where=sa.text("slot_at IS NOT NULL"))
