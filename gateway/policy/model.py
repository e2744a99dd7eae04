"""The policy in force: plain values, already merged (City-wide defaults under each division's own words).

What an admin writes is read by `gateway.policy.load`; here is only what the rules use. Nothing here does I/O.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

Audience = Literal["public", "council", "internal"]
Mode = Literal["observe", "warn", "enforce"]


@dataclass(frozen=True, slots=True)
class Bilingual:
    """A text in English and in French."""

    en: str
    fr: str

    def in_language(self, language: str) -> str:
        return self.fr if language == "fr" else self.en


@dataclass(frozen=True, slots=True)
class Clock:
    """One promised span, as docs/policy.md explains them.

    unit: "hours" (elapsed) · "days" (end of the Nth calendar day) · "business_days" (closing of the Nth business day)
    · "business_day_at" (`at` on the business day of receipt) · "business_day" (closing on the business day of receipt).
    """

    unit: Literal["hours", "days", "business_days", "business_day_at", "business_day"]
    amount: int = 0
    at: time | None = None
    text: str = ""
    """As the admin wrote it."""
    received_by: time | None = None
    """Business-day clocks only: what arrives at or after this local time counts as the next business day."""
    if_closed: Literal["stands", "next opening"] = "stands"
    """hours and days: whether an end at a closed time stands, or moves to the next opening."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """Opening hours of one division, holidays and closures; a date never shifts by a zone.

    The arithmetic on it is in `gateway.policy.calendar`.
    """

    zone: ZoneInfo
    hours: Mapping[int, tuple[tuple[time, time], ...]]
    """Weekday (0 = Monday) -> half-open spans of local time, in order; an end of 00:00 is the end of that day (24:00)."""
    holidays: Mapping[date, str]
    """Closed days with their names."""
    closures: Mapping[date, tuple[time, str]] = field(default_factory=dict)
    """Local date -> (closed from this time on, why); 00:00 closes the whole day."""
    known: dict[object, Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What `gateway.policy.calendar` has found out of single days, by its own keys; it goes with the calendar when that is replaced."""


@dataclass(frozen=True, slots=True)
class Standard:
    """What is promised to some audiences for some kinds. `label` names it in the ledger and in reports."""

    audiences: frozenset[Audience]
    kinds: frozenset[str] | None
    """None = any kind."""
    acknowledge: Clock | None
    respond: Clock | None
    stated_as: str
    label: str
    stated_in_public: str | None = None
    stated_in_staff: str | None = None
    kept_by: Literal["acknowledgement or answer", "answer", "acknowledgement"] = "acknowledgement or answer"
    if_closed: Literal["stands", "next opening"] = "stands"


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody who can be reached, as the admin wrote it."""

    name: str | None = None
    telephone: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Contacts:
    """Whom to call. Telephone numbers are text as the admin wrote them."""

    telephone: str
    tty: str | None = None
    after_hours: str | None = None
    general: str = "311"
    general_from_outside: str | None = None
    general_tty: str | None = None
    danger: str = "911"
    council_desk: Contact | None = None
    stand_in: Contact | None = None
    policy_news: str | None = None
    reminders: str | None = None
    after_a_missed_date: str | None = None
    staff_help: str | None = None


@dataclass(frozen=True, slots=True)
class Wording:
    """Sentences of one language that a division may word itself; `{received}`, `{respond_by}`, `{telephone}` inside."""

    arrived: str | None = None
    date: str | None = None
    meanwhile: str | None = None
    aim: str | None = None
    """Printed where no answer date is promised; never counted as a standard."""


@dataclass(frozen=True, slots=True)
class AcknowledgementPolicy:
    """To whom a division's acknowledgement goes, and how it reads."""

    sent_to: frozenset[Audience]
    signed_by: Bilingual
    signed_title: Bilingual
    """Stands where a person's position would: the team's function."""
    subject: Bilingual
    fixed_subject: Bilingual
    wording: Mapping[str, Wording] = field(default_factory=dict)
    copy_to_mailbox: bool = False
    new_case_after: timedelta = timedelta(days=30)
    other_languages: Mapping[str, str] = field(default_factory=dict)
    """ISO 639-1 code -> one help line in that language (texts/languages.yaml)."""
    notice: Bilingual | None = None
    """City-wide notice, added to every acknowledgement while in force."""
    notice_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class KindRule:
    """First rule that fits decides. What fits none is an inquiry (or the division's only kind)."""

    kind: str
    name: Bilingual
    audiences: frozenset[Audience]
    confidential: bool = False
    any_of: tuple[Mapping[str, tuple[str, ...]], ...] = ()
    """Conditions, by key (`subject_has`, `body_has`, `sent_to`, `arrived_from`, `attachment_named`, `matches` …); empty = always."""
    but_not: tuple[Mapping[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class SignatureRules:
    """From signatures/*.yaml: what a signature must have, in order, and may not have."""

    name: str
    required: tuple[str, ...]
    order: tuple[str, ...]
    organization: tuple[str, ...]
    prohibited: tuple[str, ...]
    divisions: tuple[str, ...] = ()
    """Names of divisions and units that may stand in a signature, both languages."""
    reply_fields: tuple[str, ...] | None = None
    """Fewer fields that suffice in a reply within a thread; None = the same as everywhere."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """What "maintain or increase" is compared with."""

    period: str
    value: float
    answers: int
    margin: float
    """A change within it counts as maintained; in the unit of `value`."""


@dataclass(frozen=True, slots=True)
class Survey:
    """One question to people who were answered: a row of the report."""

    slug: str
    asked: Mapping[str, str]
    """after, audience, who, one_in, per_person: as written."""
    question: Bilingual
    counts: str
    target: str
    unit: str | None = None
    baseline: Baseline | None = None
    """None: the first full period becomes it."""
    never_after_kinds: tuple[str, ...] = ()
    stated_as: str | None = None


@dataclass(frozen=True, slots=True)
class SurveyAnswers:
    """How surveys are answered, City-wide."""

    address: str
    """Lower-cased; ours, and no division's."""
    within: timedelta
    collection_notice: Bilingual


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure that a person enters: a row of the report."""

    slug: str
    means: str
    every: Literal["month", "quarter", "year"]
    target: str
    unit: str | None = None
    baseline: Baseline | None = None
    stated_as: str | None = None
    values: tuple[float, float] | None = None
    """The least and the most that can be entered, where the file says so."""


@dataclass(frozen=True, slots=True)
class Digests:
    """Who receives the report by mail."""

    weekly: tuple[str, ...] = ()
    monthly: tuple[str, ...] = ()


@dataclass(frozen=True)
class Division:
    """One division, with what it has from the City."""

    slug: str
    name: Bilingual
    mailbox: str
    aliases: tuple[str, ...]
    reference_prefix: str
    calendar: Calendar
    contacts: Contacts
    standards: tuple[Standard, ...]
    """The division's own, then the City-wide ones: the first that fits holds."""
    kinds: tuple[KindRule, ...]
    default_kind: str
    rollout: Mapping[Audience, Mode]
    acknowledgement: AcknowledgementPolicy
    website: Bilingual
    round_the_clock: bool = False
    letters_arrive_from: tuple[str, ...] = ()
    staff: tuple[str, ...] = ()
    """Patterns of staff addresses that belong to this division."""
    acknowledgements: bool = True
    """False: this division's stop. `acknowledgement.sent_to` is then empty, too."""
    units: tuple[str, ...] = ()
    """Names of units that may stand in a signature."""
    surveys: tuple[Survey, ...] = ()
    measures: tuple[Measure, ...] = ()
    out_of_office: Mapping[str, object] = field(default_factory=dict)
    """must_give, ways_to_reach, warn_again_after (timedelta), tell_contact_after (Clock, or None for never)."""
    signature: Mapping[str, object] = field(default_factory=dict)
    """warn_after, allowed_besides, exceptions."""
    meetings: Mapping[str, object] = field(default_factory=dict)
    """check (off or warn), warn_after."""
    reminders: Mapping[str, object] = field(default_factory=dict)
    """before_due, never, one_mail_a_day."""
    digests: Digests = Digests()
    """Of this division's own report."""

    @property
    def mailboxes(self) -> tuple[str, ...]:
        return (self.mailbox, *self.aliases)


@dataclass(frozen=True, slots=True)
class StaffMember:
    """One person of the directory, as it describes them; "" where it says nothing."""

    address: str
    """Lower-cased, the main one."""
    name: str = ""
    title: str = ""
    division: str = ""
    """As written: a slug or a name."""
    unit: str = ""
    language: str = ""
    """ISO 639-1."""
    exceptions: frozenset[str] = frozenset()
    """Fields and violations of a signature that were agreed to be left alone; "all": every one."""


@dataclass(frozen=True, slots=True)
class Directory:
    """Everybody of the directory file, by each of their addresses in lower case."""

    members: Mapping[str, StaffMember]
    readable: bool = True
    """False: a file is configured and could not be used."""


Cap = tuple[int, timedelta]
"""So many within a sliding span."""


@dataclass(frozen=True, slots=True)
class Caps:
    """`[caps]` of gateway.toml: acknowledgements at most; None lifts one. They stand here because the rules obey them."""

    correspondent: Cap | None = (10, timedelta(days=1))
    """Beyond it: not sent."""
    domain: Cap | None = (1000, timedelta(hours=1))
    """One outside domain, public mail providers excepted; beyond it: delayed while useful."""
    gateway: Cap | None = (20000, timedelta(hours=1))
    """Beyond it: delayed while useful."""
    breaker: float | None = 10.0
    """Times its usual rate: there a mailbox's acknowledgements stop."""


DEFAULT_CAPS = Caps()


@dataclass(frozen=True)
class Policy:
    """All of it, immutable. `version` is a hash of the files' contents, stamped on every decision."""

    version: str
    city: Bilingual
    zone: ZoneInfo
    divisions: Mapping[str, Division]
    by_mailbox: Mapping[str, Division]
    """Lower-cased mailbox or alias -> its division."""
    organization_domains: tuple[str, ...]
    authserv_ids: tuple[str, ...]
    council_senders: tuple[str, ...]
    signature_rules: SignatureRules
    acknowledgements: bool = True
    """False: the City-wide stop."""
    trusted_sources: tuple[str, ...] = ()
    caps: Caps = DEFAULT_CAPS
    figures: Mapping[str, object] = field(default_factory=dict)
    """hide_groups_under, final_after: for the report."""
    keep: Mapping[str, str] = field(default_factory=dict)
    """What is kept for how long, as written; for retention."""
    neutral_reference_prefix: str = "CT"
    """Begins the reference of a confidential case, which must not tell the division."""
    survey_answers: SurveyAnswers | None = None
    """None: nobody is asked."""
    policy_news: str | None = None
    """Who is told of changes to files that concern every division."""
    directory: Directory | None = None
    """None: none is configured."""
    digests: Digests = Digests()
    """Of the City's report."""
    city_wide: Division | None = None
    """What holds for staff who belong to no division: the City's own values, as if it were one. Never in `divisions`."""
