"""What an acknowledgement has to say in one language: the values that its template is given.

Decides which dates are printed (only where an answer is promised), whose telephone is named, and which of the division's
own sentences fit; never how they are laid out. Everything is plain text: nothing in a value is read as a template again.
What differs with every message (`said`) is apart from what many have in common (`Likeness`), so that the latter is written once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from gateway.judgement.verdict import AcknowledgementDecision, Case
from gateway.notices import dates
from gateway.notices.passages import one_line
from gateway.policy import calendar
from gateway.policy.model import Division, Policy, Wording
from gateway.policy.sentences import LANGUAGES

_PLACEHOLDER = re.compile(r"\{(received|respond_by|telephone)\}")
_TOGETHER = {"en": ("both", "all {}", ("three", "four", "five", "six")), "fr": ("les deux", "les {}", ("trois", "quatre", "cinq", "six"))}


@dataclass(frozen=True, slots=True)
class Matter:
    """What one acknowledgement is about, in whatever language it is told."""

    policy: Policy
    division: Division
    """The division that writes: that of the lead case."""
    desk: Division
    """The division whose telephone and hours are named: that of the confidential case where there is one, else the writer."""
    variant: str
    """One of gateway.policy.sentences.ACKNOWLEDGEMENTS."""
    received: datetime
    now: datetime
    respond_by: datetime | None
    """The date that is printed, aware; None = none."""
    reference: str
    """"" when none was given out yet (`explain` without a ledger)."""
    others: tuple[Division, ...]
    """The further divisions that are named."""
    confidential: bool


def matter(decision: AcknowledgementDecision, received: datetime, references: Mapping[str, str], policy: Policy, now: datetime) -> Matter:
    """Raises ValueError when the decision names no lead case, KeyError when a division of it is not in the policy."""
    lead = decision.lead
    if lead is None:
        raise ValueError("the decision names no lead case")
    cases = (lead, *decision.others)
    speaks_for = next((case for case in cases if case.confidential), lead)
    confidential = speaks_for.confidential
    promised = [case.respond_by for case in ((speaks_for,) if confidential else cases) if case.respond_by is not None]
    respond_by = min(promised, key=datetime.timestamp, default=None)  # by wall clock the doubled hour of autumn would mislead
    others = {} if confidential else {case.division: policy.divisions[case.division] for case in decision.others if case.division != lead.division}
    return Matter(
        policy, policy.divisions[lead.division], policy.divisions[speaks_for.division], _variant(speaks_for, respond_by),
        received, now, respond_by, references.get(speaks_for.mailbox, ""), tuple(others.values()), confidential,
    )  # fmt: skip


class Likeness(NamedTuple):
    """All that the words around `said` depend on, besides policy and texts: `values` is given nothing else."""

    division: str
    """Slug of the division that writes."""
    desk: str
    """Slug of the division whose telephone and hours are named."""
    variant: str
    others: tuple[str, ...]
    """Slugs."""
    language: str
    """en · fr · both · the code of a language that has a help line."""
    dated: bool
    """An answer date is printed."""
    referenced: bool
    after_hours: bool
    """The number for the time when the office is closed is told."""
    notice: bool
    """The City-wide notice is in force."""
    closed: tuple[tuple[str, str], ...]
    """(when the office closes, when it opens again) in each language, around a date on a closed day; empty for any other."""


def likeness(about: Matter, language: str, languages: tuple[str, ...]) -> Likeness:
    rules, desk = about.division.acknowledgement, about.desk
    return Likeness(
        about.division.slug,
        desk.slug,
        about.variant,
        tuple([each.slug for each in about.others]),
        language if language in LANGUAGES or language in rules.other_languages else "both",
        about.respond_by is not None,
        bool(about.reference),
        bool(desk.contacts.after_hours) and not _open_at(about.now, desk),
        rules.notice is not None and (rules.notice_until is None or about.now < rules.notice_until),
        _closed_around(about, languages),
    )


def said(about: Matter, language: str) -> dict[str, str]:
    """What differs from one message to the next: `received`, `respond_by` and `reference`; "" where there is nothing to say."""
    zone = about.desk.calendar.zone
    return {
        "received": dates.moment(about.received.astimezone(zone), language),
        "respond_by": dates.deadline(about.respond_by.astimezone(zone), language, zone) if about.respond_by else "",
        "reference": one_line(about.reference),
    }


def values(policy: Policy, alike: Likeness, language: str, said: Mapping[str, str], closed: tuple[str, str]) -> dict[str, str]:
    """One entry for each of gateway.policy.sentences.ACKNOWLEDGEMENT_VARIABLES; "" where there is nothing to say.

    `closed`: that of `alike.closed` which is in this language.
    """
    division, desk = policy.divisions[alike.division], policy.divisions[alike.desk]
    contacts, rules = desk.contacts, division.acknowledgement
    wording = rules.wording.get(language, Wording())
    own = {"received": said["received"], "respond_by": said["respond_by"], "telephone": contacts.telephone}
    council = contacts.council_desk
    found = {
        **said,
        "division": desk.name.in_language(language),
        "city": policy.city.in_language(language),
        "telephone": contacts.telephone,
        "tty": contacts.tty or contacts.general_tty,
        "after_hours": contacts.after_hours if alike.after_hours else None,
        "hours": _hours(desk, language),
        "arrived": _filled(wording.arrived, own),
        "date": _date_sentence(wording.date, own, promised=alike.dated),
        "meanwhile": _filled(wording.meanwhile, own),
        "aim": None if alike.dated else _filled(wording.aim, own),
        "notice": rules.notice.in_language(language) if rules.notice and alike.notice else None,
        "closed_from": closed[0],
        "opens_again": closed[1],
        "others": _joined([policy.divisions[each].name.in_language(language) for each in alike.others], language),
        "together": _together(len(alike.others) + 1, language),
        "general": contacts.general,
        "danger": contacts.danger,
        "council_desk": (council.telephone or council.email) if council else None,
    }
    return {name: one_line(value or "") for name, value in found.items()}


def _variant(speaks_for: Case, respond_by: datetime | None) -> str:
    if speaks_for.confidential:
        return "in-confidence"
    if speaks_for.audience == "council":
        return "council"
    return "answer-date" if respond_by else "no-date"


def _filled(sentence: str | None, own: Mapping[str, str]) -> str | None:
    """The division's own sentence with its values, or None when one of the values it asks for is not there."""
    if not sentence or any(not own[name] for name in _PLACEHOLDER.findall(sentence)):
        return None
    return _PLACEHOLDER.sub(lambda found: own[found[1]], sentence)


def _date_sentence(sentence: str | None, own: Mapping[str, str], *, promised: bool) -> str | None:
    """A sentence that says no date cannot stand where one is promised; one that asks for a date, only where there is one."""
    if promised and sentence and "{respond_by}" not in sentence:
        return None
    return _filled(sentence, own)


def _open_at(at: datetime, division: Division) -> bool:
    return division.round_the_clock or calendar.is_open(at, division.calendar)


def _hours(division: Division, language: str) -> str:
    if division.round_the_clock:
        return "at any hour" if language == "en" else "à toute heure"
    return dates.opening_hours(division.calendar.hours, language)


def _closed_around(about: Matter, languages: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Around a promise that names a closed day; () for any other. "When it closes" is "" where the office is closed already."""
    hours = about.desk.calendar
    if about.respond_by is None or not any(hours.hours.values()):
        return ()
    due, now = about.respond_by.astimezone(hours.zone), about.now.astimezone(hours.zone)
    named = dates.last_day(due)
    if calendar.is_business_day(named, hours):
        return ()
    opens = calendar.next_opening(due, hours)
    closes = next((at for back in range(1, 15) if (at := calendar.closing(named - timedelta(days=back), hours))), None)
    return tuple(
        (dates.near(closes, now, language) if closes and closes > now else "", dates.near(opens, now, language)) for language in languages
    )


def _joined(names: list[str], language: str) -> str:
    """`A`, `A and to B`, `A, to B and to C` (after "also went to") · `A, B et C` (after a colon)."""
    if language == "fr":
        return f"{', '.join(names[:-1])} et {names[-1]}" if len(names) > 1 else "".join(names)
    return f"{', to '.join(names[:-1])} and to {names[-1]}" if len(names) > 1 else "".join(names)


def _together(count: int, language: str) -> str:
    """How many divisions one acknowledgement speaks for: `both`, `all three` … "" for one alone."""
    if count < 2:
        return ""
    two, more, words = _TOGETHER[language]
    return two if count == 2 else more.format(words[count - 3] if count - 3 < len(words) else count)
