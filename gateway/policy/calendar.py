"""When a promise falls due, and whether an office is open: the clocks of docs/policy.md, nothing else.

It decides from the three values it is given; it never asks what time it is. All comparisons are made in UTC, because
Python compares two times of one zone by their wall clocks, which is wrong in the doubled hour of an autumn night.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar

from gateway.policy.model import Calendar, Clock

_DAY = timedelta(days=1)
_KEPT = 4096
"""Facts of each calendar: mail asks for the days around today, reports for those of some years. When there is no room, all are dropped."""
_NEVER = datetime.min.replace(tzinfo=UTC)
_T = TypeVar("_T")
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")


@dataclass(frozen=True, slots=True)
class Due:
    """When a clock runs out (met means at or before `at`), and how one gets there by hand."""

    at: datetime
    """Aware, in the calendar's zone. Compare it in UTC."""
    told: Callable[[], Iterable[str]]
    """The steps, put into words only when somebody asks: mail needs none."""

    @property
    def steps(self) -> tuple[str, ...]:
        return tuple(self.told())


def due(clock: Clock, received: datetime, calendar: Calendar) -> Due:
    """When `clock` runs out for something received at `received` (aware).

    Raises ValueError for a naive time, OverflowError when the end lies beyond the year 9999.
    """
    if received.tzinfo is None:
        raise ValueError("received must be an aware datetime")
    if clock.unit == "hours":
        return _after_hours(clock, received, calendar)
    if clock.unit == "days":
        return _after_days(clock, received, calendar)
    return _on_business_day(clock, received, calendar)


def spans(day: date, calendar: Calendar) -> tuple[tuple[datetime, datetime], ...]:
    """The open spans of a local date as half-open pairs of UTC moments; none on a closed day."""
    return _known(day, lambda: _spans(day, calendar), calendar)


def _known(key: object, work: Callable[[], _T], calendar: Calendar) -> _T:
    """What was found out of a day once is not worked out again."""
    found: _T | None = calendar.known.get(key)
    if found is None:
        if len(calendar.known) >= _KEPT:
            calendar.known.clear()
        found = calendar.known[key] = work()
    return found


def _spans(day: date, calendar: Calendar) -> tuple[tuple[datetime, datetime], ...]:
    if day in calendar.holidays:
        return ()
    shut = _shut_from(day, calendar)
    found = []
    for start, end in calendar.hours.get(day.weekday(), ()):
        opens, closes = _moment(day, start, calendar), _end(day, end, calendar)
        if shut is None or opens < shut:
            found.append((opens, closes if shut is None else min(closes, shut)))
    return tuple(found)


def is_business_day(day: date, calendar: Calendar) -> bool:
    """Whether the office opens at all on a local date."""
    return bool(spans(day, calendar))


def closing(day: date, calendar: Calendar) -> datetime | None:
    """When the office closes on a local date (early closings count), in the calendar's zone; None on a closed day."""
    found = spans(day, calendar)
    return found[-1][1].astimezone(calendar.zone) if found else None


def is_open(at: datetime, calendar: Calendar) -> bool:
    """Whether the office is open at that moment; at the moment of closing it is not."""
    moment = at.astimezone(UTC)
    return any(start <= moment < end for start, end in spans(_local_date(at, calendar), calendar))


def next_opening(after: datetime, calendar: Calendar) -> datetime:
    """The first moment at or after `after` when the office is open (`after` itself if it is), in the calendar's zone.

    Raises ValueError when the calendar has no hours at all.
    """
    if not any(calendar.hours.values()):
        raise ValueError("the calendar has no opening hours")
    moment = after.astimezone(UTC)
    for day in _days_from(_local_date(after, calendar)):
        for start, end in spans(day, calendar):
            if moment < end:
                return max(start, moment).astimezone(calendar.zone)
    raise AssertionError("days do not end")


def business_time(start: datetime, end: datetime, calendar: Calendar) -> timedelta:
    """How long the office was open between two moments; zero when `end` is not after `start`."""
    first, last = start.astimezone(UTC), end.astimezone(UTC)
    total = timedelta()
    if last <= first:
        return total
    for day in _days_from(_local_date(start, calendar)):
        if day > _local_date(end, calendar):
            break
        total += sum((max(timedelta(), min(closes, last) - max(opens, first)) for opens, closes in spans(day, calendar)), timedelta())
    return total


def why_closed(day: date, calendar: Calendar) -> str | None:
    """The reason why a local date is no business day, in words; None when it is one."""
    if is_business_day(day, calendar):
        return None
    if day in calendar.holidays:
        return calendar.holidays[day]
    if calendar.hours.get(day.weekday()) and day in calendar.closures:
        return f"closed ({calendar.closures[day][1]})"
    return "not a business day"


def spoken_date(day: date, *, year: bool = True) -> str:
    """`Friday, February 13, 2026`: for steps and messages; the same in every locale."""
    return f"{_WEEKDAYS[day.weekday()]}, {_MONTHS[day.month - 1]} {day.day}" + (f", {day.year}" if year else "")


def _after_hours(clock: Clock, received: datetime, calendar: Calendar) -> Due:
    end = (received.astimezone(UTC) + timedelta(hours=clock.amount)).astimezone(calendar.zone)

    def told() -> Iterator[str]:
        start = received.astimezone(calendar.zone)
        yield f"received {_spoken(start)}"
        yield f"{_count(clock.amount, 'hour')} later: {_spoken(end)}"
        shift = (end.utcoffset() or timedelta()) - (start.utcoffset() or timedelta())
        if shift:
            minutes = abs(int(shift.total_seconds())) // 60
            way = "forward" if shift > timedelta() else "back"
            yield f"the clocks went {way} by {minutes} minutes between the two; elapsed hours are counted"

    def is_reachable() -> bool:
        return is_open(end, calendar) or is_open(end - timedelta(microseconds=1), calendar)

    return _at_closed_time(clock, end, told, is_reachable, calendar)


def _after_days(clock: Clock, received: datetime, calendar: Calendar) -> Due:
    start = received.astimezone(calendar.zone)
    last = start.date() + clock.amount * _DAY
    end = _moment(last + _DAY, time(0), calendar).astimezone(calendar.zone)

    def told() -> Iterator[str]:
        yield f"received {_spoken(start)}"
        yield f"{_count(clock.amount, 'calendar day')} after that day: by the end of {spoken_date(last)}"

    return _at_closed_time(clock, end, told, lambda: is_business_day(last, calendar), calendar)


def _at_closed_time(clock: Clock, end: datetime, told: Callable[[], Iterable[str]], is_reachable: Callable[[], bool], calendar: Calendar) -> Due:
    """A due time on a closed day stands, unless the standard says otherwise."""
    if clock.if_closed == "stands":
        return Due(end, lambda: (*told(), *(() if is_reachable() else ("the office is closed then; the date stands",))))
    if is_reachable():
        return Due(end, told)
    moved = next_opening(end, calendar)
    return Due(moved, lambda: (*told(), f"the office is closed then: moved to the next opening, {_spoken(moved)}"))


def _on_business_day(clock: Clock, received: datetime, calendar: Calendar) -> Due:
    local = received.astimezone(calendar.zone)
    today = local.date()
    limit = _known((clock, today), lambda: _limit(clock, today, calendar), calendar)
    counts_today = received.astimezone(UTC) < limit
    end = _known((clock, today, counts_today), lambda: _end_of(clock, today, counts_today, calendar), calendar)
    return Due(end, lambda: _steps(clock, local, calendar))


def _limit(clock: Clock, today: date, calendar: Calendar) -> datetime:
    """What is received before it counts as today."""
    return _cut_off(clock, today, calendar)[0] if is_business_day(today, calendar) else _NEVER


def _end_of(clock: Clock, today: date, counts_today: bool, calendar: Calendar) -> datetime:
    start = today if counts_today else _next_business_day(today, calendar)[0]
    return _day_end(clock, _days_of(clock, start, calendar)[-1][0], calendar).astimezone(calendar.zone)


def _days_of(clock: Clock, start: date, calendar: Calendar) -> list[tuple[date, list[date]]]:
    """The day that counts as that of receipt, and each business day to the last, with the closed days passed over before it."""
    found: list[tuple[date, list[date]]] = [(start, [])]
    for _ in range(clock.amount if clock.unit == "business_days" else 0):
        found.append(_next_business_day(found[-1][0], calendar))
    return found


def _steps(clock: Clock, local: datetime, calendar: Calendar) -> Iterator[str]:
    start, step = _start_day(clock, local, calendar)
    yield step
    days = _days_of(clock, start, calendar)
    for number, (day, skipped) in enumerate(days[1:], 1):
        yield f"business day {number}: {spoken_date(day)}{_because(skipped, calendar)}"
    end = _day_end(clock, days[-1][0], calendar).astimezone(calendar.zone)
    yield f"due {'by the time stated' if clock.unit == 'business_day_at' else 'at closing'}: {_spoken(end)}"


def _start_day(clock: Clock, local: datetime, calendar: Calendar) -> tuple[date, str]:
    """The business day a message counts as, and the sentence that says why."""
    today, moment = local.date(), local.astimezone(UTC)
    limit, limit_name = _cut_off(clock, today, calendar)
    closed = why_closed(today, calendar)
    if closed is None and moment < limit:
        return today, f"received {_spoken(local)}, before {limit_name}: counts as that day"
    start, skipped = _next_business_day(today, calendar)
    reason = _is(closed) if closed else f"{'after' if moment > limit else 'at'} {limit_name}"
    return start, f"received {_spoken(local)}, {reason}: counts as {spoken_date(start)}{_because(skipped, calendar)}"


def _cut_off(clock: Clock, day: date, calendar: Calendar) -> tuple[datetime, str]:
    """Until when a message still counts as this business day, and what that moment is called."""
    end = _day_end(clock, day, calendar)
    limits = [(end, f"{_clock_time(end, calendar)}" if clock.unit == "business_day_at" else f"closing at {_clock_time(end, calendar)}")]
    shut = _shut_from(day, calendar)
    if shut is not None:
        limits.append((shut, f"the early closing at {_clock_time(shut, calendar)} ({calendar.closures[day][1]})"))
    if clock.received_by is not None:
        limits.append((_end(day, clock.received_by, calendar), f"{clock.received_by:%H:%M}, until when it counts as the same day"))
    return min(limits, key=lambda limit: limit[0])


def _day_end(clock: Clock, day: date, calendar: Calendar) -> datetime:
    """When the promise of a business day ends: the usual closing, since an early closing must not make anything due earlier."""
    if clock.unit == "business_day_at" and clock.at is not None:
        return _end(day, clock.at, calendar)
    usual = calendar.hours.get(day.weekday(), ())
    return _end(day, usual[-1][1] if usual else time(0), calendar)


def _next_business_day(day: date, calendar: Calendar) -> tuple[date, list[date]]:
    """The next business day after `day`, and the closed days between. Raises ValueError when the calendar has no hours."""
    if not any(calendar.hours.values()):
        raise ValueError("the calendar has no opening hours")
    skipped: list[date] = []
    for each in _days_from(day + _DAY):
        if is_business_day(each, calendar):
            return each, skipped
        skipped.append(each)
    raise AssertionError("days do not end")


def _days_from(day: date) -> Iterator[date]:
    while True:
        yield day
        day += _DAY


def _because(skipped: list[date], calendar: Calendar) -> str:
    """The closed days that were passed over and are not plain week-end days, with their names."""
    named = [f"{spoken_date(day, year=False)} is {why}" for day in skipped if (why := why_closed(day, calendar)) != "not a business day"]
    return "; " + ", ".join(named) if named else ""


def _is(reason: str) -> str:
    return reason if reason.startswith(("closed", "not")) else f"which is {reason}"


def _count(amount: int, unit: str) -> str:
    return f"{amount} {unit}" + ("" if amount == 1 else "s")


def _spoken(local: datetime) -> str:
    return f"{spoken_date(local.date())}, {local:%H:%M} {local.tzname()}"


def _clock_time(moment: datetime, calendar: Calendar) -> str:
    text = f"{moment.astimezone(calendar.zone):%H:%M}"
    return "24:00" if text == "00:00" else text


def _shut_from(day: date, calendar: Calendar) -> datetime | None:
    closure = calendar.closures.get(day)
    return None if closure is None else _moment(day, closure[0], calendar)


def _end(day: date, at: time, calendar: Calendar) -> datetime:
    """The end of a span: 00:00 is 24:00; of a doubled hour, the second."""
    return _moment(day + _DAY, at, calendar) if at == time(0) else _moment(day, at.replace(fold=1), calendar)


def _moment(day: date, at: time, calendar: Calendar) -> datetime:
    """A local wall-clock time as a UTC moment; one that the clocks skip is as much later as they skip."""
    if at.fold and _skipped(day, at, calendar):
        at = at.replace(fold=0)
    return datetime.combine(day, at, calendar.zone).astimezone(UTC)


def _skipped(day: date, at: time, calendar: Calendar) -> bool:
    there = datetime.combine(day, at, calendar.zone)
    return there.astimezone(UTC).astimezone(calendar.zone).replace(tzinfo=None) != there.replace(tzinfo=None, fold=0)


def _local_date(at: datetime, calendar: Calendar) -> date:
    return at.astimezone(calendar.zone).date()
