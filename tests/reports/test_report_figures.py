"""Figures against an oracle that takes each case by itself, slowly and by the calendar; and periods as people write them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ledger.figure_values import NEVER, NOT_PROMISED, CaseRow
from gateway.policy.calendar import business_time, is_open
from gateway.policy.model import Calendar
from gateway.reports.figures import Level, Sums, percentiles
from gateway.reports.office_time import OfficeTime, microseconds
from gateway.reports.periods import Days, before, step_for, steps, written
from gateway.reports.report import Figures
from gateway.reports.tally import Office, Tally

CALENDAR = Calendar(ZoneInfo("America/Toronto"), {each: ((time(8, 30), time(16, 30)),) for each in range(5)}, {date(2025, 11, 11): "Remembrance Day"})
DAYS = Days(date(2025, 11, 1), date(2025, 11, 30))
NOW = datetime(2025, 11, 24, 15, tzinfo=UTC)
SOON = datetime(2025, 11, 25, 21, 30, tzinfo=UTC)
TIME = OfficeTime.of(CALENDAR, date(2025, 10, 31), date(2025, 12, 1))
START = datetime(2025, 11, 1, 4, tzinfo=UTC)

hours = st.integers(0, 23 * 24)
later = st.none() | st.integers(0, 100)


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Any]:
    received = START + timedelta(hours=draw(hours), minutes=draw(st.integers(0, 59)))

    def after(most: datetime | None = None) -> datetime | None:
        waits = draw(later)
        found = None if waits is None else received + timedelta(hours=waits)
        return None if found is None or (most and found > most) else found

    responded, acknowledged = after(NOW), after(NOW)
    whose = draw(st.sampled_from(["machine", "person"])) if acknowledged else None
    declared = draw(st.sampled_from([None, "telephone"])) if responded else None
    return {
        "division": draw(st.sampled_from(["a", "b"])), "kind": draw(st.sampled_from(["inquiry", "complaint"])), "received": received,
        "acknowledge_by": after(), "respond_by": after(), "acknowledged": acknowledged, "responded": responded, "by": whose, "declared": declared,
    }  # fmt: skip


def row(number: int, each: dict[str, Any]) -> CaseRow:
    def at(name: str, nothing: int) -> int:
        return microseconds(each[name]) if each[name] else nothing

    return CaseRow(
        number, each["division"], "standard", "public", each["kind"], "policy-1", at("received", 0), at("acknowledge_by", NOT_PROMISED),
        at("respond_by", NOT_PROMISED), at("acknowledged", NEVER), each["by"], at("responded", NEVER), each["declared"], 0,
    )  # fmt: skip


def figures(found: list[dict[str, Any]], step: int | None = None) -> Figures:
    tally = Tally(steps(DAYS, "week"), TIME.local, {"a": Office(TIME, SOON), "b": Office(TIME, SOON)}, Office(TIME, SOON), NOW)
    rows = [row(number, each) for number, each in enumerate(found)]
    for start in range(0, len(rows), 3):  # in chunks of three
        tally.add(rows[start : start + 3])
    counts = tally.counts()
    return Sums(counts, Level(np.zeros(len(counts.groups), np.int64), 1), None, None, 0).figures(0, step)


def slowly(found: list[dict[str, Any]], clock: str, done: str) -> dict[str, int]:
    """One clock, by the words of docs/policy.md."""
    told = dict.fromkeys(
        ("promised", "met", "missed", "pending", "due_soon", "missed_open", "missed_late", "missed_while_closed", "met_by_machine", "met_by_person"),
        0,
    )
    for each in found:
        due, at = each[clock], each[done]
        if due is None:
            continue
        met = at is not None and at <= due
        missed = not met and (at is not None or due < NOW)
        shut = not (is_open(due, CALENDAR) or is_open(due - timedelta(microseconds=1), CALENDAR))
        machine = done == "acknowledged" and each["by"] == "machine"
        for name, holds in {
            "promised": True, "met": met, "missed": missed, "pending": not met and not missed, "due_soon": not met and not missed and due <= SOON,
            "missed_open": missed and at is None, "missed_late": missed and at is not None, "missed_while_closed": missed and shut,
            "met_by_machine": met and machine, "met_by_person": met and not machine,
        }.items():  # fmt: skip
            told[name] += holds
    return told


def rank(values: list[timedelta], percent: int) -> int:
    return int(sorted(values)[ceil(percent * len(values) / 100) - 1].total_seconds())


@given(st.lists(cases(), max_size=20))
def test_figures_are_those_of_each_case_by_itself(found: list[dict[str, Any]]) -> None:
    told = figures(found)
    answered = [each for each in found if each["responded"]]
    assert (told.received, told.answered, told.open) == (len(found), len(answered), len(found) - len(answered))
    assert told.declared == sum(each["declared"] is not None for each in found)
    assert told.acknowledged_by_machine == sum(each["by"] == "machine" for each in found)
    assert told.acknowledged_by_person == sum(each["by"] == "person" for each in found)
    for clock, part, done in (("acknowledge_by", told.acknowledge, "acknowledged"), ("respond_by", told.respond, "responded")):
        expected = slowly(found, clock, done)
        assert (part is None) == (not expected["promised"])
        assert part is None or {name: getattr(part, name) for name in expected} == expected
    assert (told.answer_latency is None) == (not answered)
    if told.answer_latency:
        elapsed = [each["responded"] - each["received"] for each in answered]
        business = [business_time(each["received"], each["responded"], CALENDAR) for each in answered]
        for ranks, values in ((told.answer_latency.elapsed, elapsed), (told.answer_latency.business, business)):
            assert (ranks.p50, ranks.p90, ranks.p99, ranks.maximum) == tuple(rank(values, percent) for percent in (50, 90, 99, 100))


@given(st.lists(cases(), max_size=20))
def test_steps_add_up_to_the_period(found: list[dict[str, Any]]) -> None:
    parts = [figures(found, step) for step in range(len(steps(DAYS, "week")))]
    whole = figures(found)
    for name in ("received", "answered", "acknowledged", "open"):
        assert sum(getattr(each, name) for each in parts) == getattr(whole, name)


def test_nothing_at_all() -> None:
    told = figures([])
    assert (told.received, told.respond, told.answer_latency) == (0, None, None)


def test_nearest_rank() -> None:
    second = 1_000_000
    assert percentiles([each * second for each in range(1, 101)]) == percentiles(np.arange(1, 101) * second)
    found = percentiles([each * second for each in range(1, 101)])
    assert (found.p50, found.p90, found.p99, found.maximum) == (50, 90, 99, 100)
    assert percentiles([1_999_999]).p50 == 1  # cut off, never rounded up to a promise


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("2026-10-31", "2026-10-31", "2026-10-31"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2026-Q4", "2026-10-01", "2026-12-31"),
        ("2026-q1", "2026-01-01", "2026-03-31"),
        ("2026", "2026-01-01", "2026-12-31"),
    ],
)
def test_what_may_be_written_for_a_period(text: str, since: str, until: str) -> None:
    assert written(text) == Days(date.fromisoformat(since), date.fromisoformat(until))


@pytest.mark.parametrize("text", ["", "October", "2026-13", "2026-02-30", "2026-Q5", "31.10.2026", "0001", "2026-1-", "９"])
def test_what_may_not(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a date|too far away"):
        written(text)


@pytest.mark.parametrize(
    ("since", "until", "earlier", "until_then"),
    [
        ("2026-03-01", "2026-03-31", "2026-02-01", "2026-02-28"),
        ("2026-01-01", "2026-03-31", "2025-10-01", "2025-12-31"),
        ("2026-01-01", "2026-12-31", "2025-01-01", "2025-12-31"),
        ("2026-03-02", "2026-03-08", "2026-02-23", "2026-03-01"),
    ],
)
def test_the_period_before(since: str, until: str, earlier: str, until_then: str) -> None:
    found = before(Days(date.fromisoformat(since), date.fromisoformat(until)))
    assert (found.since.isoformat(), found.until.isoformat()) == (earlier, until_then)


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 800), st.sampled_from(["day", "week", "month", "quarter"]))
def test_steps_cover_the_period_without_gap(since: date, length: int, step: Any) -> None:
    days = Days(since, since + timedelta(days=length))
    parts = steps(days, step)
    assert (parts[0].since, parts[-1].until, sum(map(len, parts))) == (days.since, days.until, len(days))
    assert all(first.until + timedelta(days=1) == then.since for first, then in pairwise(parts))


def test_the_step_follows_the_period() -> None:
    assert [step_for(written(each)) for each in ("2026-10", "2026-Q3", "2026")] == ["week", "week", "month"]
