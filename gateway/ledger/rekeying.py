"""After the key was rotated: rows that are asked for come under the key in use, as they are asked for.

An address cannot be hashed anew without it, and the ledger has none; but a message brings its addresses and Message-IDs along. What is known
of them under an old key gets the new hash before the batch looks, so that no rule notices the rotation, and the old key is needed by ever
fewer rows. Without an old key it costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, Connection, bindparam, exists, select, update

from gateway.judgement.verdict import Examination
from gateway.ledger.pseudonym import Pseudonyms
from gateway.ledger.spans import in_any_span
from gateway.ledger.tables import absence, finding, message, notice, refused_recipient, reminder, sender, service_case, survey_person, thread

DOMAIN_WINDOW = timedelta(days=7)
"""So far back the acknowledgements to a domain get its new hash: longer than any window of `[caps]` that makes sense."""

_OLD: Any = bindparam("old")
_NEW: Any = bindparam("new")


def _renamed(column: Column[Any]) -> Any:
    return update(column.table).where(column == _OLD).values({column: _NEW})


def _renamed_once(column: Column[Any]) -> Any:
    """Of a column that may hold a hash once: a row that has the new hash already counts."""
    other = column.table.alias()
    return _renamed(column).where(~exists().where(other.c[column.name] == _NEW))


_CASES = (
    update(service_case)
    .where(
        service_case.c.message_id.in_(select(message.c.id).where(in_any_span(message.c.received_at), message.c.correspondent == _OLD)),
        service_case.c.correspondent == _OLD,
    )
    .values(correspondent=_NEW)
)
_ADDRESS = (
    _CASES,  # found by their messages, so before these
    _renamed(message.c.correspondent).where(in_any_span(message.c.received_at)),
    _renamed(sender.c.hash),
    _renamed(notice.c.correspondent).where(in_any_span(notice.c.created_at)),
    _renamed(finding.c.person),
    _renamed_once(absence.c.person),
    _renamed_once(refused_recipient.c.recipient),
    _renamed_once(survey_person.c.person),
)
_MESSAGE_ID = (_renamed(thread.c.hash), _renamed(reminder.c.message_hash))
_DOMAIN = _renamed(notice.c.correspondent_domain).where(notice.c.slot_at > bindparam("since", type_=notice.c.slot_at.type))


def rekey(connection: Connection, examinations: Sequence[Examination], pseudonyms: Pseudonyms, now: datetime | None) -> None:
    """Bring what concerns these messages under the key in use, in the caller's transaction.

    `now`: aware; None for old mail, to which no window applies.
    """
    if not pseudonyms.old:
        return
    addresses = {each for one in examinations for each in _addresses(one)}
    message_ids = {each for one in examinations for each in (one.message.message_id or "", one.identity, *one.thread) if each}
    domains = {one.inquirer for one in examinations if "@" in one.inquirer}
    for old in pseudonyms.old:
        of_addresses = _pairs((old.of_address(each), pseudonyms.of_address(each)) for each in addresses)
        for statement in _ADDRESS if of_addresses else ():
            connection.execute(statement, of_addresses)
        if of_ids := _pairs((old.of_message_id(each), pseudonyms.of_message_id(each)) for each in message_ids):
            for statement in _MESSAGE_ID:
                connection.execute(statement, of_ids)
        if now is not None and (of_domains := _pairs((old.of_domain(each), pseudonyms.of_domain(each)) for each in domains)):
            connection.execute(_DOMAIN, [each | {"since": now - DOMAIN_WINDOW} for each in of_domains])


def _addresses(one: Examination) -> Iterator[str]:
    yield one.inquirer
    yield from one.further_addresses
    if one.envelope.direction == "outbound":
        yield from one.envelope.rcpt_to
    if one.staff is not None:
        yield one.staff.address
    yield from (each.email for each in one.out_of_office.alternates if each.email)


def _pairs(found: Iterable[tuple[str | None, str | None]]) -> list[dict[str, Any]]:
    return [{"old": old, "new": new} for old, new in found if old and new]
