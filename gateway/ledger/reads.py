"""What the ledger knows of one message, one case or one correspondent, as a timeline of plain values. Reads only.

Decides which rows belong to a question. An address or Message-ID is hashed before it is looked for; neither comes back out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, Table, select

from gateway.ledger.pseudonym import Pseudonyms
from gateway.ledger.tables import finding, message, notice, reopening, sender, service_case, sighting, thread
from gateway.message.thread import REFERENCE_ALPHABET

MOST_MESSAGES = 1000
"""Of one answer: the newest ones."""

_REFERENCE = re.compile(rf"[A-Z]{{2,}}-[{REFERENCE_ALPHABET}]{{4,6}}")


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a timeline."""

    at: datetime
    """Aware, UTC."""
    what: str
    """seen · addressed · case-opened · notice-written · notice-settled · acknowledged · answered · reopened · answered-again · found · told
    · mended · disputed"""
    message: int | None
    """Number of the message in the ledger: tells apart, means nothing outside."""
    reference: str | None
    """Of the case, where it concerns one."""
    detail: Mapping[str, Any]


def timeline(connection: Connection, pseudonyms: Pseudonyms, question: str) -> tuple[Event, ...]:
    """Everything known of a MESSAGE-ID, case REFERENCE or ADDRESS, oldest first; empty when nothing is.

    What looks like a Message-ID without its brackets looks like an address too: both are looked for. Of a case, all its messages
    are told; of a message, all its cases.
    """
    cases, messages = _found(connection, pseudonyms, question.strip())
    cases |= set(_ids(connection, thread.c.case_id, thread.c.message_id, messages))
    messages |= set(_ids(connection, thread.c.message_id, thread.c.case_id, cases))
    chosen = sorted(messages, reverse=True)[:MOST_MESSAGES]
    return tuple(sorted(_events(connection, chosen, sorted(cases)), key=lambda event: (event.at, event.message or 0, _ORDER.index(event.what))))


_ORDER = (
    "seen",
    "addressed",
    "found",
    "case-opened",
    "notice-written",
    "acknowledged",
    "notice-settled",
    "answered",
    "reopened",
    "answered-again",
    "told",
    "mended",
    "disputed",
)


def _found(connection: Connection, pseudonyms: Pseudonyms, question: str) -> tuple[set[int], set[int]]:
    """Case ids and message ids that the question names."""
    if _REFERENCE.fullmatch(question.upper().strip("[]")):
        found = select(service_case.c.id, service_case.c.message_id).where(service_case.c.reference == question.upper().strip("[]"))
        rows = connection.execute(found).all()
        return {row.id for row in rows}, {row.message_id for row in rows}
    cases, messages = set(), set()
    for row in connection.execute(select(thread.c.case_id, thread.c.message_id).where(thread.c.hash == pseudonyms.of_message_id(question))):
        cases.add(row.case_id)
        messages.add(row.message_id)
    if (who := pseudonyms.of_address(question)) and not question.startswith("<"):
        written = select(message.c.id).where(message.c.correspondent == who).order_by(message.c.id.desc()).limit(MOST_MESSAGES)
        messages |= set(connection.execute(written).scalars())
        also = select(sender.c.message_id).where(sender.c.hash == who).order_by(sender.c.message_id.desc()).limit(MOST_MESSAGES)
        messages |= set(connection.execute(also).scalars())
    return cases - {None}, messages - {None}


def _ids(connection: Connection, wanted: Any, by: Any, values: set[int]) -> Iterator[int]:
    if values:
        yield from connection.execute(select(wanted).where(by.in_(values), wanted.is_not(None)).distinct()).scalars()


def _events(connection: Connection, messages: Sequence[int], cases: Sequence[int]) -> Iterator[Event]:
    for row in _rows(connection, message, message.c.id, messages):
        yield Event(row.received_at, "seen", row.id, None, _without(row, "id", "received_at", "correspondent", "correspondent_domain"))
    for row in _rows(connection, sighting, sighting.c.message_id, messages):
        yield Event(row.seen_at, "addressed", row.message_id, None, _without(row, "message_id", "seen_at"))
    for row in _rows(connection, service_case, service_case.c.id, cases):
        yield from _case_events(row)
    for row in _rows(connection, reopening, reopening.c.case_id, cases):
        yield Event(row.reopened_at, "reopened", row.message_id, None, {"respond_by": row.respond_by})
        if row.responded_at:
            yield Event(row.responded_at, "answered-again", row.responded_by, None, {"by": "person"})
    for row in _rows(connection, notice, notice.c.message_id, messages):
        yield from _notice_events(row)
    for row in _rows(connection, finding, finding.c.message_id, messages):
        yield from _finding_events(row)


def _case_events(row: Row[Any]) -> Iterator[Event]:
    marks = ("id", "message_id", "notice_id", "opened_at", "correspondent", "reference", "responded_by")
    yield Event(row.opened_at, "case-opened", row.message_id, row.reference, _without(row, *marks))
    if row.acknowledged_at:
        yield Event(row.acknowledged_at, "acknowledged", row.message_id, row.reference, {"by": row.acknowledged_by})
    if row.responded_at:
        yield Event(row.responded_at, "answered", row.responded_by, row.reference, {"by": "person"})


def _finding_events(row: Row[Any]) -> Iterator[Event]:
    detail = {"finding": row.id, "kind": row.kind, "detail": row.detail, "division": row.division}
    for at, what in ((row.at, "found"), (row.told_at, "told"), (row.mended_at, "mended"), (row.disputed_at, "disputed")):
        if at is not None:
            yield Event(at, what, row.message_id, None, detail)


def _notice_events(row: Row[Any]) -> Iterator[Event]:
    written = ("kind", "division", "mailbox", "internet_message_id", "give_up_at", "state", "attempts", "last_code", "last_problem", "due_at")
    yield Event(row.created_at, "notice-written", row.message_id, None, {name: getattr(row, name) for name in written})
    if row.settled_at:
        settled = ("kind", "state", "attempts", "last_code", "last_problem")
        yield Event(row.settled_at, "notice-settled", row.message_id, None, {name: getattr(row, name) for name in settled})


def _rows(connection: Connection, table: Table, column: Any, values: Sequence[int]) -> Iterator[Row[Any]]:
    found: Select[Any] = select(table).where(column.in_(values))
    return iter(connection.execute(found).all() if values else ())


def _without(row: Row[Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in row._mapping.items() if name not in names}
