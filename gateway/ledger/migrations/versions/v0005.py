"""Watched mailboxes: where each watcher stands, and who watches."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

ROW = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.BigInteger()


def upgrade() -> None:
    op.create_table("watch",
        sa.Column("watched", sa.Text(), nullable=False),
        sa.Column("lease_token", sa.Text()),
        sa.Column("lease_until", INSTANT),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("looked_at", INSTANT),
        sa.Column("alerts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("watched", name=op.f("pk_watch")),
    sqlite_with_rowid=False
    )
    op.create_table("watch_cursor",
        sa.Column("watched", sa.Text(), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=False),
        sa.Column("began_at", INSTANT, nullable=False),
        sa.Column("last_received_at", INSTANT),
        sa.Column("moved_at", INSTANT, nullable=False),
        sa.Column("messages", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("watched", "folder", "purpose", name=op.f("pk_watch_cursor")),
    sqlite_with_rowid=False
    )
    op.create_table("automatic_reply",
        sa.Column("watched", sa.Text(), nullable=False),
        sa.Column("checked", sa.String(length=32), nullable=False),
        sa.Column("checked_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("watched", name=op.f("pk_automatic_reply")),
    sqlite_with_rowid=False
    )
