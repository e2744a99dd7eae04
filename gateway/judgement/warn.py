"""Whether a member of staff is told of what was found, when, and whether something that was told is mended or disputed.

Decides by policy and by what the ledger knows: never in observe mode, to a shared mailbox, on a closed day, again within the
cool-down, or twice in one day: what is found while a warning waits goes into one mail with it. The text is written elsewhere
(`notices/warning.py`). Pure; `now` is aware.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from itertools import count

from gateway.judgement.findings import findings
from gateway.judgement.staff import division_for
from gateway.judgement.staff_verdict import (
    AWAY_KINDS,
    COVER_KINDS,
    Belonging,
    Finding,
    FindingKind,
    KnownFinding,
    Reason,
    StaffHistory,
    StaffVerdict,
    topic_of,
)
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
    if staff is None or history.told_of:  # a line to the gateway about a reminder is no letter that wants a signature
        return None
    found = findings(examination, history, policy)
    if history.seen:
        return StaffVerdict(why="seen-before")
    division = division_for(staff, policy)
    if all(each.kind == "automatic-answer" for each in found):
        return replace(_mended(examination, staff, known, division, now), findings=found)
    reason = _why_not(staff, division, policy, found)
    if division is None or reason is not None:
        return StaffVerdict(found, reason or "observe")
    return _warning(found, known, division, now)


def unwritten(verdict: StaffVerdict) -> StaffVerdict:
    """The same where its mail could not be written: a warning that waits keeps its place."""
    kept = replace(verdict, told=(), thanks=(), carried=(), carried_sections={}, why="not-written")
    return replace(kept, withdrawn=(), untold=()) if verdict.warns else kept


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
    reasons = {each.kind: _not_told(each, known, division, now, quiet) for each in found}
    told = [kind for kind, reason in reasons.items() if reason is None]
    if not told:
        return StaffVerdict(found, next((each for each in reasons.values() if each), "nothing-found"))
    topics = {topic_of(kind) for kind in told}
    waits = [each for each in known.findings if each.waits_in(known.waiting)]
    replaced = [each for each in waits if topic_of(each.kind) in topics]
    told = [kind for kind in reasons if kind in told or any(each.kind == kind for each in replaced)]
    at = _own_day(office_day(now, division.calendar), known.last_warned, division.calendar)
    withdrawn = _of_waiting(known, replaced)
    cover_at = None if _cover_is_known(known, withdrawn, now - quiet) else _cover(told, division, at)
    new = StaffVerdict(found, "told", tuple(told), not_before=at, quiet_until=at + quiet, cover_at=cover_at, withdrawn=withdrawn)
    return replace(_carrying(new, known, [each for each in waits if each not in replaced]), untold=_ids(replaced))


def _carrying(verdict: StaffVerdict, known: StaffHistory, rest: Sequence[KnownFinding]) -> StaffVerdict:
    """With what is left to tell of the waiting warning whose place it takes."""
    topics: set[str] = {topic_of(each.kind) for each in rest}
    sections = {topic: said for topic, said in known.waiting.sections.items() if topic in topics} if known.waiting else {}
    return replace(verdict, carried=_ids(rest), carried_sections=sections)


def _ids(findings: Iterable[KnownFinding]) -> tuple[int, ...]:
    return tuple(each.finding_id for each in findings)


def _not_told(found: Finding, known: StaffHistory, division: Division, now: datetime, quiet: timedelta) -> Reason | None:
    """Why this one is no occasion to write; None: it is one."""
    earlier = [each for each in known.findings if each.kind == found.kind]
    if found.kind == "automatic-answer":
        return "nothing-found"  # a fact about a case, and nobody's fault
    if any(each.disputed for each in earlier):
        return "disputed"  # a person looks at it first
    if any(each.told_at and each.told_at + quiet > now for each in earlier):
        return "told-lately"
    if found.kind in ("signature", "meeting") and not _often_enough(found.kind, earlier, division, now):
        return "not-often-enough"
    return None


def _of_waiting(known: StaffHistory, replaced: Iterable[KnownFinding]) -> tuple[str, ...]:
    """The waiting warning, and what else its replaced findings caused."""
    return tuple(dict.fromkeys((*((known.waiting.key,) if known.waiting else ()), *_waiting(replaced))))


def _own_day(at: datetime, last: datetime | None, hours: Calendar) -> datetime:
    """Nobody gets two warnings in one day."""
    local = at.astimezone(hours.zone)
    if last is None or last.astimezone(hours.zone).date() != local.date():
        return at
    tomorrow = datetime.combine(local.date() + timedelta(days=1), time(0), hours.zone)
    return calendar.next_opening(tomorrow, hours)


def _often_enough(kind: FindingKind, earlier: Iterable[KnownFinding], division: Division, now: datetime) -> bool:
    """`warn_after`, this message counted in. What is mended or disputed counts no more."""
    written = (division.signature if kind == "signature" else division.meetings).get("warn_after")
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


def _cover_is_known(known: StaffHistory, withdrawn: Iterable[str], since: datetime) -> bool:
    """The contact is told already, or will be: once is enough for one mailbox."""
    told = (each for each in known.findings if each.told_at and each.told_at > since and not each.mended)
    return any(key.startswith("cover:") and key not in withdrawn for each in told for key, _ in each.notices)


def _mended(examination: Examination, staff: Belonging, known: StaffHistory, division: Division | None, now: datetime) -> StaffVerdict:
    """Thanks for what was told and is in order now; of a warning that has not left yet, only the rest goes out."""
    right = _set_right(examination)
    told = [each for each in known.findings if each.kind in right and each.told_at and not each.mended and not each.disputed]
    if not told:
        return StaffVerdict()
    unsent = [each for each in told if any(waits and key.startswith("warning:") for key, waits in each.notices)]
    verdict = StaffVerdict(mended=_ids(told), withdrawn=_waiting(told), untold=_ids(unsent))
    if division is None:
        return verdict
    at = office_day(now, division.calendar)
    if not staff.shared and division.contacts.staff_help:
        thanks = dict.fromkeys(topic_of(each.kind) for each in told if each not in unsent)
        verdict = replace(verdict, thanks=tuple(thanks), not_before=at if thanks else None)
    waits = [each for each in known.findings if each.waits_in(known.waiting)]
    rest = [each for each in waits if each not in told]
    if not rest or len(rest) == len(waits):
        return verdict
    return _carrying(replace(verdict, not_before=_own_day(at, known.last_warned, division.calendar)), known, rest)


def _set_right(examination: Examination) -> frozenset[FindingKind]:
    """The kinds that a message in which nothing was found shows to be in order."""
    if examination.out_of_office.is_ooo:
        return AWAY_KINDS if examination.out_of_office.names_alternate else frozenset()
    shown: tuple[tuple[FindingKind, bool], ...] = (
        ("signature", bool(examination.signature.compliant)),
        ("meeting", examination.meeting is not None and bool(examination.meeting["said"])),
    )
    return frozenset(kind for kind, right in shown if right)


def _waiting(known: Iterable[KnownFinding]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(key for each in known for key, waits in each.notices if waits))


def office_day(now: datetime, hours: Calendar) -> datetime:
    """`now` on a day when the office opens; else its next opening."""
    return now if calendar.is_business_day(now.astimezone(hours.zone).date(), hours) else calendar.next_opening(now, hours)
