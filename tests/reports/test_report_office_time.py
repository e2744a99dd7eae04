"""Many moments at once are reckoned as `policy.calendar` reckons each: opening hours, closed dates, and two changes of the clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.policy.calendar import business_time, is_business_day, is_open
from gateway.policy.model import Calendar
from gateway.reports.office_time import LocalTime, OfficeTime, day_number, microseconds, soon

WORK = {weekday: ((time(8, 30), time(16, 30)),) for weekday in range(5)}
CALENDARS = {
    "Toronto": Calendar(ZoneInfo("America/Toronto"), WORK, {date(2025, 11, 11): "Remembrance Day"}, {date(2025, 11, 14): (time(12), "Snow")}),
    "round the clock": Calendar(ZoneInfo("America/Toronto"), {weekday: ((time(0), time(0)),) for weekday in range(7)}, {}),
    "lunch, Lord Howe": Calendar(ZoneInfo("Australia/Lord_Howe"), {each: ((time(9), time(12)), (time(13), time(17))) for each in range(6)}, {}),
    "nights": Calendar(ZoneInfo("Europe/London"), {6: ((time(0, 30), time(2, 30)),), 2: ((time(22), time(0)),)}, {}),
}
FIRST, LAST = date(2025, 3, 1), date(2026, 4, 15)
TIMES = {name: OfficeTime.of(calendar, FIRST, LAST) for name, calendar in CALENDARS.items()}

moments = st.builds(lambda minutes: datetime(2025, 3, 2, tzinfo=UTC) + timedelta(minutes=minutes), st.integers(0, 400 * 1440))
turns = st.sampled_from([datetime(2025, 3, 9, 7, tzinfo=UTC), datetime(2025, 11, 2, 6, tzinfo=UTC), datetime(2025, 10, 26, 1, tzinfo=UTC)])
near_turns = st.builds(lambda turn, minutes: turn + timedelta(minutes=minutes), turns, st.integers(-300, 300))
any_moment = moments | near_turns
names = st.sampled_from(sorted(CALENDARS))


@given(names, st.lists(st.tuples(any_moment, any_moment), min_size=1, max_size=5))
def test_business_time(name: str, pairs: list[tuple[datetime, datetime]]) -> None:
    first, last = (np.array([microseconds(each) for each in column]) for column in zip(*pairs, strict=True))
    expected = [business_time(start, end, CALENDARS[name]) // timedelta(microseconds=1) for start, end in pairs]
    assert TIMES[name].between(first, last).tolist() == expected


@given(names, st.lists(any_moment, min_size=1, max_size=8))
def test_local_days_and_hours(name: str, found: list[datetime]) -> None:
    local = [each.astimezone(CALENDARS[name].zone) for each in found]
    at = np.array([microseconds(each) for each in found])
    assert TIMES[name].local.days(at).tolist() == [day_number(each.date()) for each in local]
    assert TIMES[name].local.hours_of_week(at).tolist() == [each.weekday() * 24 + each.hour for each in local]


@given(names, any_moment, st.booleans())
@example("Toronto", datetime(2025, 11, 7, 21, 30, tzinfo=UTC), False)  # at closing: just in time
@example("Toronto", datetime(2025, 11, 10, 13, 30, tzinfo=UTC), False)  # at opening
@example("Toronto", datetime(2025, 11, 11, 5, tzinfo=UTC), True)  # the end of the day before the holiday
@example("Toronto", datetime(2025, 11, 12, 5, tzinfo=UTC), True)  # the end of the holiday
def test_closed_at_due(name: str, due: datetime, by_day: bool) -> None:
    calendar = CALENDARS[name]
    just_before = due - timedelta(microseconds=1)
    if by_day:
        expected = not is_business_day(just_before.astimezone(calendar.zone).date(), calendar)
    else:
        expected = not (is_open(due, calendar) or is_open(just_before, calendar))
    assert TIMES[name].closed_at_due(np.array([microseconds(due)]), np.array([by_day])).tolist() == [expected]


def test_a_calendar_without_hours_is_never_open() -> None:
    never = Calendar(ZoneInfo("America/Toronto"), {}, {})
    found = OfficeTime.of(never, FIRST, LAST)
    at = np.array([microseconds(datetime(2025, 5, 5, tzinfo=UTC))])
    assert (found.between(at, at + 1).tolist(), found.closed_at_due(at, np.array([False])).tolist()) == ([0], [True])
    assert soon(datetime(2025, 5, 5, tzinfo=UTC), never) == datetime(2025, 5, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2025-11-07T12:00-05:00", "2025-11-10T16:30-05:00"),  # Friday: Monday's closing
        ("2025-11-10T12:00-05:00", "2025-11-12T16:30-05:00"),  # over Remembrance Day
        ("2025-11-13T20:00-05:00", "2025-11-14T12:00-05:00"),  # an early closing
    ],
)
def test_soon_is_the_closing_of_the_next_business_day(now: str, until: str) -> None:
    assert soon(datetime.fromisoformat(now), CALENDARS["Toronto"]) == datetime.fromisoformat(until)


def test_a_zone_that_never_changes() -> None:
    local = LocalTime.of(ZoneInfo("UTC"), datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC))
    assert len(local.offsets) == 1
