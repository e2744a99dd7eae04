"""Which standard holds for a case, and when its clocks run out.

The first standard of the division that names audience and kind; the City-wide ones stand behind the division's own
(`Division.standards`). Fixed at receipt: later closures do not move a date that was promised.
"""

from __future__ import annotations

from datetime import datetime

from gateway.judgement.verdict import Case, ThreadCase
from gateway.message.value import value
from gateway.policy.calendar import Due, due
from gateway.policy.model import Audience, Clock, Division, Policy, Standard


@value(frozen=True, slots=True)
class Promise:
    """A standard with its two clocks; a clock that it does not promise is None."""

    standard: Standard | None
    """None: the division promises nothing for such a message, nor does the City."""
    acknowledge: Due | None
    respond: Due | None


def standard_for(division: Division, audience: Audience, kind: str) -> Standard | None:
    """The first that fits; None where not even a City-wide one does."""
    return next((each for each in division.standards if audience in each.audiences and (each.kinds is None or kind in each.kinds)), None)


def promise(division: Division, audience: Audience, kind: str, received_at: datetime) -> Promise:
    """What holds for a message received at `received_at` (aware). Raises ValueError for a naive time."""
    standard = standard_for(division, audience, kind)
    if standard is None:
        return Promise(None, None, None)
    return Promise(standard, _due(standard.acknowledge, received_at, division), _due(standard.respond, received_at, division))


def due_again(case: ThreadCase, division: Division, received_at: datetime) -> datetime | None:
    """When the answer to a follow-up is due, by the standard that the case has from its own receipt; None where no answer is promised.

    Where that standard is in force no more, by the one that would hold today. `received_at` (aware) is the follow-up's.
    """
    same = next((each for each in division.standards if each.label == case.standard), None)
    standard = same or standard_for(division, case.audience, case.kind)
    made = _due(standard.respond, received_at, division) if standard else None
    return made.at if made else None


def case_for(division: Division, audience: Audience, kind: str, policy: Policy, received_at: datetime, *, confidential: bool) -> Case:
    """The case that such a message opens with this division. `received_at` is aware."""
    made = promise(division, audience, kind, received_at)
    return Case(
        division=division.slug,
        mailbox=division.mailbox,
        audience=audience,
        kind=kind,
        standard=made.standard.label if made.standard else "no standard",
        stated_as=made.standard.stated_as if made.standard else "",
        acknowledge_by=made.acknowledge.at if made.acknowledge else None,
        respond_by=made.respond.at if made.respond else None,
        confidential=confidential,
        reference_prefix=policy.neutral_reference_prefix if confidential else division.reference_prefix,
    )


def _due(clock: Clock | None, received_at: datetime, division: Division) -> Due | None:
    return due(clock, received_at, division.calendar) if clock else None
