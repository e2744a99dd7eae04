"""When a breaker opens and closes."""

from __future__ import annotations

import pytest

from gateway.judgement.breaker import Demand, is_calm, trips

WEEK, MONTH = 7 * 24, 28 * 24


@pytest.mark.parametrize(
    ("demand", "usual"),
    [
        (Demand(), 1000),
        (Demand(earlier=50, active_hours=10, known_hours=WEEK - 1), 1000),
        (Demand(earlier=50, active_hours=10, known_hours=WEEK), 10),
        (Demand(earlier=400, active_hours=10, known_hours=MONTH), 40),
    ],
    ids=["new", "known for less than a week", "quiet", "busy"],
)
def test_what_is_usual(demand: Demand, usual: float) -> None:
    assert demand.usual == usual


@pytest.mark.parametrize(
    ("this_hour", "before", "into_hour", "opens"), [(399, 0, 0.5, False), (400, 0, 0.5, True), (200, 400, 0.5, True), (200, 398, 0.5, False)]
)
def test_it_opens_at_the_limit_of_one_sliding_hour(this_hour: int, before: int, into_hour: float, opens: bool) -> None:
    demand = Demand(this_hour, before, earlier=400, active_hours=10, known_hours=MONTH)
    assert trips(demand, into_hour, 10.0) is opens


@pytest.mark.parametrize(
    ("this_hour", "hours_open", "closes"),
    [(0, 0.5, False), (0, 1.0, True), (49, 5.0, True), (50, 5.0, False)],
    ids=["too soon", "calm", "below half", "not yet"],
)
def test_it_closes_after_an_hour_of_calm(this_hour: int, hours_open: float, closes: bool) -> None:
    assert is_calm(Demand(this_hour), 1.0, 100.0, hours_open) is closes
