"""November 2025 by hand (tests/reports/month): every figure of the report, through the real rules, the real ledger and the real command."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from gateway.cli import gateway
from gateway.ledger.figure_rows import last_due
from gateway.policy.model import Policy
from gateway.reports.document import document, read
from gateway.reports.making import Reports
from gateway.reports.periods import Days
from gateway.reports.report import Line, Report
from gateway.reports.tidy import figures_of
from tests.harness.gateway import REPOSITORY, run_gateway
from tests.reports.month_rig import MONTH, Place, mail, play

NOVEMBER = Days(date(2025, 11, 1), date(2025, 11, 30))
LATER = datetime(2026, 1, 10, tzinfo=UTC)
BY_HAND: dict[str, Any] = yaml.safe_load((MONTH / "figures.yaml").read_text(encoding="utf-8"))
LINES = [name for name, figures in BY_HAND.items() if isinstance(figures, dict) and "received" in figures]
PERCENTILES = ("p50", "p90", "p99", "maximum")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    made = Place(tmp_path_factory.mktemp("november"))
    messages = mail()
    references = play(made, messages, made.rulebook(LATER))
    for each in messages:
        if at := each.entry.get("declared"):
            declare(made, references[each.id][0], at)
    return made


def declare(place: Place, reference: str, at: str) -> None:
    """A person says that they answered by telephone."""
    words = ["case", "close", reference, "--by", "telephone", "--at", at, "--config", str(place.config)]
    answer = CliRunner().invoke(gateway, words)
    assert answer.exit_code == 0, answer.output


@pytest.fixture(scope="module")
def policy(place: Place) -> Policy:
    return place.rulebook(LATER).policy


@pytest.fixture(scope="module")
def report(place: Place, policy: Policy) -> Report:
    with place.ledger().reading() as connection:
        return Reports(connection, policy, NOVEMBER, LATER).report(None)


def lines(report: Report) -> Iterator[tuple[str, Line]]:
    yield "City", report.whole
    for line in (*report.divisions, *report.lines):
        scope = line.scope
        yield ", ".join(filter(None, (scope.division, scope.audience, scope.kind))), line


def flat(written: Mapping[str, Any]) -> dict[str, float]:
    """As `tidy.figures_of` names them."""
    found: dict[str, float] = {}
    for name, value in written.items():
        if not isinstance(value, Mapping):
            found[name] = value
            continue
        for part, inner in value.items():
            found |= (
                {f"{name}_{part}_{rank}": each for rank, each in zip(PERCENTILES, inner, strict=True)}
                if isinstance(inner, list)
                else {f"{name}_{part}": inner}
            )
    return found


@pytest.mark.parametrize("name", LINES)
def test_every_figure_is_the_one_worked_out_by_hand(report: Report, name: str) -> None:
    found = figures_of(dict(lines(report))[name])
    told = {figure: value for figure, value in found.items() if value and not figure.endswith("_share")}
    assert told == {figure: value for figure, value in flat(BY_HAND[name]).items() if value}


def test_there_are_no_other_lines(report: Report) -> None:
    assert {name for name, _ in lines(report)} == set(LINES)


def test_each_share_is_met_of_n(report: Report) -> None:
    for _, line in lines(report):
        found = figures_of(line)
        for clock in ("acknowledge", "respond", "reopened"):
            if f"{clock}_n" in found:
                assert found[f"{clock}_share"] == pytest.approx(found[f"{clock}_met"] / found[f"{clock}_n"], abs=1e-6)  # type: ignore[operator]


def test_messages_reconcile(report: Report) -> None:
    messages = report.messages
    assert messages
    not_counted = {each.reason: each.messages for each in messages.not_counted}
    told = {"seen": messages.seen, "inquiries": messages.inquiries, "cases": messages.cases, "further_cases": messages.further_cases}
    assert {**told, **not_counted, "not_counted": sum(not_counted.values())} == BY_HAND["messages"]


def test_trend_pictures_and_volumes(report: Report) -> None:
    assert [point.figures and point.figures.received for point in report.whole.trend] == BY_HAND["weeks"]
    assert [each.elapsed for each in report.latency] == BY_HAND["answered within"]
    assert {each.due: each.cases for each in report.open_by_due if each.cases} == BY_HAND["open by due"]
    assert report.arrivals
    cells = {day: {hour: n for hour, n in enumerate(hours) if n} for day, hours in enumerate(report.arrivals.cells)}
    assert cells == BY_HAND["arrivals"]
    volumes = {f"City, {each.kind}": [each.received, each.received_before] for each in report.volumes if each.division is None}
    assert volumes == BY_HAND["volumes"]


def test_the_sums_of_each_level_are_those_of_the_next(report: Report) -> None:
    counts = [name for name in BY_HAND["City"] if isinstance(BY_HAND["City"][name], int)]
    for name in counts:
        city = figures_of(report.whole)[name]
        assert city == sum(figures_of(each)[name] or 0 for each in report.divisions) == sum(figures_of(each)[name] or 0 for each in report.lines)


def test_provisional_until_the_last_promised_date_has_passed(place: Place, policy: Policy) -> None:
    last = datetime.fromisoformat(BY_HAND["last promised date"])
    with place.ledger().reading() as connection:
        assert last_due(connection, datetime(2025, 11, 1, 4, tzinfo=UTC), datetime(2025, 12, 1, 5, tzinfo=UTC)) == last
        at_the_end = Reports(connection, policy, NOVEMBER, last).report(None).period
        after = Reports(connection, policy, NOVEMBER, last + timedelta(microseconds=1)).report(None).period
        running = Reports(connection, policy, NOVEMBER, datetime(2025, 11, 20, tzinfo=UTC)).report(None).period
    assert (at_the_end.provisional, at_the_end.provisional_until) == (True, last)
    assert (after.provisional, after.provisional_until) == (False, None)
    assert (running.running, running.provisional, running.provisional_until) == (True, True, None)


def test_the_division_lens_tells_the_same(place: Place, policy: Policy, report: Report) -> None:
    with place.ledger().reading() as connection:
        of_division = Reports(connection, policy, NOVEMBER, LATER).report("human-resources")
    assert of_division.whole == next(each for each in report.divisions if each.scope.division == "human-resources")
    assert of_division.lines == tuple(each for each in report.lines if each.scope.division == "human-resources")
    assert of_division.messages
    told = {each.reason: each.messages for each in of_division.messages.not_counted}
    # H1…H12, C1…C3, K1, I1, I2; and N1 N3, B1 B2 O1, S1, H7f H8f
    assert (of_division.messages.inquiries, told) == (18, {"null-sender": 3, "list-header": 2, "follow-up": 2, "spam-verdict": 1})


def test_json_and_back(report: Report) -> None:
    assert read(json.dumps(document(report)).encode()) == report


@pytest.mark.front_door
def test_the_command_says_the_same(place: Place, report: Report) -> None:
    words = ["report", "--config", str(place.config), "--period", "2025-11", "--json"]
    answer = run_gateway(*words, cwd=REPOSITORY, within=120)
    assert (answer.returncode, answer.stderr) == (0, "")
    told, ours = json.loads(answer.stdout), document(report)
    for each in (told, ours):
        each.pop("made_at")
        each["period"].pop("incomplete"), each["period"].pop("before_incomplete")  # by the day on which it is asked
    assert told == ours
