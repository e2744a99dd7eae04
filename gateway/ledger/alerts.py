"""What those who look after a mailbox should know, as rows: its breaker is open, or it answers automatically by itself, too.

Raised where mail is decided, shown by /readyz, metrics and `gateway caps show`, taken away by a person or by calm. Names division
mailboxes, never anybody else's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from gateway.ledger.prepared import Query
from gateway.ledger.tables import alert

AlertSlug = Literal["breaker", "double-acknowledgement"]

DOUBLE_SHOWN_FOR = timedelta(days=7)
"""A mailbox that answered by itself is shown for so long after the last time; nothing tells us that its reply was switched off."""


@dataclass(frozen=True, slots=True)
class Alert:
    """What those who look after a mailbox should know. Times are aware, UTC."""

    mailbox: str
    slug: AlertSlug
    division: str
    raised_at: datetime
    last_at: datetime
    times: int
    """breaker: acknowledgements held back · double-acknowledgement: automatic replies seen."""
    hourly_limit: float | None = None
    """breaker: the rate at which it opened."""


_COLUMNS = [alert.c[name] for name in Alert.__slots__]
_OF = Query(select(*_COLUMNS).where(alert.c.mailbox.in_(bindparam("mailboxes", expanding=True)), alert.c.slug == bindparam("wanted")))
_ROW = (alert.c.mailbox == bindparam("of_mailbox"), alert.c.slug == bindparam("of_slug"))
_AGAIN = update(alert).where(*_ROW).values(times=bindparam("new_times"), last_at=bindparam("new_last_at", type_=alert.c.last_at.type))
_CLEAR = delete(alert).where(*_ROW)


def of_mailboxes(connection: Connection, slug: AlertSlug, mailboxes: Sequence[str]) -> dict[str, Alert]:
    """Mailbox -> its alert of this kind."""
    rows = _OF.rows(connection, mailboxes=mailboxes, wanted=slug) if mailboxes else ()
    return {row.mailbox: Alert(*row) for row in rows}


def every(connection: Connection) -> list[Alert]:
    """All of them, by mailbox."""
    return [Alert(*row) for row in connection.execute(select(*_COLUMNS).order_by(alert.c.mailbox, alert.c.slug))]


def write(connection: Connection, raised: Sequence[Alert], known: set[tuple[str, str]]) -> None:
    """Raise or raise again. `known`: mailbox and slug of those that have a row."""
    again = [each for each in raised if (each.mailbox, each.slug) in known]
    if again:
        connection.execute(
            _AGAIN, [{"of_mailbox": each.mailbox, "of_slug": each.slug, "new_times": each.times, "new_last_at": each.last_at} for each in again]
        )
    if new := [{name: getattr(each, name) for name in Alert.__slots__} for each in raised if each not in again]:
        connection.execute(insert(alert), new)


def clear(connection: Connection, slug: AlertSlug, mailboxes: Sequence[str]) -> int:
    """Take them away; how many there were."""
    return sum(connection.execute(_CLEAR, {"of_mailbox": each, "of_slug": slug}).rowcount for each in mailboxes)
