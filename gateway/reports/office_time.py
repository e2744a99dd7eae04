"""Local time and opening hours for many moments at once: what `policy.calendar` says of one, as arrays. Pure.

Moments are whole microseconds since 1970 UTC, as the ledger keeps them. The spans come from `policy.calendar.spans`, so that a report
and `gateway due` cannot disagree; a property test compares the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from gateway.policy.calendar import closing, is_business_day, spans
from gateway.policy.model import Calendar

Moments = NDArray[np.int64]
Truths = NDArray[np.bool_]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND, _SECOND, _DAY = timedelta(microseconds=1), timedelta(seconds=1), timedelta(days=1)
_DAY_US, _HOUR_US = 86_400_000_000, 3_600_000_000
_FIRST_DAY = EPOCH.date().toordinal()


def microseconds(at: datetime) -> int:
    """Of an aware datetime."""
    return (at - EPOCH) // _MICROSECOND


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """When a local date begins, in UTC."""
    return datetime.combine(day, time(0), zone).astimezone(UTC)


def day_number(day: date) -> int:
    """Days since 1970."""
    return day.toordinal() - _FIRST_DAY


@dataclass(frozen=True)
class LocalTime:
    """One zone between two moments; outside of them, its offset at the nearer end."""

    from_: Moments
    """Since when each offset holds; the first holds before, too."""
    offsets: Moments

    @classmethod
    def of(cls, zone: ZoneInfo, first: datetime, last: datetime) -> LocalTime:
        """`first`, `last`: aware."""
        since, offsets = [first.astimezone(UTC)], [_offset(first, zone)]
        at = since[0]
        while at < last:
            following = min(at + _DAY, last.astimezone(UTC) + _DAY)
            if (changed := _offset(following, zone)) != offsets[-1]:
                since.append(_change(at, following, zone))
                offsets.append(changed)
            at = following
        return cls(np.array([microseconds(each) for each in since], np.int64), np.array([each // _MICROSECOND for each in offsets], np.int64))

    def days(self, at: Moments) -> Moments:
        """Local dates, as days since 1970."""
        return self._wall_clock(at) // _DAY_US

    def hours_of_week(self, at: Moments) -> Moments:
        """0 for Monday 00:00 to 167 for Sunday 23:00."""
        wall = self._wall_clock(at)
        return (wall // _DAY_US + EPOCH.weekday()) % 7 * 24 + wall // _HOUR_US % 24

    def _wall_clock(self, at: Moments) -> Moments:
        found: Moments = at + self.offsets[np.maximum(np.searchsorted(self.from_, at, "right") - 1, 0)]
        return found


def _offset(at: datetime, zone: ZoneInfo) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()


def _change(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The first second with the offset that holds at `after`."""
    wanted = _offset(after, zone)
    while after - before > _SECOND:
        middle = before + (after - before) // 2 // _SECOND * _SECOND
        middle = max(middle, before + _SECOND)
        before, after = (before, middle) if _offset(middle, zone) == wanted else (middle, after)
    return after


@dataclass(frozen=True)
class OfficeTime:
    """One calendar between two local dates; outside of them, closed."""

    local: LocalTime
    starts: Moments
    ends: Moments
    open_before: Moments
    """Microseconds of opening before each span."""
    open_days: Moments
    """Local dates on which the office opens at all."""

    @classmethod
    def of(cls, calendar: Calendar, first: date, last: date) -> OfficeTime:
        days = [first + number * _DAY for number in range((last - first).days + 1)]
        found = [(day, microseconds(start), microseconds(end)) for day in days for start, end in spans(day, calendar) if start < end]
        starts, ends = (np.array([each[number] for each in found], np.int64) for number in (1, 2))
        lengths = ends - starts
        return cls(
            local=LocalTime.of(calendar.zone, midnight(first, calendar.zone), midnight(last + _DAY, calendar.zone)),
            starts=starts,
            ends=ends,
            open_before=np.cumsum(lengths) - lengths,
            open_days=np.unique(np.array([day_number(day) for day, _, _ in found], np.int64)),
        )

    def between(self, first: Moments, last: Moments) -> Moments:
        """Microseconds of opening between two moments each; zero where `last` is not after `first`."""
        found: Moments = np.maximum(self._opened_until(last) - self._opened_until(first), 0)
        return found

    def closed_at_due(self, due: Moments, by_day: Truths) -> Truths:
        """Whether a promise ran out while nobody could keep it: at a closed time, the moment of closing being open; or, of clocks that
        run until the end of a day (`by_day`), on a day on which the office does not open."""
        span = np.searchsorted(self.starts, due, "right") - 1
        if not len(self.starts):
            return np.ones(len(due), np.bool_)
        reachable = (span >= 0) & (due <= self.ends[np.maximum(span, 0)])
        found: Truths = np.where(by_day, ~np.isin(self.local.days(due - 1), self.open_days), ~reachable)
        return found

    def _opened_until(self, at: Moments) -> Moments:
        if not len(self.starts):
            return np.zeros(len(at), np.int64)
        span = np.searchsorted(self.starts, at, "right") - 1
        within = np.clip(at - self.starts[span], 0, self.ends[span] - self.starts[span])
        found: Moments = np.where(span < 0, 0, self.open_before[span] + within)
        return found


def soon(now: datetime, calendar: Calendar) -> datetime:
    """Until when what falls due is due soon: the closing of the next business day after today's, in UTC.

    `now` itself where the calendar has no hours, or none for a month.
    """
    today = now.astimezone(calendar.zone).date()
    for number in range(1, 32):
        day = today + number * _DAY
        if is_business_day(day, calendar) and (end := closing(day, calendar)):
            return end.astimezone(UTC)
    return now
