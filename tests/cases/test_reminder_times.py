"""When a division is reminded: by hand-worked dates, and for any calendar: never closed, never of the same twice, never after the answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.judgement.reminders import MISSED, Promised, Reminder, moments, reminders
from gateway.policy.calendar import is_open
from gateway.policy.model import Calendar, Contacts, Division, Policy
from tests.judgement.sample_policy import CALENDAR, POLICY, ZONE

BOTH = ("at the start of the day", "when a quarter of the working time is left")
HOLIDAY = replace(CALENDAR, holidays={date(2026, 12, 25): "Christmas Day", date(2026, 12, 28): "Boxing Day"})
NOON = replace(CALENDAR, hours={day: ((time(8, 30), time(12, 0)), (time(13, 0), time(16, 30))) for day in range(5)})


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def hr(before_due: tuple[str, ...] = BOTH, calendar: Calendar = CALENDAR, **reminders_: object) -> Division:
    given_ = {"before_due": before_due, "one_mail_a_day": True, **reminders_}
    contacts = Contacts("416-555-0142", reminders="lead@toronto.example", after_a_missed_date="director@toronto.example")
    return replace(POLICY.divisions["human-resources"], calendar=calendar, contacts=contacts, reminders=given_)


def policy(division: Division) -> Policy:
    return replace(POLICY, divisions={"human-resources": division})


# November 16, 2026 is a Monday; open Monday to Friday, 8:30 to 16:30.
@pytest.mark.parametrize(
    ("occasion", "received", "due", "expected", "calendar"),
    [
        (BOTH[0], "2026-11-16 10:12", "2026-11-18 10:12", "2026-11-18 08:30", CALENDAR),
        (BOTH[0], "2026-11-12 10:12", "2026-11-14 10:12", "2026-11-13 08:30", CALENDAR),  # due on a Saturday: Friday
        (BOTH[0], "2026-11-12 10:12", "2026-11-16 08:30", "2026-11-13 08:30", CALENDAR),  # due as the office opens: the day before
        (BOTH[0], "2026-11-16 09:00", "2026-11-16 16:30", None, CALENDAR),  # received after that morning began
        (BOTH[0], "2026-12-23 10:00", "2026-12-28 10:00", "2026-12-24 08:30", HOLIDAY),  # a holiday, a week-end, a holiday
        (BOTH[1], "2026-11-16 08:30", "2026-11-16 16:30", "2026-11-16 14:30", CALENDAR),
        (BOTH[1], "2026-11-16 10:12", "2026-11-18 10:12", "2026-11-17 14:12", CALENDAR),  # 16 h of work: 4 h before the end
        (BOTH[1], "2026-11-13 15:00", "2026-11-14 15:00", "2026-11-13 16:07:30", CALENDAR),  # 1 h 30 are left on Friday
        (BOTH[1], "2026-11-14 10:00", "2026-11-15 10:00", None, CALENDAR),  # no working time at all
        (BOTH[1], "2026-11-16 08:30", "2026-11-17 10:30", "2026-11-16 16:00", CALENDAR),  # 10 h: 2 h 30 before, over the night
        (BOTH[1], "2026-11-16 08:30", "2026-11-16 13:10", "2026-11-16 11:15", NOON),  # 3 h 40: 10 minutes after lunch, 45 before it
        ("90 minutes before", "2026-11-16 10:00", "2026-11-16 16:00", "2026-11-16 14:30", CALENDAR),
        ("90 minutes before", "2026-11-16 10:00", "2026-11-16 18:00", "2026-11-16 15:00", CALENDAR),  # 16:30 is closed
        ("90 minutes before", "2026-11-13 10:00", "2026-11-14 15:00", "2026-11-13 15:00", CALENDAR),
        ("90 minutes before", "2026-11-13 10:00", "2026-11-16 09:00", "2026-11-16 08:30", CALENDAR),  # half an hour of open time is left
        ("2 hours before", "2026-11-16 10:00", "2026-11-16 14:30", "2026-11-16 13:00", NOON),  # 12:30 is lunch
        ("24 hours before", "2026-11-16 10:00", "2026-11-18 10:00", "2026-11-17 10:00", CALENDAR),
        ("2 hours before", "2026-11-16 10:00", "2026-11-16 11:00", None, CALENDAR),  # it had passed before the inquiry came
        ("never", "2026-11-16 10:12", "2026-11-18 10:12", None, CALENDAR),
        (BOTH[0], "2026-10-30 10:00", "2026-11-01 10:00", None, CALENDAR),  # due on a Sunday; that Friday morning was over
    ],
)
def test_moments(occasion: str, received: str, due: str, expected: str | None, calendar: Calendar) -> None:
    found = moments(local(received), local(due), hr((occasion,), calendar))
    assert found == ({} if expected is None else {occasion: local(expected).astimezone(UTC)})


def waiting(number: int, received: str, due: str, **changes: object) -> Promised:
    made = Promised(number, 0, f"HR-{number}", "human-resources", "public", "inquiry", False, local(received), local(due))
    return replace(made, **changes)  # type: ignore[arg-type]


def play(
    cases: list[Promised], division: Division, since: str, until: str, step: timedelta = timedelta(minutes=30)
) -> list[tuple[datetime, Reminder]]:
    """Look again and again, remember what was told; what each look gave."""
    told: dict[int, frozenset[str]] = {}
    last: dict = {}
    sent = []
    now = local(since).astimezone(UTC)
    while now <= local(until).astimezone(UTC):
        known = [replace(each, reminded=told.get(each.case_id, frozenset())) for each in cases if each.received_at <= now]
        for made in reminders(known, policy(division), last, now):
            sent.append((now, made))
            last[made.division, made.role] = now
            for item in made.items:
                told[item.promised.case_id] = told.get(item.promised.case_id, frozenset()) | frozenset(item.occasions)
        now += step
    return sent


def told(sent: list[tuple[datetime, Reminder]]) -> list[tuple[str, str, list[int]]]:
    short = {"reminders": "before", "after_a_missed_date": "after"}
    return [(f"{at.astimezone(ZONE):%a %H:%M}", short[each.role], [item.promised.case_id for item in each.items]) for at, each in sent]


def test_one_mail_a_day_for_all_that_falls_due() -> None:
    """Three of one day in the first mail of it, with what would be reminded of that afternoon; the missed ones to the next contact."""
    cases = [
        waiting(1, "2026-11-16 10:00", "2026-11-18 10:00"),
        waiting(2, "2026-11-16 11:00", "2026-11-18 11:00"),
        waiting(3, "2026-11-17 09:00", "2026-11-19 09:00"),
    ]
    sent = play(cases, hr(), "2026-11-16 08:00", "2026-11-20 18:00")
    assert told(sent) == [
        ("Tue 14:00", "before", [1, 2]),  # a quarter left: 14:00 and 15:00
        ("Wed 08:30", "before", [1, 2, 3]),
        ("Wed 10:30", "after", [1]),
        ("Thu 08:30", "before", [3]),
        ("Thu 08:30", "after", [2]),
        ("Fri 08:30", "after", [3]),
    ]


def test_what_cannot_wait_for_the_next_mail_gets_its_own() -> None:
    cases = [waiting(1, "2026-11-16 10:00", "2026-11-18 10:00"), waiting(2, "2026-11-18 09:00", "2026-11-18 13:00")]
    sent = play(cases, hr(), "2026-11-18 08:00", "2026-11-18 12:55")
    assert told(sent) == [("Wed 08:30", "before", [1]), ("Wed 10:30", "after", [1]), ("Wed 12:00", "before", [2])]


def test_single_mails() -> None:
    cases = [waiting(each, "2026-11-16 10:00", "2026-11-18 10:00") for each in (1, 2)]
    sent = play(cases, hr((BOTH[0],), one_mail_a_day=False), "2026-11-18 08:00", "2026-11-18 09:00")
    assert told(sent) == [("Wed 08:30", "before", [1]), ("Wed 08:30", "before", [2])]


@pytest.mark.parametrize("changed", [
    {"rollout": dict.fromkeys(("public", "council", "internal"), "observe")},
    {"contacts": Contacts("416-555-0142")},
    {"contacts": Contacts("416-555-0142", reminders="lead@elsewhere.example", after_a_missed_date="lead@elsewhere.example")},
    {"contacts": Contacts("416-555-0142", reminders="no-reply@toronto.example", after_a_missed_date="mailer-daemon@toronto.example")},
], ids=["observe", "nobody", "outside", "machines"])  # fmt: skip
def test_nobody_is_told(changed: dict) -> None:
    cases = [waiting(1, "2026-11-16 10:00", "2026-11-18 10:00")]
    assert play(cases, replace(hr(), **changed), "2026-11-16 08:00", "2026-11-19 18:00") == []


def test_a_late_start_tells_what_is_still_ahead_and_nothing_old() -> None:
    cases = [waiting(1, "2026-11-16 10:00", "2026-11-18 15:00"), waiting(2, "2026-10-01 10:00", "2026-11-03 10:00")]
    assert told(play(cases, hr(), "2026-11-18 11:00", "2026-11-18 12:00")) == [("Wed 11:00", "before", [1])]


moments_of_2026 = st.integers(0, 365 * 24 * 60).map(lambda minutes: local("2026-01-01") + timedelta(minutes=minutes))
occasions = st.lists(st.sampled_from((*BOTH, "90 minutes before", "5 hours before", "48 hours before", "never")), max_size=3, unique=True).map(tuple)
calendars = st.sampled_from((CALENDAR, HOLIDAY, NOON, replace(CALENDAR, hours={2: ((time(22, 0), time(0)),)}), replace(CALENDAR, hours={})))


@given(moments_of_2026, st.timedeltas(timedelta(minutes=1), timedelta(days=20)), occasions, calendars)
def test_every_moment_is_open_and_between_receipt_and_date(received: datetime, span: timedelta, wanted: tuple[str, ...], calendar: Calendar) -> None:
    due = (received.astimezone(UTC) + span).astimezone(ZONE)
    for at in moments(received, due, hr(wanted, calendar)).values():
        assert is_open(at, calendar)
        assert received.astimezone(UTC) < at < due.astimezone(UTC)


def spread(spans: list[tuple[int, int]]) -> list[Promised]:
    """Quarters of an hour from Monday's midnight to the receipt, and from there to the date."""
    monday, quarter = local("2026-11-16"), timedelta(minutes=15)
    made = [waiting(number, "2026-11-16", "2026-11-16") for number, _ in enumerate(spans)]
    return [
        replace(each, received_at=monday + quarter * start, respond_by=monday + quarter * (start + length))
        for each, (start, length) in zip(made, spans, strict=True)
    ]


cases_of_a_week = st.lists(st.tuples(st.integers(0, 7 * 24 * 4), st.integers(1, 5 * 24 * 4)), min_size=1, max_size=5).map(spread)


@given(cases_of_a_week, occasions, st.booleans())
def test_nothing_is_told_closed_or_twice(cases: list[Promised], wanted: tuple[str, ...], one_mail: bool) -> None:
    sent = play(cases, hr(wanted, one_mail_a_day=one_mail), "2026-11-16 00:00", "2026-12-05 00:00", timedelta(hours=1))
    seen: list[tuple[int, str]] = []
    for at, each in sent:
        assert is_open(at, CALENDAR)
        for item in each.items:
            assert (item.occasions == (MISSED,)) == (each.role == "after_a_missed_date") == (at > item.promised.respond_by)
            seen += [(item.promised.case_id, occasion) for occasion in item.occasions]
    assert len(seen) == len(set(seen))
    missed = {number for number, occasion in seen if occasion == MISSED}
    assert missed == {each.case_id for each in cases}, "nobody answered: each is told further on, once"
