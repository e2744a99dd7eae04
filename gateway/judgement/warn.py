"""Whether a member of staff is told of what was found, when, and whether something that was told is mended or disputed.

Decides by policy and by what the ledger knows: never in observe mode, to a shared mailbox, on a closed day, or again within the
cool-down. A text is written elsewhere (`notices/warning.py`). Pure; `now` is aware.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import count

from gateway.judgement.findings import findings
from gateway.judgement.staff import division_for
from gateway.judgement.staff_verdict import AWAY_KINDS, COVER_KINDS, Belonging, Finding, FindingKind, KnownFinding, Reason, StaffHistory, StaffVerdict
from gateway.judgement.verdict import Examination, History
from gateway.policy import calendar
from gateway.policy.model import Calendar, Clock, Division, Policy
from gateway.policy.warn_after import WarnAfter, parse_warn_after

LOOKS_BACK = timedelta(days=30)
"""As far as `warn` asks for findings that nobody was told of: ten business days, a long closure among them."""

QUIET = timedelta(days=7)
"""Before it the same is not told again, unless policy says otherwise."""


def staff_verdict(examination: Examination, history: History, policy: Policy, now: datetime) -> StaffVerdict | None:
    """None for mail that is neither from staff nor a reply to a warning."""
    known = history.staff or StaffHistory()
    if examination.envelope.is_history:
        return StaffVerdict(findings(examination, history, policy), "history") if examination.staff and not history.seen else None
    if examination.says_mistake and (disputed := _disputes(known)):
        return StaffVerdict(why="disputed", disputed=tuple(each.finding_id for each in disputed), withdrawn=_waiting(disputed))
    staff = examination.staff
    if staff is None:
        return None
    found = findings(examination, history, policy)
    if history.seen:
        return StaffVerdict(why="seen-before")
    division = division_for(staff, policy)
    if not found:
        return _mended(examination, staff, known, division, now)
    reason = _why_not(staff, division, policy, found)
    if division is None or reason is not None:
        return StaffVerdict(found, reason or "observe")
    return _warning(found, known, division, now)


def _disputes(known: StaffHistory) -> tuple[KnownFinding, ...]:
    """What the answered warning told of; without a thread, what was told last."""
    told = [each for each in known.findings if each.told_at and not each.disputed]
    newest = max((each.told_at for each in told if each.told_at), default=None)
    return known.disputable or tuple(each for each in told if each.told_at == newest)


def _why_not(staff: Belonging, division: Division | None, policy: Policy, found: Iterable[Finding]) -> Reason | None:
    if division is None or division.rollout.get("internal", "observe") == "observe":
        return "observe"
    if staff.shared:
        return "shared-mailbox"
    if not division.contacts.staff_help:
        return "no-help-desk"
    if policy.directory and not policy.directory.readable and all(each.kind == "signature" for each in found):
        return "directory-unreadable"
    return None


def _warning(found: tuple[Finding, ...], known: StaffHistory, division: Division, now: datetime) -> StaffVerdict:
    again_after = division.out_of_office.get("warn_again_after")
    quiet = again_after if isinstance(again_after, timedelta) else QUIET
    told: list[FindingKind] = []
    reasons: list[Reason] = []
    for each in found:
        earlier = [one for one in known.findings if one.kind == each.kind]
        if each.kind == "automatic-answer":
            continue
        if any(one.disputed for one in earlier):
            reasons.append("disputed")  # a person looks at it first
        elif any(one.told_at and one.told_at + quiet > now for one in earlier):
            reasons.append("told-lately")
        elif each.kind == "signature" and not _often_enough(earlier, division, now):
            reasons.append("not-often-enough")
        else:
            told.append(each.kind)
    if not told:
        return StaffVerdict(found, reasons[0] if reasons else "nothing-found")
    at = office_day(now, division.calendar)
    return StaffVerdict(found, "told", tuple(told), not_before=at, quiet_until=at + quiet, cover_at=_cover(told, division, at))


def _often_enough(earlier: Iterable[KnownFinding], division: Division, now: datetime) -> bool:
    """`warn_after`, this message counted in. What is mended or disputed counts no more."""
    written = division.signature.get("warn_after")
    rule = parse_warn_after(written) if isinstance(written, str) else WarnAfter(3, 5)
    since = _start(rule, division.calendar, now)
    counted = sum(1 for each in earlier if since <= each.at <= now and not each.mended and not each.disputed)
    return 0 < rule.messages <= counted + 1


def _start(rule: WarnAfter, hours: Calendar, now: datetime) -> datetime:
    """The first moment of the local day with which the span began that ends today."""
    today = now.astimezone(hours.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    open_days = 0
    for back in count():
        day = today - timedelta(days=back)
        open_days += 1 if not rule.business or calendar.is_business_day(day.date(), hours) else 0
        if open_days == rule.days or back >= LOOKS_BACK.days:
            return day
    raise AssertionError("counting never ends")


def _cover(told: Iterable[FindingKind], division: Division, at: datetime) -> datetime | None:
    """`tell_contact_after`, counted from the warning, at an open moment."""
    after = division.out_of_office.get("tell_contact_after")
    if not isinstance(after, Clock) or COVER_KINDS.isdisjoint(told):
        return None
    return calendar.next_opening(calendar.due(after, at, division.calendar).at, division.calendar)


def _mended(examination: Examination, staff: Belonging, known: StaffHistory, division: Division | None, now: datetime) -> StaffVerdict:
    """Thanks for what was told and is in order now; a warning that has not left yet is withdrawn instead."""
    right = _set_right(examination)
    told = [each for each in known.findings if each.kind in right and each.told_at and not each.mended and not each.disputed]
    if not told:
        return StaffVerdict()
    left = [each for each in told if not any(waits and key.startswith("warning:") for key, waits in each.notices)]
    thanks = bool(left) and division is not None and not staff.shared and bool(division.contacts.staff_help)
    return StaffVerdict(
        not_before=office_day(now, division.calendar) if thanks and division else None,
        thanks=thanks,
        mended=tuple(each.finding_id for each in told),
        withdrawn=_waiting(told),
    )


def _set_right(examination: Examination) -> frozenset[FindingKind]:
    """The kinds that a message in which nothing was found shows to be in order."""
    if examination.out_of_office.is_ooo and examination.out_of_office.names_alternate:
        return AWAY_KINDS
    return frozenset(("signature",)) if examination.signature.compliant else frozenset()


def _waiting(known: Iterable[KnownFinding]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(key for each in known for key, waits in each.notices if waits))


def office_day(now: datetime, hours: Calendar) -> datetime:
    """`now` on a day when the office opens; else its next opening."""
    return now if calendar.is_business_day(now.astimezone(hours.zone).date(), hours) else calendar.next_opening(now, hours)
