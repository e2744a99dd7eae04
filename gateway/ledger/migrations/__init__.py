"""Schema revisions, oldest first. Brings a ledger to the newest, or says that it is newer than this gateway.

A revision file is never edited after a release. `tests/ledger/test_ledger_migrations.py` proves that all revisions in
turn give exactly `tables.metadata`.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from gateway.ledger.errors import NewerLedger

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009", "0010")
"""Every revision in order; the last is what this gateway works with."""


def migrate(connection: Connection) -> None:
    """Upgrade in the caller's transaction; nothing to do is quick. Raises NewerLedger."""
    found = current(connection)
    if found == REVISIONS[-1]:
        return
    if found is not None and found not in REVISIONS:
        raise NewerLedger(found)
    _upgrade(connection)


def current(connection: Connection) -> str | None:
    """The revision that the ledger has; None for an empty database."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - slow to import, and rarely needed
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
