"""A report with small groups in it: no rendering shows one, and each says that something is withheld."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

import openpyxl
import pytest
from rich.console import Console

from gateway.reports.comma import as_csv
from gateway.reports.making import Reports
from gateway.reports.periods import Days
from gateway.reports.report import Figures, Report
from gateway.reports.text import as_text
from gateway.reports.workbook import as_xlsx
from tests.reports.month_rig import Place, mail, play

NOW = datetime(2026, 1, 10, tzinfo=UTC)
SMALL = range(1, 5)


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str | None, Report]:
    """November (tests/reports/month) under a limit of five: 18 cases, 5 and 4 in three divisions."""
    place = Place(tmp_path_factory.mktemp("november"))
    rulebook = place.rulebook(NOW)
    play(place, mail(), rulebook)
    policy = replace(rulebook.policy, figures={"hide_groups_under": 5})
    with place.ledger().reading() as connection:
        making = Reports(connection, policy, Days(date(2025, 11, 1), date(2025, 11, 30)), NOW)
        return {lens: making.report(lens) for lens in (None, *policy.divisions)}


def told(report: Report) -> Iterator[Figures]:
    for line in (report.whole, *report.divisions, *report.lines):
        yield from (each for each in (line.figures, *(point.figures for point in line.trend)) if each is not None)


def test_no_small_group_is_shown_in_any_lens(reports: dict[str | None, Report]) -> None:
    for report in reports.values():
        for figures in told(report):
            assert figures.received not in SMALL
            assert [clock.promised for clock in (figures.acknowledge, figures.respond) if clock and clock.promised in SMALL] == []
            assert [each.n for each in (figures.answer_latency, figures.acknowledge_latency) if each and each.n in SMALL] == []
        assert [each for each in report.volumes if each.received in SMALL or each.received_before in SMALL] == []
        assert not report.arrivals or not {n for day in report.arrivals.cells for n in day} & set(SMALL)
        assert not [each for each in report.compliance if each.signatures_checked in SMALL or each.absences in SMALL]


def test_the_city_stands_and_a_second_division_hides_the_small_one(reports: dict[str | None, Report]) -> None:
    city = reports[None]
    assert city.whole.figures
    assert city.whole.figures.received == 27
    shown = {each.scope.division: each.figures and each.figures.received for each in city.divisions}
    assert shown["executive-management"] is None
    assert list(shown.values()).count(None) >= 2


def test_the_lens_of_a_withheld_division_tells_nothing_of_it(reports: dict[str | None, Report]) -> None:
    report = reports["executive-management"]
    assert list(told(report)) == []
    assert (report.messages, report.arrivals, report.latency, report.open_by_due, report.declared) == (None, None, (), (), ())


def test_arrivals_cannot_be_completed_from_their_sum(reports: dict[str | None, Report]) -> None:
    city = reports[None]
    assert city.arrivals
    cells = [n for day in city.arrivals.cells for n in day]
    assert cells.count(None) >= 2
    assert 27 - sum(n for n in cells if n is not None) >= 5


def test_each_rendering_says_so(reports: dict[str | None, Report]) -> None:
    for report in reports.values():
        text = io.StringIO()
        Console(file=text, width=120).print(as_text(report))
        assert "withheld" in text.getvalue()
        withheld = [row for row in csv.DictReader(io.StringIO(as_csv(report))) if row["withheld"]]
        assert withheld
        assert {row["value"] for row in withheld} == {""}
        workbook = openpyxl.load_workbook(io.BytesIO(as_xlsx(report)))
        assert "withheld" in {cell.value for sheet in workbook for row in sheet.iter_rows() for cell in row}
