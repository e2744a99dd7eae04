"""How much the ledger holds: a few numbers for the page and /metrics. Reads only.

Every count is one of a narrow index, or of the few rows of a partial one: /metrics is asked every few seconds, whatever the ledger holds.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, func, select

from gateway.ledger import outbox_rows
from gateway.ledger.tables import message, service_case


def counts(connection: Connection) -> dict[str, int]:
    """Label -> number."""
    cases = _number(connection, select(func.count()).select_from(service_case))
    return {
        "messages seen": _number(connection, select(func.count()).select_from(message)),
        "cases opened": cases,
        "cases acknowledged": cases - _without(connection, service_case.c.acknowledged_at),
        "cases answered by a person": cases - _without(connection, service_case.c.responded_at),
        "notices waiting": outbox_rows.waiting_count(connection),
    }


def _without(connection: Connection, moment: Any) -> int:
    """Cases in which this has not happened: the rows of the partial index on it."""
    return _number(connection, select(func.count()).select_from(service_case).where(moment.is_(None)))


def _number(connection: Connection, question: Select[Any]) -> int:
    found: int = connection.execute(question).scalar_one()
    return found
