"""What the ledger knows of one message, one case or one correspondent, as a timeline of plain values. Reads only.

Decides which rows belong to a question. An address or Message-ID is hashed before it is looked for (under the keys before the one in use,
too); neither comes back out. Of an address it finds every row that bears its hash: the answer is what a person's access request asks for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, Table, select

from gateway.ledger.look_ups import What
from gateway.ledger.pseudonym import Pseudonyms
from gateway.ledger.spans import in_any_span
from gateway.ledger.tables import (
    absence,
    declaration,
    erasure,
    finding,
    look_up,
    message,
    notice,
    refused_recipient,
    reminder,
    reopening,
    sender,
    service_case,
    sighting,
    survey_person,
    thread,
)
from gateway.message.thread import REFERENCE_ALPHABET

MOST_MESSAGES = 1000
"""Of one answer: the newest ones."""

_AT_ONCE = 10_000

_REFERENCE = re.compile(rf"[A-Z]{{2,}}-[{REFERENCE_ALPHABET}]{{4,6}}")


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a timeline."""

    at: datetime
    """Aware, UTC."""
    what: str
    """seen · addressed · case-opened · notice-written · notice-settled · acknowledged · answered · reopened · answered-again · found · told
    · mended · disputed · reminded · declared · undone; of an address also away · stands-in (until `at`) · no-such-recipient · asked-to-rate
    · opted-out-of-surveys · looked-up · erasure-asked"""
    message: int | None
    """Number of the message in the ledger: tells apart, means nothing outside."""
    reference: str | None
    """Of the case, where it concerns one."""
    detail: Mapping[str, Any]


def timeline(connection: Connection, pseudonyms: Pseudonyms, question: str, *, most: int | None = MOST_MESSAGES) -> tuple[Event, ...]:
    """Everything known of a MESSAGE-ID, case REFERENCE or ADDRESS, oldest first; empty when nothing is. `most`: messages; None: all.

    What looks like a Message-ID without its brackets looks like an address too: both are looked for. Of a case, all its messages
    are told; of a message, all its cases.
    """
    question = question.strip()
    who = hashes_of(pseudonyms, question) if asks_of(question) == "correspondent" else ()
    cases, messages = _found(connection, pseudonyms, question, who, most)
    cases |= set(_ids(connection, thread.c.case_id, thread.c.message_id, messages))
    messages |= set(_ids(connection, thread.c.message_id, thread.c.case_id, cases))
    chosen = sorted(messages, reverse=True)[:most]
    events = [*_events(connection, chosen, sorted(cases)), *(_of_person(connection, who, set(chosen)) if who else ())]
    return tuple(sorted(events, key=lambda event: (event.at, event.message or 0, _ORDER.index(event.what))))


def asks_of(question: str) -> What:
    """What kind of question it is. A Message-ID without its brackets looks like an address, and is taken for both."""
    if _REFERENCE.fullmatch(question.strip().upper().strip("[]")):
        return "case"
    return "message" if question.strip().startswith("<") else "correspondent"


def hashes_of(pseudonyms: Pseudonyms, question: str) -> tuple[str, ...]:
    """Under each key, the one in use first: of an address, a Message-ID, or the reference of a case."""
    match asks_of(question):
        case "case":
            return pseudonyms.under_all(lambda key: key.of_text(question.strip().upper().strip("[]")))
        case "message":
            return pseudonyms.under_all(lambda key: key.of_message_id(question))
        case _:
            return pseudonyms.under_all(lambda key: key.of_address(question.strip()))


_ORDER = (
    "seen",
    "addressed",
    "found",
    "case-opened",
    "notice-written",
    "acknowledged",
    "notice-settled",
    "reminded",
    "answered",
    "reopened",
    "answered-again",
    "declared",
    "undone",
    "told",
    "mended",
    "disputed",
    "away",
    "stands-in",
    "no-such-recipient",
    "asked-to-rate",
    "opted-out-of-surveys",
    "looked-up",
    "erasure-asked",
)


def _found(connection: Connection, pseudonyms: Pseudonyms, question: str, who: Sequence[str], most: int | None) -> tuple[set[int], set[int]]:
    """Case ids and message ids that the question names."""
    if _REFERENCE.fullmatch(question.upper().strip("[]")):
        found = select(service_case.c.id, service_case.c.message_id).where(service_case.c.reference == question.upper().strip("[]"))
        rows = connection.execute(found).all()
        return {row.id for row in rows}, {row.message_id for row in rows}
    cases, messages = set(), set()
    named = pseudonyms.under_all(lambda key: key.of_message_id(question))
    for row in connection.execute(select(thread.c.case_id, thread.c.message_id).where(thread.c.hash.in_(named))):
        cases.add(row.case_id)
        messages.add(row.message_id)
    for ids, is_theirs in (
        (message.c.id, in_any_span(message.c.received_at) & message.c.correspondent.in_(who)),
        (sender.c.message_id, sender.c.hash.in_(who)),
        (finding.c.message_id, finding.c.person.in_(who)),
    ):
        messages |= set(connection.execute(select(ids).where(is_theirs).order_by(ids.desc()).limit(most)).scalars())
    return cases - {None}, messages - {None}


def _ids(connection: Connection, wanted: Any, by: Any, values: set[int]) -> Iterator[int]:
    for some in _chunks(sorted(values)):
        yield from connection.execute(select(wanted).where(by.in_(some), wanted.is_not(None)).distinct()).scalars()


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
            yield Event(row.responded_at, "answered-again", row.responded_by, None, {"by": _answered_by(row)})
    for row in _rows(connection, declaration, declaration.c.case_id, cases):
        yield from _declared_events(row)
    for row in _rows(connection, reminder, reminder.c.case_id, cases):
        yield Event(row.reminded_at, "reminded", None, None, {"division": row.division, "occasion": row.occasion})
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
        yield Event(row.responded_at, "answered", row.responded_by, row.reference, {"by": _answered_by(row)})


def _answered_by(row: Row[Any]) -> str:
    """Of a case or a reopening."""
    return "person" if row.responded_by is not None else f"person ({row.declared_channel or 'by hand'}, declared)"


def _declared_events(row: Row[Any]) -> Iterator[Event]:
    detail = {name: getattr(row, name) for name in ("what", "channel", "why", "happened_at", "declared_by")}
    yield Event(row.declared_at, "declared", None, None, detail)
    if row.undone_at is not None:
        yield Event(row.undone_at, "undone", None, None, detail)


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
    for some in _chunks(values):
        found: Select[Any] = select(table).where(column.in_(some))
        yield from connection.execute(found).all()


def _chunks(values: Sequence[int]) -> Iterator[Sequence[int]]:
    """Engines take some ten thousand values in one statement."""
    return (values[at : at + _AT_ONCE] for at in range(0, len(values), _AT_ONCE))


def _of_person(connection: Connection, who: Sequence[str], told: set[int]) -> Iterator[Event]:
    """What bears the hash of an address and hangs on none of the messages that are `told`."""
    for row in connection.execute(select(notice).where(in_any_span(notice.c.created_at), notice.c.correspondent.in_(who))):
        if row.message_id not in told:
            yield from _notice_events(row)
    for row in connection.execute(select(absence)):
        if row.person in who:
            yield Event(row.until, "away", None, None, {"contact_inside": row.contact_inside})
        if not set(who).isdisjoint(row.alternates):
            yield Event(row.until, "stands-in", None, None, {})
    for row in connection.execute(select(refused_recipient).where(refused_recipient.c.recipient.in_(who))):
        yield Event(row.refused_at, "no-such-recipient", None, None, {})
    for row in connection.execute(select(survey_person).where(survey_person.c.person.in_(who))):
        for at, what in ((row.asked_at, "asked-to-rate"), (row.opted_out_at, "opted-out-of-surveys")):
            if at is not None:
                yield Event(at, what, None, None, {})
    for row in connection.execute(select(look_up).where(look_up.c.asked_of.in_(who))):
        yield Event(row.at, "looked-up", None, None, {"by": row.who, "what": row.what})
    for row in connection.execute(select(erasure).where(erasure.c.correspondent.in_(who))):
        yield Event(row.asked_at, "erasure-asked", None, None, {})


def _without(row: Row[Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in row._mapping.items() if name not in names}
