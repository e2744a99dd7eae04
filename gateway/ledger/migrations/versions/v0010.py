"""Indexes of correspondents by week, so that a large ledger is written as quickly as a small one."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

WEEK = 604_800_000_000  # microseconds


def upgrade() -> None:
    op.drop_index("ix_message_correspondent", "message")
    op.create_index("ix_message_correspondent", "message", [sa.text(f"received_at / {WEEK}"), "correspondent"])
    op.drop_index("ix_notice_correspondent_created_at", "notice")
    op.create_index("ix_notice_correspondent", "notice", [sa.text(f"created_at / {WEEK}"), "correspondent", "created_at"])
    refused = sa.text("state = 'refused'")
    op.create_index("ix_notice_refused", "notice", ["correspondent", "settled_at"], sqlite_where=refused, postgresql_where=refused)
