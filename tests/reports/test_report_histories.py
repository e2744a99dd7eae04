"""Whatever mail comes in whatever order, the report's totals are the ledger's: random histories through the real rules and the real batch."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, func, select

from gateway.ledger.batch import record
from gateway.ledger.ledger import Ledger
from gateway.ledger.records import Recorded
from gateway.ledger.tables import message, metadata, reopening, service_case
from gateway.reports.making import Reports
from gateway.reports.office_time import midnight
from gateway.reports.periods import Days
from gateway.reports.report import Report
from gateway.rulebook import Rulebook
from tests.reports.month_rig import KINDS, ZONE, Mail, Place

NOW = datetime(2025, 11, 14, 17, tzinfo=UTC)
PERIODS = (Days(date(2025, 10, 27), date(2025, 11, 2)), Days(date(2025, 11, 3), date(2025, 11, 9)))
FIRST = datetime(2025, 10, 26, 0, tzinfo=ZONE)
MAILBOXES = ("hr", "media", "executive-management", "clerk")


@pytest.fixture(scope="module")
def rulebook(tmp_path_factory: pytest.TempPathFactory) -> Rulebook:
    return Place(tmp_path_factory.mktemp("rulebook")).rulebook(NOW)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    folder: Path = tmp_path_factory.mktemp("histories")
    opened = Place(folder).ledger()
    opened.open()
    yield opened
    opened.close()


@st.composite
def histories(draw: st.DrawFn) -> list[Mail]:
    """Questions, answers, follow-ups, machines' mail and copies to one more division, in order of time."""
    at, made = FIRST, list[Mail]()
    for number in range(draw(st.integers(1, 14))):
        at += timedelta(minutes=draw(st.integers(1, 40)) * 45)
        earlier = draw(st.none() | st.sampled_from(made)) if made else None
        what = draw(st.sampled_from(["answer", "answer", "follow-up", "copy"])) if earlier else "question"
        made.append(draw(mails(number, at, earlier, what)))
    return made


@st.composite
def mails(draw: st.DrawFn, number: int, at: datetime, earlier: Mail | None, what: str) -> Mail:
    to = tuple(f"{each}@toronto.example" for each in draw(st.lists(st.sampled_from(MAILBOXES), min_size=1, max_size=3, unique=True)))
    if earlier and what == "copy":
        return Mail(earlier.id, at, earlier.sender, to, earlier.outbound, earlier.entry, earlier.replies_to, earlier.dated)
    if earlier and what == "answer":
        return Mail(f"m{number}", at, "robin@toronto.example", (earlier.sender,), True, {}, earlier.id, at)
    if earlier and what == "follow-up":
        return Mail(f"m{number}", at, earlier.sender, to, False, {}, earlier.id, at)
    staff = draw(st.booleans())
    sender = "noor@toronto.example" if staff else f"resident{draw(st.integers(0, 2))}@example.org"
    return Mail(f"m{number}", at, sender, to, staff, {"kind": draw(st.sampled_from([None, None, None, *KINDS]))}, None, at)


@given(histories(), st.integers(1, 5))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_everything_reconciles(ledger: Ledger, rulebook: Rulebook, history: list[Mail], together: int) -> None:
    with ledger.writing() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(table.delete())
        for start in range(0, len(history), together):
            examinations = [rulebook.examine(each.sighting) for each in history[start : start + together]]
            said = record(
                connection, examinations, lambda examination, known: rulebook.judge_and_compose(examination, known, NOW).decision,
                ledger.pseudonyms, now=None, caps=rulebook.policy.caps,
            )  # fmt: skip
            assert all(isinstance(each, Recorded) for each in said)
        for days in PERIODS:
            making = Reports(connection, rulebook.policy, days, NOW, "day")
            city = making.report(None)
            reconciles_with_the_ledger(connection, city, days)
            reconciles_with_itself(city)
            for line in city.divisions:
                division = making.report(line.scope.division)
                reconciles_with_itself(division)
                assert division.whole == line


def reconciles_with_the_ledger(connection: Connection, report: Report, days: Days) -> None:
    since, until = midnight(days.since, ZONE), midnight(days.until + timedelta(days=1), ZONE)

    def number(column: Any) -> int:
        found = select(func.count()).where(column >= since, column < until)
        return int(connection.execute(found).scalar_one())

    assert report.messages
    assert report.whole.figures
    assert report.messages.seen == number(message.c.received_at)
    assert report.messages.cases == report.whole.figures.received == number(service_case.c.opened_at)
    reopened = report.whole.figures.reopened
    answerable = select(func.count()).where(reopening.c.reopened_at >= since, reopening.c.reopened_at < until, reopening.c.respond_by.is_not(None))
    assert (reopened.promised if reopened else 0) == connection.execute(answerable).scalar_one()


def reconciles_with_itself(report: Report) -> None:
    messages, whole = report.messages, report.whole.figures
    assert messages
    assert whole
    assert messages.seen == messages.inquiries + sum(each.messages for each in messages.not_counted)
    assert messages.cases == messages.inquiries + messages.further_cases + messages.from_other_periods
    assert whole.received == whole.answered + whole.open == sum(each.cases for each in report.open_by_due) + whole.answered
    assert sum(n or 0 for day in report.arrivals.cells for n in day) == whole.received if report.arrivals else False
    assert sum(each.elapsed for each in report.latency) == sum(each.business for each in report.latency) == whole.answered
    for name in ("received", "answered", "declared", "acknowledged", "open"):
        total = getattr(whole, name)
        assert total == sum(getattr(each.figures, name) for each in report.lines)
        assert total == sum(getattr(each.figures, name) for each in report.whole.trend)
        assert not report.divisions or total == sum(getattr(each.figures, name) for each in report.divisions)
    for clock in (whole.acknowledge, whole.respond, whole.reopened):
        if clock:
            assert clock.promised == clock.met + clock.missed + clock.pending
            assert clock.missed == clock.missed_open + clock.missed_late >= clock.missed_while_closed
            assert clock.met == clock.met_by_machine + clock.met_by_person
    by_kind = sum(each.received or 0 for each in report.volumes if each.division == report.division)
    assert by_kind == whole.received
