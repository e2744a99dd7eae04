"""Run by Alembic inside the transaction that `migrate` was given; on both engines a failed upgrade leaves nothing behind."""

from __future__ import annotations

from alembic import context

from gateway.ledger.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
