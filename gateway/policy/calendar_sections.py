"""Opening hours, holidays and closures as policy files have them: their shape alone; `holiday_rules` and `merge` make a calendar of them.

A field that is None was not written.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gateway.policy.field_types import WEEKDAYS, DayOfYear, LocalDate, LocalTime, OneOrMore, OpenSpans, Sentence, Slug, Weekdays
from gateway.policy.sections import Section


class OpeningHours(Section):
    """When the office is open on some days of the week; a day that no entry names is closed."""

    days: Weekdays
    """Monday to Friday · Saturday and Sunday · every day"""
    open: OpenSpans
    """08:30 to 16:30; a lunch break is written [08:30 to 12:00, 13:00 to 16:30]"""


class AddedHoliday(Section):
    """A holiday that the country's calendar does not have."""

    date: LocalDate
    why: Sentence


class Holidays(Section):
    """Closed days: those of the country's calendar, as corrected by the lists below."""

    country: Sentence
    region: Sentence | None = None
    groups: list[Sentence] = Field(min_length=1)
    """Groups of the holidays package, such as public, optional, government."""
    not_ours: list[DayOfYear] = Field(default_factory=list)
    """Days (month-day) on which we work although the calendar has them."""
    only_monday_to_friday: list[DayOfYear] = Field(default_factory=list)
    """Days that count only when they fall on a working day: no substitute is given."""
    moved_from_a_weekend: list[DayOfYear] = Field(default_factory=list)
    """Days that are made good on the next working day when they fall on a week-end."""
    added: list[AddedHoliday] = Field(default_factory=list)


class DivisionClosure(Section):
    """A day, or the rest of a day, on which the office is closed. Dates that were promised before stay."""

    date: LocalDate
    opening: LocalTime | None = Field(default=None, alias="from")
    """Closed from this time on; without it, all day."""
    why: Sentence


class CityClosure(DivisionClosure):
    """A day, or the rest of a day, on which some divisions are closed, or all of them."""

    divisions: Annotated[list[Slug] | None, OneOrMore("all")] = None


def each_day_once(hours: list[OpeningHours]) -> list[OpeningHours]:
    """No day of the week in two entries. Raises ValueError."""
    seen: set[int] = set()
    for entry in hours:
        if twice := seen & set(entry.days):
            raise ValueError(f"{WEEKDAYS[min(twice)].capitalize()} has its hours twice; several spans of one day go into one list")
        seen |= set(entry.days)
    return hours
