"""Reads a gateway's SQLite ledger as an onlooker: its own connection, read-only, never in the way."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.harness.waiting import PATIENCE, wait_for

Row = dict[str, Any]


def rows(database: Path, query: str, *values: object) -> list[Row]:
    """An absent or unreadable ledger has no rows: the caller waits for those it wants."""
    try:
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=5)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(query, values)]
    except sqlite3.Error:
        return []


def count(database: Path, table: str) -> int:
    found = rows(database, f"SELECT count(*) AS number FROM {table}")
    return int(found[0]["number"]) if found else 0


def wait_recorded(database: Path, messages: int, within: float = PATIENCE) -> None:
    """Until the ledger has at least so many messages."""
    wait_for(lambda: count(database, "message") >= messages, f"{messages} messages in the ledger ({count(database, 'message')} are)", within)


def acknowledgements(database: Path) -> list[Row]:
    """The acknowledgement records, oldest first."""
    return rows(database, "SELECT * FROM notice WHERE kind = 'acknowledgement' ORDER BY id")


def wait_settled(database: Path, within: float = PATIENCE) -> None:
    """Until no notice waits any more."""
    wait_for(
        lambda: count(database, "notice") and not rows(database, "SELECT 1 FROM notice WHERE state = 'waiting'"), "all notices are settled", within
    )
