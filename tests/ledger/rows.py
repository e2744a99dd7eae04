"""Looks into a ledger the way its tables are."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Table, func, select

from gateway.ledger.batch import record
from gateway.ledger.ledger import Ledger
from gateway.ledger.records import Decide, Recorded
from gateway.ledger.tables import message, metadata, notice, outgoing, service_case, sighting, thread
from gateway.policy.model import DEFAULT_CAPS, Caps
from tests.ledger.given import Clock


def rows(ledger: Ledger, table: Table) -> list[dict[str, Any]]:
    """All rows of a table, in the order of its primary key."""
    with ledger.reading() as connection:
        return [dict(row._mapping) for row in connection.execute(select(table).order_by(*table.primary_key))]


def record_together(ledger: Ledger, decide: Decide, clock: Clock, *examinations: Any, caps: Caps = DEFAULT_CAPS) -> list[Recorded]:
    """One batch in one commit, without the thread."""
    with ledger.writing() as connection:
        answers = record(connection, examinations, decide, ledger.pseudonyms, now=clock(), caps=caps)
    assert all(isinstance(each, Recorded) for each in answers), answers
    return answers  # type: ignore[return-value]


def content(ledger: Ledger) -> dict[str, list[Any]]:
    """What the ledger says, with row numbers replaced by what they point at: comparable between two ledgers."""
    messages = {row["id"]: row["identity"] for row in rows(ledger, message)}
    cases = {row["id"]: row["reference"] for row in rows(ledger, service_case)}
    notices = {row["id"]: row["key"] for row in rows(ledger, notice)}
    names: dict[str, dict[int, str]] = {
        "message_id": messages,
        "responded_by": messages,
        "case_id": cases,
        "notice_id": notices,
    }

    def named(row: dict[str, Any]) -> tuple[Any, ...]:
        return tuple(repr(names[name].get(value, value) if name in names else value) for name, value in row.items() if name != "id")

    return {table.name: sorted(named(row) for row in rows(ledger, table)) for table in metadata.sorted_tables}


def emptied(ledger: Ledger) -> Ledger:
    """Making a new ledger for each example of hypothesis would take all the test's time."""
    with ledger.writing() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(table.delete())
    return ledger


__all__ = ["content", "emptied", "message", "notice", "outgoing_count", "record_together", "rows", "service_case", "sighting", "thread"]


def outgoing_count(ledger: Ledger) -> int:
    """Notices whose address and text the ledger still holds."""
    with ledger.reading() as connection:
        return connection.execute(select(func.count()).select_from(outgoing)).scalar_one()
