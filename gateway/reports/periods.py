"""Periods of a report: what a person may write for one, the period before it, and the steps of a trend. Pure.

Dates are local, and both ends belong to the period.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from gateway.reports.report import Step

EARLIEST, LATEST = 1971, 2199
MOST_STEPS = 160
"""Of one trend: three years of weeks. What must be withheld of longer ones takes minutes to find, and nobody reads them."""
_DAY = timedelta(days=1)
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")
_WRITTEN = re.compile(r"(\d{4})(?:-(?:Q([1-4])|(\d{1,2})(?:-(\d{1,2}))?))?", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Days:
    """From one local date to another."""

    since: date
    until: date

    def __len__(self) -> int:
        return (self.until - self.since).days + 1


def written(text: str) -> Days:
    """2026-10-31, 2026-10, 2026-Q4 or 2026. Raises ValueError, in words."""
    said = f"'{text}' is not a date; write 2026-10-31, or a month such as 2026-10, a quarter such as 2026-Q4, or a year"
    match = _WRITTEN.fullmatch(text.strip())
    if match is None:
        raise ValueError(said)
    year, quarter, month, day = (int(each) if each else None for each in match.groups())
    if year is None or not EARLIEST <= year <= LATEST:
        raise ValueError(f"the year of '{text}' is too far away; write one from {EARLIEST} to {LATEST}")
    try:
        if day and month:
            return Days(date(year, month, day), date(year, month, day))
        if month:
            return month_of(date(year, month, 1))
    except ValueError:
        raise ValueError(said) from None
    if quarter:
        return Days(date(year, quarter * 3 - 2, 1), month_of(date(year, quarter * 3, 1)).until)
    return Days(date(year, 1, 1), date(year, 12, 31))


def month_of(day: date) -> Days:
    """The calendar month in which a day lies."""
    return Days(day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1]))


def month_name(day: date) -> str:
    """October 2026, the same in every locale."""
    return f"{_MONTHS[day.month - 1]} {day.year}"


def whole_month(days: Days) -> bool:
    """Whether these are all days of one calendar month."""
    return days == month_of(days.since)


def before(days: Days) -> Days:
    """The same number of calendar months before whole months; else as many days before."""
    months = (days.until.year - days.since.year) * 12 + days.until.month - days.since.month + 1
    last = days.since - _DAY
    if days.since.day == 1 and days.until == month_of(days.until).until:
        first = last.year * 12 + last.month - months
        return Days(date(first // 12, first % 12 + 1, 1), last)
    return Days(days.since - len(days) * _DAY, last)


def step_for(days: Days) -> Step:
    """The step that shows a trend without being thin: weeks up to a quarter, months up to three years."""
    return "week" if len(days) <= 92 else "month" if len(days) <= 1100 else "quarter"


def steps(days: Days, step: Step) -> tuple[Days, ...]:
    """The period cut at the ends of days, weeks (Sunday), months or quarters."""
    found = []
    first = days.since
    while first <= days.until:
        last = min(_end(first, step), days.until)
        found.append(Days(first, last))
        first = last + _DAY
    return tuple(found)


def _end(day: date, step: Step) -> date:
    if step == "day":
        return day
    if step == "week":
        return day + (6 - day.weekday()) * _DAY
    if step == "quarter":
        day = day.replace(day=1, month=(day.month + 2) // 3 * 3)
    return month_of(day).until
