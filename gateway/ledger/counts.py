"""How much the ledger holds: four numbers for the page. Reads only."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from gateway.ledger import outbox_rows
from gateway.ledger.tables import message, service_case


def counts(connection: Connection) -> dict[str, int]:
    """Label -> number."""
    cases = connection.execute(
        select(func.count(), func.count(service_case.c.acknowledged_at), func.count(service_case.c.responded_at)).select_from(service_case)
    ).one()
    return {
        "messages seen": connection.execute(select(func.count()).select_from(message)).scalar_one(),
        "cases opened": cases[0],
        "cases acknowledged": cases[1],
        "cases answered by a person": cases[2],
        "notices waiting": outbox_rows.waiting_count(connection),
    }
