"""What is looked for by spans is found in every span: caps across the end of one, and whatever a person's history is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from gateway.ledger import spans
from gateway.ledger.ledger import Ledger
from gateway.ledger.tables import SPAN, message, notice
from tests.ledger.given import Clock, Rules, an_inquiry
from tests.ledger.rows import record_together

LAST_SECOND = datetime(1970, 1, 1, tzinfo=UTC) + 742 * timedelta(weeks=4) - timedelta(seconds=1)
AGES = (timedelta(0), timedelta(seconds=2), timedelta(weeks=4), timedelta(weeks=57))

_moments = st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis wants them bare


@given(_moments, st.timedeltas(timedelta(0), timedelta(days=200)), st.floats(0, 1))
def test_the_spans_of_a_time_are_those_of_its_moments(since: datetime, time: timedelta, part: float) -> None:
    found = spans.between(since, since + time)
    moment = since + time * part
    assert int(moment.timestamp() * 1_000_000) // SPAN in found
    assert found == list(range(found[0], found[-1] + 1))
    assert len(found) <= time / timedelta(weeks=4) + 2


def test_a_cap_counts_across_the_end_of_a_span(ledger: Ledger, rules: Rules, clock: Clock) -> None:
    clock.now = LAST_SECOND
    record_together(ledger, rules, clock, an_inquiry("one", at=LAST_SECOND))
    clock.move(seconds=2)
    record_together(ledger, rules, clock, an_inquiry("two", at=clock.now))
    assert rules.histories[-1].acknowledgements_to_correspondent == 1


@pytest.mark.parametrize("ages", [AGES[:1], AGES])
def test_every_span_is_looked_into(ledger: Ledger, rules: Rules, clock: Clock, ages: tuple[timedelta, ...]) -> None:
    for age in ages:
        clock.now = LAST_SECOND + age
        record_together(ledger, rules, clock, an_inquiry(f"n{age.total_seconds()}", at=clock.now))
    with ledger.reading() as connection:
        for instant in (message.c.received_at, notice.c.created_at):
            found = connection.execute(select(instant).where(spans.in_any_span(instant))).scalars().all()
            assert sorted(found) == [LAST_SECOND + age for age in ages]


def test_none_are_found_in_an_empty_ledger(ledger: Ledger) -> None:
    with ledger.reading() as connection:
        assert connection.execute(select(message.c.id).where(spans.in_any_span(message.c.received_at))).all() == []
