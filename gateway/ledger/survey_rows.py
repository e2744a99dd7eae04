"""What surveys brought and what people entered, as rows: counts by month, and figures with their corrections. Never a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from gateway.ledger import outbox_rows
from gateway.ledger.records import Notice
from gateway.ledger.tables import measure_entry, notice, survey_person, survey_result


@dataclass(frozen=True, slots=True)
class RatingCount:
    """Answers with one rating in one month."""

    division: str
    survey: str
    month: str
    """2026-10."""
    rating: int
    answers: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A figure that a person entered."""

    division: str
    measure: str
    period: str
    """2026-10, 2026-Q3 or 2026."""
    value: float
    out_of: float | None
    """Of `9 of 9`; None for a plain number."""
    entered_at: datetime


def opted_out(connection: Connection, person: str) -> bool:
    """Whether this person (keyed hash) asked for no more questions."""
    found = select(survey_person.c.person).where(survey_person.c.person == person, survey_person.c.opted_out_at.is_not(None))
    return connection.execute(found).first() is not None


def ask(connection: Connection, question: Notice, person: str, now: datetime) -> bool:
    """Put a question that a person ordered into the outbox; False where its key is there already: it was asked before. `now` is aware."""
    if connection.execute(select(notice.c.id).where(notice.c.key == question.key)).first() is not None:
        return False
    outbox_rows.enqueue(connection, [outbox_rows.row_of(question, now, correspondent=person)])
    if not connection.execute(update(survey_person).where(survey_person.c.person == person).values(asked_at=now)).rowcount:
        connection.execute(insert(survey_person), [{"person": person, "asked_at": now, "opted_out_at": None}])
    return True


def ratings(connection: Connection) -> list[RatingCount]:
    """All that is kept, by month."""
    order = (survey_result.c.division, survey_result.c.survey, survey_result.c.month, survey_result.c.rating)
    return [RatingCount(*row) for row in connection.execute(select(*order, survey_result.c.answers).order_by(*order))]


def entries(connection: Connection, division: str | None = None) -> list[Entry]:
    """In the order in which they were entered: the last of a period counts, the others are what it corrected."""
    columns = [measure_entry.c[name] for name in Entry.__slots__]
    chosen = select(*columns).order_by(measure_entry.c.id)
    return [Entry(*row) for row in connection.execute(chosen.where(measure_entry.c.division == division) if division else chosen)]


def enter(connection: Connection, entry: Entry) -> Sequence[Entry]:
    """Add one; returns what was entered for the same period before, oldest first."""
    before = [each for each in entries(connection, entry.division) if (each.measure, each.period) == (entry.measure, entry.period)]
    connection.execute(insert(measure_entry), [{name: getattr(entry, name) for name in Entry.__slots__}])
    return before
