"""Indexes of correspondents by span of four weeks, so that a large ledger is written as quickly as a small one."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

SPAN = 2_419_200_000_000  # microseconds


def upgrade() -> None:
    op.drop_index("ix_message_correspondent", "message")
    op.create_index("ix_message_correspondent", "message", [sa.text(f"received_at / {SPAN}"), "correspondent"])
    op.drop_index("ix_notice_correspondent_created_at", "notice")
    op.create_index("ix_notice_correspondent", "notice", [sa.text(f"created_at / {SPAN}"), "correspondent", "created_at"])
    refused = sa.text("state = 'refused'")
    op.create_index("ix_notice_refused", "notice", ["correspondent", "settled_at"], sqlite_where=refused, postgresql_where=refused)
