"""When an attempt that failed is repeated, and when not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.notices.schedule import BACK_OFF, SPREAD, GiveUp, next_attempt

NOW = datetime(2026, 11, 16, 15, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=2)


@pytest.mark.parametrize(("attempts", "minutes"), [(1, 1), (2, 5), (3, 15), (4, 30), (5, 60), (6, 60), (40, 60)])
def test_the_spans_grow_and_stay(attempts: int, minutes: int) -> None:
    assert next_attempt(attempts, NOW, 451, 0.5, give_up_at=LATER) == NOW + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("code", "expected"), [(None, None), (421, None), (450, None), (499, None), (354, None), (500, "refused"), (550, "refused"), (599, "refused")]
)
def test_only_a_permanent_refusal_is_final(code: int | None, expected: str | None) -> None:
    then = next_attempt(1, NOW, code, 0.0, give_up_at=LATER)
    assert (then.state if isinstance(then, GiveUp) else None) == expected


def test_out_of_time() -> None:
    assert next_attempt(1, NOW, 451, 0.5, give_up_at=NOW + timedelta(minutes=1)) == NOW + timedelta(minutes=1)
    assert next_attempt(1, NOW, 451, 0.5, give_up_at=NOW + timedelta(seconds=59)) == GiveUp("expired")


@given(st.integers(1, 1000), st.floats(0, 1, exclude_max=True), st.one_of(st.none(), st.integers(300, 499)))
def test_always_later_and_never_after_giving_up(attempts: int, jitter: float, code: int | None) -> None:
    then = next_attempt(attempts, NOW, code, jitter, give_up_at=LATER)
    assert isinstance(then, datetime)
    assert BACK_OFF[0] * (1 - SPREAD) <= then - NOW <= BACK_OFF[-1] * (1 + SPREAD)
    assert then <= LATER
