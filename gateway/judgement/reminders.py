"""Which unanswered inquiries a division is reminded of now, and which missed dates are told further on. Values and `now` in, mails out.

Decides when and whom; never how it is said, never sends. Nobody is reminded while the office is closed, in mode observe, of what is
answered, or twice of the same. A moment that is closed moves to the last open time before the answer is due; one that had passed
before the inquiry came is left out, since whoever reads the mailbox has only just got it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from gateway.judgement.canonical import canonical, split
from gateway.judgement.signals import sender_class
from gateway.policy.calendar import business_time, closing, is_open, next_opening, spans
from gateway.policy.model import Audience, Calendar, Division, Policy

Role = Literal["reminders", "after_a_missed_date"]
"""The contact of the division that is written to."""

MISSED = "missed"
START_OF_DAY = "at the start of the day"
QUARTER_LEFT = "when a quarter of the working time is left"

TOLD_WITHIN = timedelta(days=7)
"""From the first open moment on. A date that was missed longer ago is news to nobody: a gateway that starts on old cases does not
pour them out."""

LOOKS_BACK = TOLD_WITHIN + timedelta(days=60)
"""As far as anybody may still be told of a missed date, a long closure among it."""

_DAY = timedelta(days=1)
_LONGEST_CLOSED = 60
"""Days that are looked back over for an open one."""


@dataclass(frozen=True, slots=True)
class Promised:
    """An unanswered inquiry, or an unanswered follow-up, with its date."""

    case_id: int
    follow_up: int
    """Row of the follow-up; 0 for the inquiry itself."""
    reference: str
    division: str
    audience: Audience
    kind: str
    confidential: bool
    received_at: datetime
    """Aware, as all times here."""
    respond_by: datetime
    reminded: frozenset[str] = frozenset()
    """Occasions that a mail was written for."""


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a mail."""

    promised: Promised
    occasions: tuple[str, ...]
    """What the mail settles: there will be no other for them."""


@dataclass(frozen=True, slots=True)
class Reminder:
    """One mail to one contact."""

    division: str
    role: Role
    recipient: str
    items: tuple[Item, ...]
    """At least one; the earliest date first."""


Times = dict[tuple[int, int, datetime, str], dict[str, datetime]]
"""What `moments` said of a case, a follow-up, its date and a division: worth keeping between looks while the policy stays the same."""


def reminders(
    promised: Iterable[Promised], policy: Policy, last: Mapping[tuple[str, Role], datetime], now: datetime, times: Times | None = None
) -> list[Reminder]:
    """What is to be written at `now`. `last`: when each division's contact was written to last. `times` is read and added to."""
    known: Times = {} if times is None else times
    by_division: dict[str, list[Promised]] = {}
    for each in promised:
        by_division.setdefault(each.division, []).append(each)
    made = []
    for slug, some in sorted(by_division.items()):
        division = policy.divisions.get(slug)
        if division is None or not is_open(now, division.calendar):
            continue
        told = [each for each in some if division.rollout.get(each.audience, "observe") != "observe"]
        asked = _Asked(division, now, known)
        made += asked.mails("reminders", policy, asked.before([each for each in told if now <= each.respond_by], last))
        made += asked.mails("after_a_missed_date", policy, asked.after(told, last))
    return made


def moments(received_at: datetime, due: datetime, division: Division) -> dict[str, datetime]:
    """Occasion -> when the reminder before the date is to go out, always in open time, after the receipt and before the date."""
    wanted = division.reminders.get("before_due") or ()
    assert isinstance(wanted, tuple)
    found = ((each, _moment(each, received_at, due, division.calendar)) for each in wanted)
    return {each: at for each, at in found if at is not None and received_at < at < due}


def missed_at(due: datetime, calendar: Calendar) -> datetime:
    """The first open moment after the date."""
    return next_opening(due, calendar)


def contact(division: Division, role: Role, policy: Policy) -> str | None:
    """Who is written to; None where the policy names nobody, an address outside our own domains, or a machine's."""
    address = division.contacts.reminders if role == "reminders" else division.contacts.after_a_missed_date
    local, domain = split(canonical(address or ""))
    usable = domain in policy.organization_domains and sender_class(local) not in ("system-sender", "no-reply-sender")
    return address if usable else None


class _Asked:
    """One division whose office is open now."""

    def __init__(self, division: Division, now: datetime, times: Times) -> None:
        self._division = division
        self._now = now
        self._times = times
        self._one_mail = division.reminders.get("one_mail_a_day", True) is not False

    def mails(self, role: Role, policy: Policy, items: list[Item]) -> list[Reminder]:
        recipient = contact(self._division, role, policy)
        if recipient is None or not items:
            return []
        ordered = sorted(items, key=lambda item: (item.promised.respond_by, item.promised.reference))
        return [
            Reminder(self._division.slug, role, recipient, tuple(group)) for group in ([ordered] if self._one_mail else ([each] for each in ordered))
        ]

    def before(self, promised: list[Promised], last: Mapping[tuple[str, Role], datetime]) -> list[Item]:
        """With one mail a day, the first one takes all that would be reminded of later that day; after it only what cannot wait for the next."""
        pending = [(each, self._pending(each)) for each in promised]
        ripe = [Item(each, tuple(one for one, at in found.items() if at <= self._now)) for each, found in pending]
        ripe = [each for each in ripe if each.occasions]
        if not ripe or not self._one_mail:
            return ripe
        calendar = self._division.calendar
        end_of_day = closing(_local_day(self._now, self._division), calendar) or self._now
        if self._mailed_today(last.get((self._division.slug, "reminders"))):
            next_mail = next_opening(end_of_day, calendar)
            return [each for each in ripe if each.promised.respond_by <= next_mail]
        today = (Item(each, tuple(one for one, at in found.items() if at <= end_of_day)) for each, found in pending)
        return [each for each in today if each.occasions]

    def after(self, promised: list[Promised], last: Mapping[tuple[str, Role], datetime]) -> list[Item]:
        if self._one_mail and self._mailed_today(last.get((self._division.slug, "after_a_missed_date"))):
            return []
        missed = ((each, missed_at(each.respond_by, self._division.calendar)) for each in promised if each.respond_by < self._now)
        return [Item(each, (MISSED,)) for each, at in missed if at <= self._now <= at + TOLD_WITHIN and MISSED not in each.reminded]

    def _pending(self, each: Promised) -> dict[str, datetime]:
        key = (each.case_id, each.follow_up, each.respond_by, each.division)
        if key not in self._times:
            self._times[key] = moments(each.received_at, each.respond_by, self._division)
        return {one: at for one, at in self._times[key].items() if one not in each.reminded}

    def _mailed_today(self, at: datetime | None) -> bool:
        return at is not None and _local_day(at, self._division) == _local_day(self._now, self._division)


def _local_day(at: datetime, division: Division) -> date:
    return at.astimezone(division.calendar.zone).date()


def _moment(occasion: str, received_at: datetime, due: datetime, calendar: Calendar) -> datetime | None:
    if occasion == START_OF_DAY:
        return _last_morning(due, calendar)
    if occasion == QUARTER_LEFT:
        return _quarter_left(received_at, due, calendar)
    if occasion == "never":
        return None
    amount, unit, _ = occasion.split(" ")
    return _ahead(timedelta(minutes=int(amount) * (60 if unit.startswith("hour") else 1)), due, calendar)


def _last_morning(due: datetime, calendar: Calendar) -> datetime | None:
    """When the office opens on the day of the date; on the last open day before it where it does not open then, or only afterwards."""
    return next((found[0][0] for found in _days_before(due, calendar)), None)


def _quarter_left(received_at: datetime, due: datetime, calendar: Calendar) -> datetime | None:
    """None where no working time lies between."""
    left = business_time(received_at, due, calendar) / 4
    if not left:
        return None
    for found in _days_before(due, calendar):
        for start, end in reversed(found):
            if end - start >= left:
                return end - left
            left -= end - start
    return None


def _ahead(span: timedelta, due: datetime, calendar: Calendar) -> datetime | None:
    """That long before the date; from a closed moment to the open time that is left before the date, else before the office closes last."""
    wanted = due.astimezone(UTC) - span
    if is_open(wanted, calendar):
        return wanted
    found = next(_days_before(due, calendar), None)
    if found is None:
        return None
    start, end = found[-1]
    later = next((begin for begin, _ in found if begin >= wanted), None)
    return later if later is not None else max(start, end - span)


def _days_before(due: datetime, calendar: Calendar) -> Iterator[list[tuple[datetime, datetime]]]:
    """The open spans of each day, cut at the date, backwards from it; days without any are passed over."""
    day, end = due.astimezone(calendar.zone).date(), due.astimezone(UTC)
    closed = 0
    while closed < _LONGEST_CLOSED:
        found = [(opens, min(closes, end)) for opens, closes in spans(day, calendar) if opens < end]
        closed = 0 if found else closed + 1
        if found:
            yield found
        day -= _DAY
