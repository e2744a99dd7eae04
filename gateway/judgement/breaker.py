"""When a mailbox's acknowledgements run away, and when they have calmed down: `[caps] breaker`. Values in, value out.

The rate is of one sliding hour, in acknowledgements that the rules wanted, sent or held back. What is usual is the mean of the
hours that had any, over the 28 days before; a quiet mailbox is not stopped by a busy morning (`LEAST_USUAL`), and one that is known for less
than a week has no usual rate of its own yet (`USUAL_WHEN_UNKNOWN`).
"""

from __future__ import annotations

from dataclasses import dataclass

REMEMBERED_HOURS = 28 * 24
"""How far back the usual rate looks."""

KNOWN_AFTER_HOURS = 7 * 24
"""A mailbox's own rate counts after a week."""

USUAL_WHEN_UNKNOWN = 1000.0
"""An hour, taken for a mailbox that is not known long enough: a new installation must not fall silent on its first busy day."""

LEAST_USUAL = 10.0
"""An hour: less is never taken for usual."""

CALM_HOURS = 1.0
"""An open breaker closes by itself after so long at the earliest, and once the last hour wanted less than half of what opened it."""


@dataclass(frozen=True, slots=True)
class Demand:
    """Acknowledgements wanted for one mailbox, by clock hours."""

    this_hour: int = 0
    hour_before: int = 0
    earlier: int = 0
    """In all remembered hours before that."""
    active_hours: int = 0
    """Of those, hours that had any."""
    known_hours: int = 0
    """Since the first of them."""

    def rate(self, into_hour: float) -> float:
        """Of the last sixty minutes, when `into_hour` (0 to 1) of this hour is over; the hour before counts with what is left of it."""
        return self.this_hour + self.hour_before * (1 - into_hour)

    @property
    def usual(self) -> float:
        """An hour."""
        if self.known_hours < KNOWN_AFTER_HOURS or not self.active_hours:
            return USUAL_WHEN_UNKNOWN
        return max(self.earlier / self.active_hours, LEAST_USUAL)


def trips(demand: Demand, into_hour: float, factor: float) -> bool:
    """Whether one more acknowledgement would be beyond `factor` times the usual rate."""
    return demand.rate(into_hour) >= factor * demand.usual


def is_calm(demand: Demand, into_hour: float, limit: float, hours_open: float) -> bool:
    """Whether a breaker that opened at `limit` an hour may close."""
    return hours_open >= CALM_HOURS and demand.rate(into_hour) < limit / 2
