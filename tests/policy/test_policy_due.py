"""Worked examples (worked-examples.txt) through the shipped policies, and the rules that hold for every calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.judgement.standard import promise
from gateway.policy.calendar import business_time, closing, due, is_business_day, is_open, next_opening
from gateway.policy.clocks import parse_clock
from gateway.policy.model import Audience, Calendar, Clock, Policy

TORONTO = ZoneInfo("America/Toronto")
LINES = (Path(__file__).parent / "worked-examples.txt").read_text(encoding="utf-8").splitlines()
EXAMPLES = [tuple(part.strip() for part in line.split("|")) for line in LINES if line and not line.startswith("#")]


def iso(at: datetime | None) -> str:
    return at.isoformat(timespec="minutes") if at else "-"


@pytest.mark.parametrize("example", EXAMPLES, ids=[f"{row[0]}-{row[3]}-{row[6]}" for row in EXAMPLES])
def test_worked_example(shipped: Policy, example: tuple[str, str, Audience, str, str, str, str]) -> None:
    slug, audience, kind, received, acknowledge_by, respond_by, _ = example
    moment = datetime.fromisoformat(received)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=TORONTO)
    promised = promise(shipped.divisions[slug], audience, kind, moment)  # type: ignore[arg-type]
    assert (iso(promised.acknowledge.at if promised.acknowledge else None), iso(promised.respond.at if promised.respond else None)) == (
        acknowledge_by,
        respond_by,
    )


def test_there_are_enough_examples() -> None:
    assert len(EXAMPLES) >= 60
    assert len({(row[0], row[1], row[2]) for row in EXAMPLES}) >= 20


def test_steps_tell_why(shipped: Policy) -> None:
    promised = promise(shipped.divisions["internal-audit"], "public", "inquiry", datetime(2026, 2, 13, 16, 50, tzinfo=TORONTO))
    assert promised.acknowledge is not None
    assert promised.acknowledge.steps == (
        (
            "received Friday, February 13, 2026, 16:50 EST, after closing at 16:30: "
            "counts as Tuesday, February 17, 2026; Monday, February 16 is Family Day"
        ),
        "business day 1: Wednesday, February 18, 2026",
        "business day 2: Thursday, February 19, 2026",
        "due at closing: Thursday, February 19, 2026, 16:30 EST",
    )


def test_steps_tell_of_the_clocks(shipped: Policy) -> None:
    promised = promise(shipped.divisions["human-resources"], "public", "inquiry", datetime(2026, 10, 31, 12, 0, tzinfo=TORONTO))
    assert promised.respond is not None
    assert "the clocks went back by 60 minutes between the two; elapsed hours are counted" in promised.respond.steps


OFFICE = {day: ((time(8, 30), time(16, 30)),) for day in range(5)}
PLAIN = Calendar(TORONTO, OFFICE, {date(2026, 2, 16): "Family Day"})


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=TORONTO)


LUNCH = Calendar(TORONTO, {day: ((time(8, 30), time(12)), (time(13), time(16, 30))) for day in range(5)}, {})
ALWAYS = Calendar(TORONTO, {day: ((time(0), time(0)),) for day in range(7)}, {})
STORM = Calendar(TORONTO, OFFICE, {}, {date(2026, 12, 14): (time(12), "Snowstorm"), date(2026, 12, 15): (time(0), "Snowstorm")})


@pytest.mark.parametrize(
    ("calendar", "clock", "received", "expected"),
    [
        (LUNCH, "within the same business day", "2026-06-03T12:30", "2026-06-03T16:30-04:00"),
        (LUNCH, "1 business day", "2026-06-03T16:30", "2026-06-05T16:30-04:00"),
        (ALWAYS, "within the same business day", "2026-06-06T23:59", "2026-06-07T00:00-04:00"),
        (ALWAYS, "1 business day", "2026-06-06T10:00", "2026-06-08T00:00-04:00"),
        # an early closing is a cut-off for what arrives, but does not make earlier what was promised
        (STORM, "within the same business day", "2026-12-14T11:59", "2026-12-14T16:30-05:00"),
        (STORM, "within the same business day", "2026-12-14T12:00", "2026-12-16T16:30-05:00"),
        (STORM, "1 business day", "2026-12-14T09:00", "2026-12-16T16:30-05:00"),
        (STORM, "1 business day", "2026-12-11T09:00", "2026-12-14T16:30-05:00"),
        (STORM, "by 18:00 the same business day", "2026-12-14T13:00", "2026-12-16T18:00-05:00"),
    ],
)
def test_other_calendars(calendar: Calendar, clock: str, received: str, expected: str) -> None:
    assert iso(due(parse_clock(clock), local(received), calendar).at) == expected


@pytest.mark.parametrize(
    ("clock", "received", "expected"),
    [
        (Clock("hours", 48, if_closed="next opening"), "2026-02-13T16:00", "2026-02-17T08:30-05:00"),
        (Clock("hours", 48, if_closed="next opening"), "2026-02-10T16:00", "2026-02-12T16:00-05:00"),
        (Clock("hours", 24, if_closed="next opening"), "2026-02-10T16:30", "2026-02-11T16:30-05:00"),
        (Clock("days", 10, if_closed="next opening"), "2026-02-05T16:00", "2026-02-17T08:30-05:00"),
        (Clock("days", 10, if_closed="next opening"), "2026-02-03T16:00", "2026-02-14T00:00-05:00"),
        (Clock("business_day", received_by=time(14)), "2026-02-13T13:59", "2026-02-13T16:30-05:00"),
        (Clock("business_day", received_by=time(14)), "2026-02-13T14:00", "2026-02-17T16:30-05:00"),
        (Clock("business_day_at", at=time(18), received_by=time(14)), "2026-02-13T14:00", "2026-02-17T18:00-05:00"),
        (Clock("business_days", 1, received_by=time(23)), "2026-02-13T17:00", "2026-02-18T16:30-05:00"),
    ],
)
def test_options_of_a_standard(clock: Clock, received: str, expected: str) -> None:
    assert iso(due(clock, local(received), PLAIN).at) == expected


def test_open_and_closed() -> None:
    assert not is_open(local("2026-02-13T08:29:59"), PLAIN)
    assert is_open(local("2026-02-13T08:30"), PLAIN)
    assert is_open(local("2026-02-13T16:29:59"), PLAIN)
    assert not is_open(local("2026-02-13T16:30"), PLAIN)
    assert not is_open(local("2026-02-16T10:00"), PLAIN)
    assert not is_open(local("2026-06-03T12:30"), LUNCH)
    assert is_open(local("2026-11-01T23:59:59.999999"), ALWAYS)
    assert not is_open(local("2026-12-14T12:00"), STORM)


def test_next_opening_and_closing() -> None:
    assert iso(next_opening(local("2026-02-13T16:30"), PLAIN)) == "2026-02-17T08:30-05:00"
    assert iso(next_opening(local("2026-02-13T10:00"), PLAIN)) == "2026-02-13T10:00-05:00"
    assert iso(closing(date(2026, 12, 14), STORM)) == "2026-12-14T12:00-05:00"
    assert closing(date(2026, 12, 15), STORM) is None
    with pytest.raises(ValueError, match="no opening hours"):
        next_opening(local("2026-02-13T16:30"), Calendar(TORONTO, {}, {}))


@pytest.mark.parametrize(
    ("day", "end", "expected"),
    [
        (date(2026, 11, 1), time(1, 30), datetime(2026, 11, 1, 6, 30, tzinfo=UTC)),  # the second 01:30
        (date(2026, 3, 8), time(2, 30), datetime(2026, 3, 8, 7, 30, tzinfo=UTC)),  # 02:30 is skipped: 03:30
    ],
)
def test_closing_in_the_doubled_and_in_the_missing_hour(day: date, end: time, expected: datetime) -> None:
    found = closing(day, Calendar(TORONTO, {6: ((time(0), end),)}, {}))
    assert found is not None
    assert found.astimezone(UTC) == expected


def test_business_time() -> None:
    assert business_time(local("2026-02-13T15:30"), local("2026-02-17T09:30"), PLAIN) == timedelta(hours=2)
    assert business_time(local("2026-02-13T12:00"), local("2026-02-13T12:00"), PLAIN) == timedelta()
    assert business_time(local("2026-11-01T00:00"), local("2026-11-02T00:00"), ALWAYS) == timedelta(hours=25)
    assert business_time(local("2026-06-03T08:30"), local("2026-06-03T16:30"), LUNCH) == timedelta(hours=7)


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        due(Clock("hours", 1), datetime(2026, 1, 1), PLAIN)  # noqa: DTZ001 the mistake under test


# ---- what holds for every clock and moment

TEN_YEARS = st.datetimes(datetime(2021, 1, 1), datetime(2030, 12, 31)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001 strategies want naive
CLOCKS = st.one_of(
    st.builds(Clock, st.just("hours"), st.integers(1, 200), if_closed=st.sampled_from(["stands", "next opening"])),
    st.builds(Clock, st.just("days"), st.integers(1, 40), if_closed=st.sampled_from(["stands", "next opening"])),
    st.builds(Clock, st.just("business_days"), st.integers(1, 15), received_by=st.sampled_from([None, time(14)])),
    st.builds(Clock, st.just("business_day"), received_by=st.sampled_from([None, time(14)])),
    st.builds(Clock, st.just("business_day_at"), at=st.sampled_from([time(10), time(16, 30), time(18)])),
)
CLOSURES = st.dictionaries(
    st.dates(date(2021, 1, 1), date(2031, 3, 1)), st.tuples(st.sampled_from([time(0), time(9), time(12), time(17)]), st.just("closed"))
)
ZONES = st.sampled_from(
    [TORONTO, ZoneInfo("America/St_Johns"), ZoneInfo("Europe/London"), ZoneInfo("Australia/Lord_Howe"), ZoneInfo("America/Havana")]
)
HOLIDAYS = {date(2026, 4, 3): "Good Friday", date(2026, 4, 6): "Easter Monday", date(2026, 12, 25): "Christmas Day"}


@given(CLOCKS, TEN_YEARS, ZONES, CLOSURES)
def test_due_is_never_before_receipt(clock: Clock, received: datetime, zone: ZoneInfo, closures: dict[date, tuple[time, str]]) -> None:
    assert due(clock, received, Calendar(zone, OFFICE, HOLIDAYS, closures)).at.astimezone(UTC) >= received


SPRING = st.datetimes(datetime(2026, 3, 1), datetime(2026, 4, 10))  # noqa: DTZ001 strategies want naive


@given(CLOCKS, SPRING, st.dates(date(2026, 3, 1), date(2026, 5, 10)), st.sampled_from([0, 9, 12, 17]))
def test_a_closure_never_makes_anything_due_earlier(clock: Clock, received: datetime, day: date, hour: int) -> None:
    before = due(clock, received.replace(tzinfo=UTC), Calendar(TORONTO, OFFICE, HOLIDAYS)).at
    after = due(clock, received.replace(tzinfo=UTC), Calendar(TORONTO, OFFICE, HOLIDAYS, {day: (time(hour), "Storm")})).at
    assert after.astimezone(UTC) >= before.astimezone(UTC)


@given(st.integers(1, 500), TEN_YEARS, ZONES)
def test_hours_are_elapsed_hours(hours: int, received: datetime, zone: ZoneInfo) -> None:
    assert due(Clock("hours", hours), received, Calendar(zone, OFFICE, {})).at.astimezone(UTC) - received == timedelta(hours=hours)


def slow_business_days(received: datetime, amount: int) -> datetime:
    """A clerk with a wall calendar: one day after the other, no arithmetic."""
    at = received.astimezone(TORONTO)
    day = at.date()
    while not clerk_works(day) or (day == at.date() and (at.hour, at.minute) >= (16, 30)):
        day += timedelta(days=1)
    left = amount
    while left:
        day += timedelta(days=1)
        left -= clerk_works(day)
    return datetime(day.year, day.month, day.day, 16, 30, tzinfo=TORONTO)


def clerk_works(day: date) -> bool:
    return day.strftime("%a") not in ("Sat", "Sun") and day not in HOLIDAYS


@given(TEN_YEARS, st.integers(0, 15))
def test_business_days_agree_with_a_clerk(received: datetime, amount: int) -> None:
    clock = Clock("business_days", amount) if amount else Clock("business_day")
    assert iso(due(clock, received, Calendar(TORONTO, OFFICE, HOLIDAYS)).at) == iso(slow_business_days(received, amount))


def test_business_days_agree_with_a_clerk_at_every_change_of_the_clocks() -> None:
    calendar = Calendar(TORONTO, OFFICE, HOLIDAYS)
    moment, checked = datetime(2021, 1, 1, tzinfo=UTC), 0
    while moment.year < 2031:
        following = moment + timedelta(hours=1)
        if moment.astimezone(TORONTO).utcoffset() != following.astimezone(TORONTO).utcoffset():
            for minutes in range(-4320, 4320, 30):
                received = moment + timedelta(minutes=minutes)
                assert iso(due(Clock("business_days", 2), received, calendar).at) == iso(slow_business_days(received, 2))
            checked += 1
        moment = following
    assert checked == 20


@given(TEN_YEARS)
def test_next_opening_is_open_and_nothing_before_it_is(after: datetime) -> None:
    calendar = Calendar(TORONTO, OFFICE, HOLIDAYS)
    opens = next_opening(after, calendar)
    assert is_open(opens, calendar)
    assert is_business_day(opens.date(), calendar)
    assert business_time(after, opens, calendar) == timedelta()
