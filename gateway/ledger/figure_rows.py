"""Rows that reports are summed from: plain values in chunks, never objects of the database. Reads only; decides no figure.

One pass over the cases of a period along the index on their receipt; messages are counted by the engine, along an index that holds
all that is asked. Times are whole microseconds since 1970 UTC: building a million datetimes would cost more than all the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Connection, Select, and_, case, exists, func, literal, null, or_, select, true, type_coerce

from gateway.ledger.figure_values import NEVER, NOT_PROMISED, ReasonTally
from gateway.ledger.tables import message, reopening, service_case, sighting

CHUNK = 20_000


def cases(connection: Connection, since: datetime, until: datetime) -> Iterator[list[tuple[Any, ...]]]:
    """Cases received at or after `since` and before `until` (aware): the fields of CaseRow, in chunks."""
    found = select(
        service_case.c.id, *_SCOPE, _when(service_case.c.opened_at), _due(service_case.c.acknowledge_by), _due(service_case.c.respond_by),
        _moment(service_case.c.acknowledged_at), service_case.c.acknowledged_by, _moment(service_case.c.responded_at), _DECLARED,
        service_case.c.opened_by_answer,
    ).where(service_case.c.opened_at >= since, service_case.c.opened_at < until)  # fmt: skip
    return _chunks(connection, found)


def reopenings(connection: Connection, since: datetime, until: datetime) -> Iterator[list[tuple[Any, ...]]]:
    """Follow-ups to answered cases, received in the period, as rows of the same shape."""
    found = (
        select(
            service_case.c.id, *_SCOPE, _when(reopening.c.reopened_at), literal(NOT_PROMISED), _due(reopening.c.respond_by),
            literal(NEVER), null(), _moment(reopening.c.responded_at), _DECLARED_AGAIN, literal(0),
        )
        .join(service_case, service_case.c.id == reopening.c.case_id)
        .where(reopening.c.reopened_at >= since, reopening.c.reopened_at < until)
    )  # fmt: skip
    return _chunks(connection, found)


def received_between(connection: Connection, since: datetime, until: datetime) -> list[tuple[str, str, str, str, int]]:
    """Number of cases by division, standard, audience and kind."""
    scope = _SCOPE[:4]
    found = select(*scope, func.count()).where(service_case.c.opened_at >= since, service_case.c.opened_at < until).group_by(*scope)
    return [tuple(row) for row in connection.execute(found)]


def stated_as(connection: Connection, case_ids: Sequence[int]) -> dict[int, str]:
    """The words of the promise of each case."""
    found = select(service_case.c.id, service_case.c.stated_as).where(service_case.c.id.in_(case_ids))
    return {row.id: row.stated_as for row in connection.execute(found)}


def reasons(connection: Connection, since: datetime, until: datetime, mailboxes: Sequence[str] | None) -> list[ReasonTally]:
    """Every message first seen in the period, by reason; with `mailboxes`, those that reached one of them."""
    anywhere, here, reached = _cases_of_message(mailboxes)
    seen = _by_reason(connection, since, until, reached)
    inquiries = _by_reason(connection, since, until, here)
    elsewhere = {} if mailboxes is None else _by_reason(connection, since, until, and_(reached, ~here, anywhere))
    return [ReasonTally(reason, messages, inquiries.get(reason, 0), elsewhere.get(reason, 0)) for reason, messages in seen.items()]


def cases_of_messages(connection: Connection, since: datetime, until: datetime, mailboxes: Sequence[str] | None) -> int:
    """How many cases the messages of the period opened, whenever that was."""
    found = select(func.count()).select_from(message).join(service_case, service_case.c.message_id == message.c.id)
    found = found.where(message.c.received_at >= since, message.c.received_at < until)
    return connection.execute(found if mailboxes is None else found.where(service_case.c.mailbox.in_(mailboxes))).scalar_one()


def mailboxes_of(connection: Connection, since: datetime, until: datetime, division: str) -> set[str]:
    """Of the division, as the cases of the period name them: policies may have changed since."""
    period = service_case.c.opened_at >= since, service_case.c.opened_at < until
    return set(connection.execute(select(service_case.c.mailbox).distinct().where(*period, service_case.c.division == division)).scalars())


def staff_marks(connection: Connection, since: datetime, until: datetime, division: str | None) -> Iterator[Sequence[tuple[int, int]]]:
    """(receipt, StaffMark bits) of mail from staff that had anything to look at, in chunks."""
    found = select(_when(message.c.received_at), message.c.staff_marks).where(
        message.c.staff_marks > 0, message.c.received_at >= since, message.c.received_at < until
    )
    if division is not None:
        found = found.where(message.c.staff_division == division)
    for chunk in connection.execute(found, execution_options={"yield_per": CHUNK}).partitions():
        yield [(row[0], row[1]) for row in chunk]


def last_due(connection: Connection, since: datetime, until: datetime) -> datetime | None:
    """The last promised date of the cases received in the period, and of its reopenings."""
    of_cases = _latest(service_case.c.acknowledge_by), _latest(service_case.c.respond_by)
    row = connection.execute(select(*of_cases).where(service_case.c.opened_at >= since, service_case.c.opened_at < until)).one()
    again = connection.execute(
        select(_latest(reopening.c.respond_by)).where(reopening.c.reopened_at >= since, reopening.c.reopened_at < until)
    ).scalar()
    return max((each for each in (*row, again) if each is not None), default=None)


def has_division(connection: Connection, division: str) -> bool:
    """Whether a case was ever opened with it."""
    return bool(connection.execute(select(exists().where(service_case.c.division == division))).scalar_one())


def messages(connection: Connection, since: datetime, until: datetime) -> int:
    """How many of the messages that were first seen in the period are still kept."""
    found = select(func.count()).select_from(message).where(message.c.received_at >= since, message.c.received_at < until)
    return connection.execute(found).scalar_one()


def any_message_before(connection: Connection, moment: datetime) -> bool:
    """Whether the ledger knows a time before `moment` (aware)."""
    return bool(connection.execute(select(exists().where(message.c.received_at < moment))).scalar_one())


def _when(column: Any) -> Any:
    """A moment as the integer that it is kept as."""
    return type_coerce(column, BigInteger)


def _moment(column: Any) -> Any:
    return func.coalesce(_when(column), NEVER)


def _due(column: Any) -> Any:
    return func.coalesce(_when(column), NOT_PROMISED)


def _latest(column: Any) -> Any:
    return func.max(column, type_=column.type)


_DECLARED: Any = case((service_case.c.responded_by.is_(None), service_case.c.declared_channel))
"""The channel by which a person declared the answer; an answer by mail that came earlier counts instead."""
_DECLARED_AGAIN: Any = case((reopening.c.responded_by.is_(None), reopening.c.declared_channel))
_SCOPE = tuple(service_case.c[name] for name in ("division", "standard", "audience", "kind", "policy_version"))


def _chunks(connection: Connection, found: Select[Any]) -> Iterator[list[tuple[Any, ...]]]:
    """The driver's own tuples: SQLAlchemy's rows would cost as much as all the figures."""
    cursor = connection.connection.cursor()
    try:
        cursor.execute(str(found.compile(connection, compile_kwargs={"literal_binds": True})))
        while chunk := cursor.fetchmany(CHUNK):
            yield list(chunk)
    finally:
        cursor.close()


def _cases_of_message(mailboxes: Sequence[str] | None) -> tuple[Any, Any, Any]:
    """Conditions on a message: it opened a case; with one of the mailboxes; it reached one of them."""
    of_message = service_case.c.message_id == message.c.id
    anywhere = exists().where(of_message)
    if mailboxes is None:
        return anywhere, anywhere, true()
    here = exists().where(of_message, service_case.c.mailbox.in_(mailboxes))
    return anywhere, here, or_(here, exists().where(sighting.c.message_id == message.c.id, sighting.c.mailbox.in_(mailboxes)))


def _by_reason(connection: Connection, since: datetime, until: datetime, condition: Any) -> dict[str, int]:
    period = message.c.received_at >= since, message.c.received_at < until
    found = select(message.c.reason, func.count()).where(*period, condition).group_by(message.c.reason)
    return {row[0]: row[1] for row in connection.execute(found)}
