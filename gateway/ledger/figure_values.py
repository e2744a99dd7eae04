"""The plain values that figures are summed from; no SQL here, so that pure rooms may use them.

Times are whole microseconds since 1970 UTC: building a million datetimes would cost more than all the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from typing import NamedTuple

NEVER = 1 << 62
"""In the place of a moment that has not come."""
NOT_PROMISED = -1
"""In the place of a due time."""


class StaffMark(IntFlag):
    """`message.staff_marks`: what one mail from staff had."""

    SIGNATURE_CHECKED = 1
    SIGNATURE_COMPLETE = 2
    ABSENCE = 4
    ABSENCE_WITH_CONTACT = 8


class CaseRow(NamedTuple):
    """One case, or one reopening of a case (then `received_at` is the follow-up's, and there is no acknowledge clock)."""

    case_id: int
    division: str
    standard: str
    audience: str
    kind: str
    policy_version: str
    received_at: int
    acknowledge_by: int
    """NOT_PROMISED where nothing is."""
    respond_by: int
    acknowledged_at: int
    """NEVER while it is not."""
    acknowledged_by: str | None
    responded_at: int
    declared: str | None
    """The channel, where a person declared the answer."""
    opened_by_answer: int


@dataclass(frozen=True, slots=True)
class ReasonTally:
    """Messages with one reason."""

    reason: str
    messages: int
    inquiries: int
    """Of them, those that opened a case (with the division asked about)."""
    elsewhere: int
    """Of the others, those that opened one with another division."""
