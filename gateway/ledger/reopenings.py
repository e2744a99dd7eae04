"""Follow-ups to answered cases: each runs the answer clock once more, until a person answers again. Decides nothing: that is `judge`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, insert, or_, update

from gateway.ledger.tables import reopening


class Opened(NamedTuple):
    """A row to write."""

    case_id: int
    message_id: int | None
    """The follow-up."""
    reopened_at: datetime
    """Aware: its receipt."""
    respond_by: datetime | None


class AnsweredAgain(NamedTuple):
    """A reopened case, and a person's next answer to it."""

    case_id: int
    at: datetime
    """Aware: receipt of the answer."""
    message_id: int | None


_AT: Any = bindparam("at", type_=reopening.c.responded_at.type)
_ANSWER = (
    # The earliest answer after the follow-up counts, in whatever order the journal brings them back.
    update(reopening)
    .where(
        reopening.c.case_id == bindparam("answered"),
        reopening.c.reopened_at <= _AT,
        or_(reopening.c.responded_at.is_(None), reopening.c.responded_at > _AT),
    )
    .values(responded_at=_AT, responded_by=bindparam("by"))
)


def write(connection: Connection, opened: Sequence[Opened], answered: Sequence[AnsweredAgain]) -> None:
    """In the batch's transaction."""
    if opened:
        connection.execute(insert(reopening), [each._asdict() for each in opened])
    if answered:
        connection.execute(_ANSWER, [{"answered": each.case_id, "at": each.at, "by": each.message_id} for each in answered])
