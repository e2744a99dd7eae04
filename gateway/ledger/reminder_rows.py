"""What the ledger remembers of reminders: who waits for an answer, what was reminded of, and which mails have become pointless.

Decides nothing about time. A mark (one row for each case, follow-up and occasion) is what keeps restarts and replicas from telling
the same twice: it is written in the transaction that writes the mail.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, delete, func, insert, literal, or_, select

from gateway.judgement.reminders import LOOKS_BACK, MISSED, Promised, Reminder, Role
from gateway.ledger.tables import notice, reminder, reopening, service_case

_OF = tuple(service_case.c[name] for name in ("reference", "division", "audience", "kind", "confidential"))
_TWO_DAYS = timedelta(days=2)
_A_WEEK = timedelta(days=7)
_ANSWERED = or_(
    and_(reminder.c.follow_up == 0, service_case.c.responded_at.is_not(None)),
    and_(reminder.c.follow_up != 0, or_(reopening.c.id.is_(None), reopening.c.responded_at.is_not(None))),
    # Moved or of another kind: the mail would speak to the wrong people, or of another date.
    service_case.c.division != reminder.c.division,
    and_(reminder.c.follow_up == 0, service_case.c.respond_by.is_(None)),
)
_MARKED = (
    select(reminder.c.notice_id)
    .join(service_case, service_case.c.id == reminder.c.case_id)
    .outerjoin(reopening, reopening.c.id == reminder.c.follow_up)
)


def waiting(connection: Connection, now: datetime, case_ids: Sequence[int] | None = None) -> list[Promised]:
    """What waits for a person's answer and has a date, not longer missed than anybody would be told of; of these cases only, where given."""
    since = now - LOOKS_BACK
    inquiries = select(service_case.c.id, literal(0), *_OF, service_case.c.opened_at, service_case.c.respond_by)
    inquiries = inquiries.where(service_case.c.responded_at.is_(None), service_case.c.respond_by > since)
    again = select(service_case.c.id, reopening.c.id, *_OF, reopening.c.reopened_at, reopening.c.respond_by)
    again = again.join(service_case, service_case.c.id == reopening.c.case_id)
    again = again.where(reopening.c.responded_at.is_(None), reopening.c.respond_by > since)
    if case_ids is not None:
        inquiries, again = inquiries.where(service_case.c.id.in_(case_ids)), again.where(service_case.c.id.in_(case_ids))
    told = _told(connection, case_ids, since)
    found: list[Promised] = []
    for case_id, follow_up, reference, division, audience, kind, confidential, received_at, respond_by in (
        *connection.execute(inquiries),
        *connection.execute(again),
    ):
        reminded = told.get((case_id, follow_up), frozenset())
        found.append(Promised(case_id, follow_up, reference, division, audience, kind, confidential, received_at, respond_by, reminded))
    return found


def last_mails(connection: Connection, now: datetime) -> dict[tuple[str, Role], datetime]:
    """When each division's contacts were last written to, within two days; a mail that expired unsent does not count."""
    role = (reminder.c.occasion == MISSED).label("missed")
    found = select(reminder.c.division, role, func.max(reminder.c.reminded_at, type_=reminder.c.reminded_at.type))
    found = found.where(reminder.c.reminded_at > now - _TWO_DAYS).group_by(reminder.c.division, role)
    return {(row[0], "after_a_missed_date" if row[1] else "reminders"): row[2] for row in connection.execute(found)}


def mark(connection: Connection, made: Reminder, notice_id: int, message_hash: str, now: datetime) -> None:
    """Raises IntegrityError where another process was quicker."""
    shared = {"division": made.division, "reminded_at": now, "notice_id": notice_id, "message_hash": message_hash}
    keys = [(each.promised, occasion) for each in made.items for occasion in each.occasions]
    rows = [{"case_id": each.case_id, "follow_up": each.follow_up, "occasion": occasion, **shared} for each, occasion in keys]
    connection.execute(insert(reminder), rows)


def expired(connection: Connection, now: datetime) -> list[int]:
    """Mails of the last days that never went out, because the office closed first: what they told is untold."""
    gone = select(reminder.c.notice_id).join(notice, notice.c.id == reminder.c.notice_id).distinct()
    gone = gone.where(notice.c.state == "expired", reminder.c.reminded_at > now - _A_WEEK)
    return list(connection.execute(gone).scalars())


def forget(connection: Connection, notice_ids: Iterable[int]) -> None:
    """The marks of mails that told nobody."""
    connection.execute(delete(reminder).where(reminder.c.notice_id.in_(list(notice_ids))))


def pointless(connection: Connection, notice_ids: Sequence[int]) -> list[int]:
    """Those of these mails that speak of anything that is answered, or another division's, by now."""
    if not notice_ids:
        return []
    found = _MARKED.where(reminder.c.notice_id.in_(notice_ids), _ANSWERED).distinct()
    return list(connection.execute(found).scalars())


def _told(connection: Connection, case_ids: Sequence[int] | None, since: datetime) -> dict[tuple[int, int], frozenset[str]]:
    """Of what waits, the occasions that were told."""
    found = select(reminder.c.case_id, reminder.c.follow_up, reminder.c.occasion)
    if case_ids is None:
        inquiries = select(service_case.c.id).where(service_case.c.responded_at.is_(None), service_case.c.respond_by > since)
        again = select(reopening.c.case_id).where(reopening.c.responded_at.is_(None), reopening.c.respond_by > since)
        found = found.where(reminder.c.case_id.in_(inquiries.union(again)))
    else:
        found = found.where(reminder.c.case_id.in_(case_ids))
    told: dict[tuple[int, int], set[str]] = {}
    for row in connection.execute(found):
        told.setdefault((row.case_id, row.follow_up), set()).add(row.occasion)
    return {key: frozenset(each) for key, each in told.items()}
