"""The groups of keys that policy files are made of: their shape alone. `files` puts them together, `merge` makes a policy of them.

The docstrings under the fields are what an editor shows (`gateway schema`). A field that is None was not written.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gateway.policy.clocks import parse_clock
from gateway.policy.field_types import (
    AudienceWord,
    Duration,
    Expression,
    KeptFor,
    LocalDateAndTime,
    LocalTime,
    Mailbox,
    OneOrMore,
    Pattern,
    PromisedSpan,
    Reads,
    Sentence,
    Slug,
    Switch,
    Telephone,
    Website,
    WholeNumber,
    one_of,
    sentence_with,
    text_of,
)
from gateway.policy.model import Clock
from gateway.policy.warn_after import parse_warn_after


def _never_or_clock(value: object) -> Clock | None:
    return None if text_of(value) == "never" else parse_clock(text_of(value))


def _warn_after(value: object) -> str:
    text = text_of(value)
    parse_warn_after(text)
    return text


def _reminder_times(value: object) -> tuple[str, ...]:
    """`at the start of the day, and when a quarter of the working time is left`, `90 minutes before`, `never`."""
    known = ("at the start of the day", "when a quarter of the working time is left", "never")
    parts = [part.strip() for part in text_of(value).replace(", and ", ",").replace(" and ", ",").split(",")]
    for part in parts:
        if part not in known and not re.fullmatch(r"[1-9][0-9]{0,3} (?:minute|hour)s? before", part):
            raise ValueError(f"'{part[:60]}' is not a moment for a reminder; write {', '.join(known[:2])}, or 90 minutes before")
    return tuple(parts)


def council_first(rules: list[AudienceRule]) -> list[AudienceRule]:
    """Each audience once, and council before internal. Raises ValueError."""
    named = [rule.audience for rule in rules]
    if len(named) != len(set(named)):
        raise ValueError("an audience stands here twice; put its addresses into one list")
    if "council" in named and "internal" in named and named.index("council") > named.index("internal"):
        raise ValueError("council must stand before internal: councillors' offices share our domain")
    return rules


Mode = Annotated[str, one_of("observe", "warn", "enforce")]
Audiences = Annotated[list[AudienceWord] | None, OneOrMore("any")]
Kinds = Annotated[list[Slug] | None, OneOrMore("any")]
Words = Annotated[list[Sentence], OneOrMore()]
KeptBy = Annotated[
    Literal["acknowledgement or answer", "answer", "acknowledgement"], one_of("acknowledgement or answer", "answer", "acknowledgement")
]
WarnAfterText = Annotated[str, Reads(_warn_after, {"type": "string", "examples": ["3 messages in 5 business days", "at once", "never"]})]
NeverOrClock = Annotated[Clock | None, Reads(_never_or_clock, {"type": "string", "examples": ["never", "1 business day"]})]


class Section(BaseModel):
    """A group of keys: no key but these, no guessing."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, arbitrary_types_allowed=True, use_attribute_docstrings=True)


class InBothLanguages(Section):
    """The same in English and in French."""

    en: Sentence
    fr: Sentence


class SubjectText(Section):
    """Subject of an acknowledgement that repeats the subject of the message: it holds {subject} and {reference}."""

    en: Annotated[str, sentence_with("subject", "reference")]
    fr: Annotated[str, sentence_with("subject", "reference")]


class FixedSubjectText(Section):
    """Subject of an acknowledgement that repeats nothing of the message: it holds {reference}."""

    en: Annotated[str, sentence_with("reference")]
    fr: Annotated[str, sentence_with("reference")]


class BothWebsites(Section):
    """The English page and the French one."""

    en: Website
    fr: Website


class Notice(Section):
    """A sentence that stands in every acknowledgement until a moment, and then no more."""

    until: LocalDateAndTime
    en: Sentence
    fr: Sentence


class AudienceRule(Section):
    """Who counts as this audience; the first rule that fits decides."""

    audience: AudienceWord
    sources: Annotated[list[Pattern] | None, OneOrMore("our own domains")] = Field(default=None, alias="from")

    @model_validator(mode="after")
    def _says_who(self) -> AudienceRule:
        if self.audience == "council" and not self.sources:
            raise ValueError("council needs the addresses it writes from, such as *@council.toronto.example")
        if self.audience == "internal" and self.sources:
            raise ValueError("internal is proven by our own servers, not by an address; write   from: our own domains")
        if self.audience == "public" and self.sources:
            raise ValueError("public is everybody else; delete its from")
        return self


class StatedIn(Section):
    """The pages on which the standards are published."""

    public: Website
    staff: Website


class StandardEntry(Section):
    """What is promised to an audience for a kind of message: a first sign that it arrived (acknowledge), an answer by a person (respond), or both."""

    audience: Audiences
    kind: Kinds
    acknowledge: PromisedSpan | None = None
    respond: PromisedSpan | None = None
    stated_as: Sentence
    """The words of the standard, as the public reads them."""
    stated_in: StatedIn | None = None
    kept_by: Annotated[
        Literal["acknowledgement or answer", "answer", "acknowledgement"], one_of("acknowledgement or answer", "answer", "acknowledgement")
    ] = "acknowledgement or answer"
    received_by: LocalTime | None = None
    """What arrives at or after this time counts as the next business day."""
    if_closed: Annotated[Literal["stands", "next opening"], one_of("stands", "next opening")] = "stands"
    """Whether an end at a closed time stands, or moves to the next opening."""

    @model_validator(mode="after")
    def _promises_something(self) -> StandardEntry:
        clocks = [clock for clock in (self.acknowledge, self.respond) if clock]
        if not clocks:
            raise ValueError("this standard promises nothing; give acknowledge, respond, or both")
        if self.received_by and not any("business" in clock.unit for clock in clocks):
            raise ValueError("received_by has no meaning here: it belongs to promises in business days")
        if self.if_closed == "next opening" and not any(clock.unit in ("hours", "days") for clock in clocks):
            raise ValueError("if_closed has no meaning here: a promise in business days never ends on a closed day")
        return self


class CityStandard(StandardEntry):
    """A promise that holds where a division has none of its own."""

    acknowledge_if_round_the_clock: PromisedSpan | None = None
    """Instead of acknowledge, for a division that says: service: round the clock"""


class Rollout(Section):
    """observe: counted only · warn: staff and contacts are told · enforce: acknowledgements go out, too"""

    internal: Mode | None = None
    council: Mode | None = None
    public: Mode | None = None


class ContactEntry(Section):
    """Somebody who can be reached by telephone or email."""

    name: Sentence | None = None
    telephone: Telephone | None = None
    email: Mailbox | None = None

    @model_validator(mode="after")
    def _can_be_reached(self) -> ContactEntry:
        if not self.telephone and not self.email:
            raise ValueError("a contact needs a telephone number or an email address")
        return self


class GeneralLine(Section):
    """The City's number for everything else."""

    telephone: Telephone | None = None
    from_outside_the_city: Telephone | None = None
    tty: Telephone | None = None


class CityContacts(Section):
    """The City's numbers and addresses."""

    general: GeneralLine = GeneralLine()
    danger: Telephone | None = None
    staff_help: Mailbox | None = None
    council_desk: ContactEntry | None = None
    policy_news: Mailbox | None = None
    """Is told when city.yaml, a template or a signature takes effect, or why it did not; without it, every division's policy_news is."""


class DivisionContacts(Section):
    """The division's numbers, and who of it is told what."""

    telephone: Telephone
    tty: Telephone | None = None
    after_hours: Telephone | None = None
    """Printed only when the office is closed."""
    council_desk: ContactEntry | None = None
    stand_in: ContactEntry | None = None
    """The team that is offered to somebody who forgot to name a contact in an out-of-office reply."""
    policy_news: Mailbox | None = None
    reminders: Mailbox | None = None
    after_a_missed_date: Mailbox | None = None


class LanguageWording(Section):
    """The division's own sentences, in place of the common ones; names in braces are filled in."""

    arrived: Annotated[str, sentence_with("received", "telephone")] | None = None
    date: Annotated[str, sentence_with("respond_by", "received", "telephone")] | None = None
    meanwhile: Annotated[str, sentence_with("telephone", "received")] | None = None
    aim: Annotated[str, sentence_with("telephone")] | None = None
    """Printed where no answer date is promised; never counted as a standard."""


class WordingInBothLanguages(Section):
    """The division's own sentences in each language."""

    en: LanguageWording = LanguageWording()
    fr: LanguageWording = LanguageWording()


class DivisionAcknowledgement(Section):
    """To whom an acknowledgement goes, and how it reads."""

    sent_to: list[AudienceWord] | None = None
    """Default: public and council."""
    signed_by: InBothLanguages | None = None
    function: InBothLanguages | None = None
    """Stands in the signature where a person's title would."""
    subject: SubjectText | None = None
    """Used when the sender is authenticated, so that {subject} may be repeated."""
    fixed_subject: FixedSubjectText | None = None
    wording: WordingInBothLanguages = WordingInBothLanguages()
    copy_to_mailbox: Switch | None = None
    same_thread_opens_a_new_case_after: Duration | None = None


class CityAcknowledgement(DivisionAcknowledgement):
    """To whom acknowledgements go and how they read, where a division says nothing else; and what only the City decides."""

    languages: list[Annotated[str, one_of("en", "fr")]] = ["en", "fr"]
    unsure: Annotated[str, one_of("both")] = "both"
    other_languages: Annotated[str, one_of("one line", "none")] = "one line"
    several_divisions: Annotated[str, one_of("one message")] = "one message"


class OutOfOffice(Section):
    """What an out-of-office reply of staff must give (Service Standard 2), and when somebody is told that it does not."""

    must_give: list[Annotated[str, one_of("a co-worker or other contact", "a way to reach them", "a return date")]] | None = None
    ways_to_reach: list[Annotated[str, one_of("email", "telephone", "extension", "311", "in person")]] | None = None
    warn_again_after: Duration | None = None
    tell_contact_after: NeverOrClock | None = None


class DivisionSignature(Section):
    """What may stand in the signatures of staff (Service Standard 3), and when somebody is told."""

    units: list[Sentence] = []
    """Names of units that may stand in a signature."""
    warn_after: WarnAfterText | None = None
    """How often a signature must fall short before the person is told."""
    allowed_besides: list[Sentence] | None = None


class CitySignature(DivisionSignature):
    """Which rules hold for signatures."""

    rules: Slug = "corporate-identity"
    """signatures/<this>.yaml"""
    replies_in_a_thread: Annotated[str, one_of("the same", "name and telephone are enough")] | None = None
    exceptions: Annotated[str, one_of("directory")] | None = None


class Meetings(Section):
    """Service Standard 4: whether an invitation says how to take part."""

    check: Annotated[str, one_of("off", "warn")] | None = None
    """warn: staff are told whose invitation says neither in person nor on camera. Without this line: off."""
    warn_after: WarnAfterText | None = None
    """How often an invitation must leave it open before the person is told."""


class Reminders(Section):
    """When a division is reminded of an answer that it promised: docs/reminders.md."""

    before_due: Annotated[tuple[str, ...], Reads(_reminder_times, {"type": "string"})] | None = None
    never: Annotated[str, one_of("outside office hours")] | None = None
    one_mail_a_day: Switch | None = None


class Digests(Section):
    """Reports by mail, in office hours; the page and the table are attached."""

    weekly: Annotated[list[Mailbox], OneOrMore(or_none=True)] = Field(default_factory=list)
    """Receive the report of each week that is over (Monday to Sunday)."""
    monthly: Annotated[list[Mailbox], OneOrMore(or_none=True)] = Field(default_factory=list)
    """Receive the report of each month that is over."""


class KindConditions(Section):
    """All that stand in one group must hold; each holds when one of its words fits."""

    subject_has: Words | None = None
    body_has: Words | None = None
    sent_to: Annotated[list[Mailbox], OneOrMore()] | None = None
    arrived_from: Annotated[list[Pattern] | None, OneOrMore("letters_arrive_from")] = None
    """Addresses or patterns of the sender; letters_arrive_from stands for those of this file."""
    attachment_named: Words | None = None
    matches: Annotated[list[Expression], OneOrMore()] | None = None
    """RE2 expressions on the subject and the newest text."""

    @model_validator(mode="after")
    def _asks_something(self) -> KindConditions:
        if not self.model_fields_set:
            raise ValueError("a condition is wanted here, such as subject_has")
        return self


class KindEntry(Section):
    """A kind of message, and how it is known; the first rule that fits decides, and what fits none is an inquiry."""

    kind: Slug
    name: InBothLanguages | None = None
    audience: Audiences = None
    confidential: Switch = False
    any_of: list[KindConditions] = []
    but_not: list[KindConditions] = []


class Figures(Section):
    """What reports must not tell, and when a month is final."""

    hide_groups_under: WholeNumber | None = None
    final_after: Annotated[str, one_of("all due")] | None = None


class Keep(Section):
    """The records officer signs these off."""

    cases: KeptFor | None = None
    """Messages, their cases and all that belongs to them. Those of a month that is not closed stay until it is closed, for 13 months at most."""
    findings: KeptFor | None = None
    look_ups: KeptFor | None = None
    """Who asked what is known of whom."""
    policy_changes: KeptFor | None = None
    absence_dates: Annotated[str, one_of("until the return date")] | None = None
    addresses_in_the_outbox: Annotated[str, one_of("until sent or given up")] | None = None
    hold: Sentence | None = None
    """Why nothing may be erased now, such as an access request; delete the line when it is over."""
