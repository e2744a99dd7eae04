"""Who is owed a digest now. Pure: policy and time in, no memory; what was sent already, the ledger's unique keys know.

A week is over on Monday, a month on its first day; the digest goes out once the reader's office is open after that, and only the
latest of each: a gateway that stood still for a month sends one, not four.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from gateway.policy.calendar import is_open
from gateway.policy.model import Calendar, Digests, Policy
from gateway.reports.periods import Days, month_of

Cadence = Literal["week", "month"]
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Owed:
    """One report for one reader."""

    division: str | None
    """None: the City's."""
    cadence: Cadence
    days: Days
    recipient: str

    @property
    def period(self) -> str:
        """week-2026-11-16 or month-2026-10."""
        return f"week-{self.days.since}" if self.cadence == "week" else f"month-{self.days.since:%Y-%m}"


def owed(policy: Policy, now: datetime) -> Iterator[Owed]:
    """Everything whose moment has come. `now` is aware; readers outside the City's own domains receive nothing."""
    lenses: list[tuple[str | None, Calendar, Digests]] = [(each.slug, each.calendar, each.digests) for each in policy.divisions.values()]
    if policy.city_wide is not None:
        lenses.append((None, policy.city_wide.calendar, policy.digests))
    ours = {domain.lower() for domain in policy.organization_domains}
    for division, calendar, readers in lenses:
        if not is_open(now, calendar):
            continue
        today = now.astimezone(calendar.zone).date()
        monday = today - timedelta(days=today.weekday())
        periods: tuple[tuple[Cadence, Days, tuple[str, ...]], ...] = (
            ("week", Days(monday - 7 * _DAY, monday - _DAY), readers.weekly),
            ("month", month_of(today.replace(day=1) - _DAY), readers.monthly),
        )
        for cadence, days, recipients in periods:
            yield from (Owed(division, cadence, days, each) for each in recipients if each.rpartition("@")[2].lower() in ours)
