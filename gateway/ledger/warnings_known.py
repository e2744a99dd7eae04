"""Which warnings wait for the staff of one batch, and when the last one left: what is found meanwhile goes into the same mail.

Decides only what still may be replaced: a warning that nobody has begun to send. One statement for each batch with mail from staff.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, select

from gateway.judgement.staff_verdict import StaffVerdict, WaitingWarning
from gateway.ledger import spans
from gateway.ledger.records import Notice
from gateway.ledger.tables import notice, outgoing

LOOKS_BACK = timedelta(days=14)
"""Longer than any warning waits: for an open day, and for a next hop that takes it."""

_WARNINGS = (
    select(notice.c.correspondent, notice.c.key, notice.c.state, notice.c.due_at, notice.c.lease_token, notice.c.settled_at, outgoing.c.sections)
    .outerjoin(outgoing, outgoing.c.notice_id == notice.c.id)
    .where(
        spans.span_of(notice.c.created_at).in_(bindparam("spans", expanding=True)),
        notice.c.correspondent.in_(bindparam("persons", expanding=True)),
        notice.c.created_at > bindparam("since", type_=notice.c.created_at.type),
        notice.c.kind == "warning",
        notice.c.state.in_(("waiting", "sent")),
    )
    .order_by(notice.c.id)
)


def free(row: Any, now: datetime) -> bool:
    """Waiting, and in no sender's hands."""
    return row.state == "waiting" and (row.lease_token is None or row.due_at <= now)


class WarningsKnown:
    """One batch's view."""

    def __init__(self) -> None:
        self._waiting: dict[str, WaitingWarning] = {}
        self._last: dict[str, datetime] = {}

    @classmethod
    def load(cls, connection: Connection, persons: Collection[str], now: datetime) -> WarningsKnown:
        """`now`: aware, the earliest moment of the batch."""
        known = cls()
        since = now - LOOKS_BACK
        looked_for = {"persons": list(persons), "since": since, "spans": spans.between(since, now + LOOKS_BACK)}
        for row in connection.execute(_WARNINGS, looked_for) if persons else ():
            if free(row, now) and row.sections:
                known._waiting[row.correspondent] = WaitingWarning(row.key, row.sections)
            else:
                left = row.settled_at or now
                known._last[row.correspondent] = max(left, known._last.get(row.correspondent, left))
        return known

    def waiting(self, person: str | None) -> WaitingWarning | None:
        return self._waiting.get(person or "")

    def last(self, person: str | None) -> datetime | None:
        return self._last.get(person or "")

    def learn(self, person: str, verdict: StaffVerdict, notices: Iterable[Notice]) -> None:
        """What a decision withdraws, and what it writes instead."""
        if (waits := self._waiting.get(person)) and waits.key in verdict.withdrawn:
            del self._waiting[person]
        for each in notices:
            if each.kind == "warning":
                self._waiting[person] = WaitingWarning(each.key, each.sections or {})
