"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

ROW = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.BigInteger()


def upgrade() -> None:
    op.create_table("message",
        sa.Column("id", ROW, nullable=False),
        sa.Column("identity", sa.String(length=64), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("door", sa.Text(), nullable=False),
        sa.Column("listener", sa.Text(), nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("size", sa.BigInteger()),
        sa.Column("automatic_type", sa.Text()),
        sa.Column("automatic_rule", sa.Text()),
        sa.Column("from_staff", sa.Boolean(), nullable=False),
        sa.Column("is_inquiry", sa.Boolean(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text()),
        sa.Column("correspondent", sa.String(length=32)),
        sa.Column("correspondent_domain", sa.String(length=32)),
        sa.Column("policy_version", sa.Text(), nullable=False),
        sa.Column("trace", sa.JSON(), nullable=False),
        sa.Column("findings", sa.JSON(none_as_null=True)),
        sa.Column("defects", sa.JSON(none_as_null=True)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("identity", name=op.f("uq_message_identity"))
    )
    op.create_index(op.f("ix_message_correspondent"), "message", ["correspondent"])
    op.create_table("notice",
        sa.Column("id", ROW, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("message_id", ROW),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("mailbox", sa.Text(), nullable=False),
        sa.Column("internet_message_id", sa.Text(), nullable=False),
        sa.Column("correspondent", sa.String(length=32)),
        sa.Column("correspondent_domain", sa.String(length=32)),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("lease_token", sa.Text()),
        sa.Column("give_up_at", INSTANT, nullable=False),
        sa.Column("last_code", sa.SmallInteger()),
        sa.Column("last_problem", sa.Text()),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("settled_at", INSTANT),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_notice_message_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("key", name=op.f("uq_notice_key"))
    )
    op.create_index(op.f("ix_notice_correspondent_created_at"), "notice", ["correspondent", "created_at"])
    op.create_index(op.f("ix_notice_message_id"), "notice", ["message_id"])
    op.create_index("ix_notice_waiting", "notice", ["due_at"], sqlite_where=sa.text("state = 'waiting'"), postgresql_where=sa.text("state = 'waiting'"))
    op.create_table("sighting",
        sa.Column("message_id", ROW, autoincrement=False, nullable=False),
        sa.Column("mailbox", sa.Text(), nullable=False),
        sa.Column("door", sa.Text(), nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_sighting_message_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("message_id", "mailbox", name=op.f("pk_sighting")),
    sqlite_with_rowid=False
    )
    op.create_table("outgoing",
        sa.Column("notice_id", ROW, autoincrement=False, nullable=False),
        sa.Column("mail_from", sa.Text(), nullable=False),
        sa.Column("rcpt_to", sa.Text(), nullable=False),
        sa.Column("octets", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"], name=op.f("fk_outgoing_notice_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("notice_id", name=op.f("pk_outgoing"))
    )
    op.create_table("service_case",
        sa.Column("id", ROW, nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("message_id", ROW, nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("mailbox", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("standard", sa.Text(), nullable=False),
        sa.Column("stated_as", sa.Text(), nullable=False),
        sa.Column("confidential", sa.Boolean(), nullable=False),
        sa.Column("policy_version", sa.Text(), nullable=False),
        sa.Column("correspondent", sa.String(length=32)),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("acknowledge_by", INSTANT),
        sa.Column("respond_by", INSTANT),
        sa.Column("printed_respond_by", INSTANT),
        sa.Column("notice_id", ROW),
        sa.Column("acknowledged_at", INSTANT),
        sa.Column("acknowledged_by", sa.Text()),
        sa.Column("responded_at", INSTANT),
        sa.Column("responded_by", ROW),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_service_case_message_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"], name=op.f("fk_service_case_notice_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_case")),
        sa.UniqueConstraint("message_id", "mailbox", name=op.f("uq_service_case_message_id_mailbox")),
        sa.UniqueConstraint("reference", name=op.f("uq_service_case_reference"))
    )
    op.create_index(op.f("ix_service_case_notice_id"), "service_case", ["notice_id"])
    op.create_table("thread",
        sa.Column("id", ROW, nullable=False),
        sa.Column("hash", sa.String(length=32), nullable=False),
        sa.Column("message_id", ROW),
        sa.Column("case_id", ROW),
        sa.Column("notice_id", ROW),
        sa.ForeignKeyConstraint(["case_id"], ["service_case.id"], name=op.f("fk_thread_case_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_thread_message_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_thread"))
    )
    op.create_index(op.f("ix_thread_case_id"), "thread", ["case_id"])
    op.create_index(op.f("ix_thread_hash"), "thread", ["hash"])
    op.create_index(op.f("ix_thread_message_id"), "thread", ["message_id"])
