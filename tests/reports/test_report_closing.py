"""A closed month stays as it was, whatever happens to the ledger afterwards; what would differ today is listed."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import openpyxl
import pytest
from rich.console import Console
from sqlalchemy import Connection, delete, select, update

from gateway.ledger import holds
from gateway.ledger.ledger import Ledger
from gateway.ledger.tables import closed_period, message, service_case
from gateway.policy.model import Policy
from gateway.reports import closing
from gateway.reports.closing import CannotClose, Damaged
from gateway.reports.comma import as_csv
from gateway.reports.document import document
from gateway.reports.html import render
from gateway.reports.periods import Days
from gateway.reports.report import Report, Step
from gateway.reports.sentences import footnotes, headline
from gateway.reports.text import as_text
from gateway.reports.workbook import as_xlsx
from tests.reports.month_rig import Place, mail, play

NOVEMBER = Days(date(2025, 11, 1), date(2025, 11, 30))
WEEK_AFTER = Days(date(2025, 12, 15), date(2025, 12, 21))
DECEMBER = Days(date(2025, 12, 1), date(2025, 12, 31))
LAST_PROMISED = datetime(2025, 12, 9, 5, tzinfo=UTC)
NOW = datetime(2026, 1, 10, tzinfo=UTC)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Place, Policy]:
    place = Place(tmp_path_factory.mktemp("november"))
    rulebook = place.rulebook(NOW)
    play(place, mail(), rulebook)
    return place, rulebook.policy


@pytest.fixture
def policy(played: tuple[Place, Policy]) -> Policy:
    return played[1]


@pytest.fixture
def ledger(played: tuple[Place, Policy], tmp_path: Path) -> Iterator[Ledger]:
    """A copy that a test may spoil."""
    for each in played[0].folder.glob("gateway.db*"):
        shutil.copy(each, tmp_path)
    opened = Place(tmp_path).ledger()
    opened.open()
    yield opened
    opened.close()


def closed(ledger: Ledger, policy: Policy) -> None:
    with ledger.writing() as connection:
        closing.close(connection, policy, NOVEMBER, NOW)


def test_refused_until_the_last_promised_date_has_passed(ledger: Ledger, policy: Policy) -> None:
    for now, said in [
        (datetime(2025, 11, 20, tzinfo=UTC), "November 2025 is not over yet; close it when its last promised date has passed"),
        (LAST_PROMISED, "November 2025 cannot be closed before Tuesday, December 9, 2025, 00:00: the last date promised in it has not passed"),
    ]:
        with ledger.writing() as connection, pytest.raises(CannotClose, match=said):
            closing.close(connection, policy, NOVEMBER, now)
    with ledger.writing() as connection:
        assert closing.close(connection, policy, NOVEMBER, LAST_PROMISED + timedelta(microseconds=1)).period.closed_at


def test_it_is_the_same_report_ever_after(ledger: Ledger, policy: Policy) -> None:
    with ledger.reading() as connection:
        before = {lens: closing.report(connection, policy, NOVEMBER, NOW, division=lens) for lens in (None, "human-resources")}
    closed(ledger, policy)
    for lens, open_report in before.items():
        with ledger.reading() as connection:
            after = closing.report(connection, policy, NOVEMBER, NOW + timedelta(days=100), division=lens)
        told, first = document(after), document(open_report)
        assert told["period"].pop("closed_at") == "2026-01-09T19:00:00-05:00"
        assert len(told["period"].pop("figures_hash")) == 64
        assert first["period"].pop("closed_at") is first["period"].pop("figures_hash") is None
        assert told == first
        assert after.restatements == ()


def test_a_later_answer_is_listed_and_changes_nothing(ledger: Ledger, policy: Policy) -> None:
    closed(ledger, policy)
    with ledger.writing() as connection:
        unanswered = select(service_case.c.id).where(service_case.c.responded_at.is_(None), service_case.c.division == "human-resources")
        letter = connection.execute(unanswered.where(service_case.c.kind == "correspondence")).scalar_one()
        connection.execute(update(service_case).where(service_case.c.id == letter).values(responded_at=NOW, responded_by=1))
    with ledger.reading() as connection:
        report = closing.report(connection, policy, NOVEMBER, NOW + timedelta(days=1))
    assert report.whole.figures
    assert report.whole.figures.open == 7  # H10 was not declared in this one
    of_city = {each.figure: (each.closed, each.now) for each in report.restatements if each.line == "City"}
    assert of_city["open"] == (7, 6)
    assert of_city["answered"] == (20, 21)
    assert (of_city["respond_missed_open"], of_city["respond_missed_late"]) == ((3, 2), (4, 5))
    assert "respond_met" not in of_city
    assert {each.line.partition(":")[0] for each in report.restatements} == {"City", "human-resources"}


def test_it_is_closed_once(ledger: Ledger, policy: Policy) -> None:
    closed(ledger, policy)
    with (
        ledger.writing() as connection,
        pytest.raises(CannotClose, match=r"November 2025 was closed on Friday, January 9, 2026; what is closed stays"),
    ):
        closing.close(connection, policy, NOVEMBER, NOW)


def test_a_month_before_the_gateway_is_not_closed_with_zeros(ledger: Ledger, policy: Policy) -> None:
    with ledger.writing() as connection, pytest.raises(CannotClose, match="nothing was recorded in January 1990 or before it"):
        closing.close(connection, policy, Days(date(1990, 1, 1), date(1990, 1, 31)), NOW)


def test_what_was_changed_in_the_ledger_is_noticed(ledger: Ledger, policy: Policy) -> None:
    closed(ledger, policy)

    def tamper(connection: Connection) -> None:
        octets = connection.execute(select(closed_period.c.figures).where(closed_period.c.division == "")).scalar_one()
        better = bytes(octets).replace(b'"missed":', b'"missed" :')
        connection.execute(update(closed_period).where(closed_period.c.division == "").values(figures=better))

    with ledger.writing() as connection:
        tamper(connection)
    with ledger.reading() as connection, pytest.raises(Damaged, match="do not match their hash"):
        closing.report(connection, policy, NOVEMBER, NOW)


def test_it_outlives_its_records(ledger: Ledger, policy: Policy) -> None:
    """Retention deletes messages and cases; the figures stay, and nothing is 'restated' for want of records."""
    closed(ledger, policy)
    with ledger.writing() as connection:
        connection.execute(delete(message))
    with ledger.reading() as connection:
        report = closing.report(connection, policy, NOVEMBER, NOW)
    assert report.whole.figures
    assert (report.whole.figures.received, report.restatements) == (27, ())
    assert report.notes == ("Records of this month are no longer kept in full; these are the figures of its closing.",)


def test_other_periods_and_steps_are_reckoned_as_ever(ledger: Ledger, policy: Policy) -> None:
    closed(ledger, policy)
    with ledger.reading() as connection:
        week = closing.report(connection, policy, Days(date(2025, 11, 3), date(2025, 11, 9)), NOW)
        daily = closing.report(connection, policy, NOVEMBER, NOW, step="day")
    assert (week.period.closed_at, daily.period.closed_at) == (None, None)
    assert "not those that were closed" in daily.notes[0]


def test_other_periods_say_that_records_are_gone(ledger: Ledger, policy: Policy) -> None:
    """Counted anew from what retention left, a quarter would look quieter than it was; a division's month is not 'restated' to nothing."""
    closed(ledger, policy)
    quarter = Days(date(2025, 10, 1), date(2025, 12, 31))
    with ledger.reading() as connection:
        whole = closing.report(connection, policy, quarter, NOW)
        assert (whole.notes, whole.period.incomplete) == ((), ())
        assert not any("INCOMPLETE" in each for each in headline(whole))
        named = [line.scope.division for line in closing.report(connection, policy, NOVEMBER, NOW).divisions]
    with ledger.writing() as connection:
        connection.execute(delete(message))
    with ledger.reading() as connection:
        asked: list[tuple[Days, Step | None]] = [(quarter, None), (Days(date(2025, 11, 3), date(2025, 11, 9)), None), (NOVEMBER, "day")]
        for days, step in asked:
            found = closing.report(connection, policy, days, NOW, step=step)
            assert found.period.incomplete == (date(2025, 11, 1),)
            [mark] = [each for each in headline(found) if each.startswith("INCOMPLETE: records of November 2025 are not kept in full")]
            _in_every_rendering(found, mark)
        month_after = closing.report(connection, policy, DECEMBER, NOW)
        assert "The period before is incomplete: records of November 2025 are not kept in full." in list(footnotes(month_after))
        assert not any(closing.report(connection, policy, NOVEMBER, NOW, division=each).restatements for each in named)


def _text(report: Report) -> str:
    told = io.StringIO()
    Console(file=told, width=200).print(as_text(report))
    return told.getvalue()


def _in_every_rendering(report: Report, mark: str) -> None:
    assert mark in _text(report).split("\n", 4)[1:4]
    assert mark in render(report).partition("</header>")[0]
    first = next(iter(openpyxl.load_workbook(io.BytesIO(as_xlsx(report)))))
    assert mark in [cell.value for row in first.iter_rows(max_row=4) for cell in row]
    assert "incomplete" in {each.partition(",")[0] for each in as_csv(report).splitlines()}
    assert document(report)["period"]["incomplete"] == ["2025-11-01"]


def test_a_month_that_nobody_closed_is_incomplete_once_it_is_older_than_what_is_kept(ledger: Ledger, policy: Policy) -> None:
    """13 months, unless city.yaml says otherwise: in January 2027, November 2025 has begun to be erased, December 2025 not yet."""
    later = datetime(2027, 1, 10, tzinfo=UTC)
    with ledger.reading() as connection:
        found = {days: closing.report(connection, policy, days, later).period for days in (NOVEMBER, DECEMBER, WEEK_AFTER)}
        year = closing.report(connection, policy, Days(date(2025, 1, 1), date(2026, 1, 31)), later)
    assert [each.incomplete for each in found.values()] == [(date(2025, 11, 1),), (date(2025, 12, 1),), ()]
    assert (found[DECEMBER].before_incomplete, found[WEEK_AFTER].before_incomplete) == ((date(2025, 11, 1),), (date(2025, 12, 1),))
    assert any("records of January 2025 to December 2025 are" in each for each in headline(year))
    with ledger.writing() as connection:
        holds.set_hold(connection, later, "clerk", "a request")
    with ledger.reading() as connection:
        assert closing.report(connection, policy, DECEMBER, later).period.incomplete == (), "a hold stands, and older mail is there"


def test_what_retention_took_of_the_period_before_is_no_correction(ledger: Ledger, policy: Policy) -> None:
    closed(ledger, policy)
    with ledger.writing() as connection:
        closing.close(connection, policy, DECEMBER, datetime(2026, 2, 1, tzinfo=UTC))
        connection.execute(delete(message).where(message.c.received_at < datetime(2025, 12, 1, 5, tzinfo=UTC)))
    with ledger.reading() as connection:
        december = closing.report(connection, policy, DECEMBER, datetime(2026, 3, 1, tzinfo=UTC))
    assert sum(each.received_before or 0 for each in december.volumes) > 0, "as it was closed"
    assert december.restatements == ()


def test_volumes_of_a_period_before_that_is_not_all_there_are_marked(ledger: Ledger, policy: Policy) -> None:
    with ledger.reading() as connection:
        found = closing.report(connection, policy, DECEMBER, NOW)
    marked = replace(found, period=replace(found.period, before_incomplete=(date(2025, 11, 1),)))
    numbers = [each.received_before for each in found.volumes if each.division is None and each.received_before is not None]
    assert numbers
    for number in numbers:
        assert f">{number} (incomplete)<" in render(marked)
        assert f"{number} (incomplete)" in _text(marked)
    assert "(incomplete)" not in render(found) + _text(found)
