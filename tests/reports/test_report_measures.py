"""Survey results and entered measures as rows of the report: hand-computed values, margins, targets and baselines."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from gateway.ledger.survey_rows import Entry, RatingCount
from gateway.policy.model import Baseline, Bilingual, Measure, Policy, Survey
from gateway.reports.comparing import meets
from gateway.reports.measures import first_full_quarter, measure_rows, result
from gateway.reports.periods import written
from gateway.reports.report import MeasureRow
from tests.warnings.staff_rig import shipped

HR = "human-resources"
SURVEY = Survey("advice", {"after": "an answer by a person"}, Bilingual("How?", "Comment?"), "share of 4 and 5", "maintain or increase")
MEASURE = Measure("share", "A share", "quarter", "less than 20 %")
TODAY = date(2026, 11, 16)


def policy(survey: Survey | None = None, measure: Measure | None = None, under: int = 5) -> Policy:
    known = shipped().policy
    division = replace(known.divisions[HR], surveys=(survey,) if survey else (), measures=(measure,) if measure else ())
    return replace(known, divisions={HR: division}, figures={"hide_groups_under": under})


def rated(month: str, *counts: int) -> list[RatingCount]:
    """`counts`: of 1, 2, 3, 4 and 5."""
    return [RatingCount(HR, "advice", month, rating, n) for rating, n in enumerate(counts, 1) if n]


def row(period: str, ratings: list[RatingCount], survey: Survey = SURVEY, under: int = 5) -> MeasureRow:
    [found] = measure_rows(policy(survey, under=under), None, written(period), TODAY, ratings, [])
    return found


def test_a_share_with_its_margin() -> None:
    # 15 of 20 are 4 or 5: 75 %. Wilson: 1.96/(1+0.19207) * sqrt(0.0093750+0.0024009) = 0.17841
    found = row("2026-Q3", rated("2026-07", 1, 1, 1, 4, 3) + rated("2026-09", 0, 0, 2, 4, 4) + rated("2026-10", 9))
    assert (found.n, found.value) == (20, 75.0)
    assert found.shown == "75.0 % of 4 and 5, average 3.95"
    assert found.note.startswith("± 17.8 points")


def test_an_average_with_its_margin() -> None:
    # 4 4 5 5 2: mean 4.0, sum of squares 6, standard error sqrt(6/4/5) = 0.5477, times 1.96 = 1.07
    found = row("2026-10", rated("2026-10", 0, 1, 0, 2, 2), replace(SURVEY, counts="average", target="at least 4"))
    assert (found.value, found.met, found.note) == (4.0, True, "± 1.07")
    assert found.shown == "average 4.00, 80.0 % of 4 and 5"


def test_too_few_are_not_shown() -> None:
    found = row("2026-10", rated("2026-10", 0, 0, 0, 0, 4))
    assert (found.value, found.n, found.met, found.shown) == (None, None, None, "too few answers to show")
    assert row("2026-09", rated("2026-10", 9)).shown == "no answers"


@pytest.mark.parametrize(("value", "met"), [(80.0, True), (78.0, True), (75.0, True), (74.9, False)])
def test_within_the_margin_counts_as_maintained(value: float, met: bool) -> None:
    assert meets("maintain or increase", value, Baseline("2026-Q2", 78.0, 212, 3.0)) is met


@pytest.mark.parametrize(
    ("target", "value", "met"),
    [
        ("at least 4", 4.0, True), ("at least 4", 3.99, False), ("at most 3", 3.0, True), ("at most 3", 3.1, False), ("less than 20 %", 19.9, True),
        ("less than 20 %", 20.0, False), ("more than 5", 5.0, False), ("more than 5", 5.1, True), ("all", 100.0, True), ("all", 99.9, False),
        ("none stated", 1.0, None), ("maintain or increase", 1.0, None),
    ],
)  # fmt: skip
def test_targets(target: str, value: float, met: bool | None) -> None:
    assert meets(target, value, None) is met


@pytest.mark.parametrize(
    ("first", "today", "quarter"),
    [
        ("2026-07", date(2026, 10, 1), "2026-Q3"), ("2026-07", date(2026, 9, 30), None), ("2026-05", date(2026, 10, 1), "2026-Q3"),
        ("2026-06", date(2026, 10, 1), "2026-Q3"), ("2025-11", date(2026, 10, 1), "2026-Q1"), ("2026-10", date(2027, 1, 1), "2026-Q4"),
    ],
)  # fmt: skip
def test_the_first_full_quarter(first: str, today: date, quarter: str | None) -> None:
    found = first_full_quarter(rated(first, 1), today)
    assert (found[0] if found else None) == quarter


def test_the_first_full_quarter_becomes_the_baseline() -> None:
    ratings = rated("2026-07", 5, 0, 0, 5, 10) + rated("2026-10", 10, 0, 0, 0, 10)
    found = row("2026-10", ratings)
    assert found.met is False, "50 % against 75 % less 18 points"
    assert "baseline 2026-Q3, the first full quarter: 75.0 ± 17.8, n 20" in found.note
    assert row("2026-10", rated("2026-10", 0, 0, 0, 5, 5)).met is None


def test_no_answers_come_to_nothing() -> None:
    assert result({}, by_share=True) is None
    one = result({5: 1}, by_share=False)
    assert one is not None
    assert one.margin == 4.0, "one answer says nothing"


def entered(period: str, value: float, out_of: float | None = None) -> Entry:
    return Entry(HR, "share", period, value, out_of, datetime(2026, 10, 5, tzinfo=UTC))


def measured(period: str, entries: list[Entry], measure: Measure = MEASURE) -> list[tuple[str, str, bool | None, str]]:
    found = measure_rows(policy(measure=measure), HR, written(period), TODAY, [], entries)
    return [(each.period, each.shown, each.met, each.note) for each in found]


def test_entered_figures() -> None:
    entries = [entered("2026-Q3", 25.0), entered("2026-Q3", 17.5), entered("2026-Q2", 30.0)]
    assert measured("2026-Q3", entries) == [("2026-Q3", "17.5", True, "restated; entered before: 25")]
    assert measured("2026-10", entries) == [("2026-Q3", "17.5", True, "restated; entered before: 25")], "the last quarter that was over"
    assert [each[0] for each in measured("2026", entries)] == ["2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4"]
    assert measured("2026-Q1", entries) == [("2026-Q1", "–", None, "not entered yet")]


@pytest.mark.parametrize(("part", "met"), [(9.0, True), (8.0, False)])
def test_so_many_of_all(part: float, met: bool) -> None:
    assert measured("2026-Q3", [entered("2026-Q3", part, 9.0)], replace(MEASURE, target="all")) == [("2026-Q3", f"{part:g} of 9", met, "")]


def test_another_division_has_no_rows() -> None:
    assert list(measure_rows(policy(SURVEY, MEASURE), "internal-audit", written("2026-Q3"), TODAY, [], [])) == []
