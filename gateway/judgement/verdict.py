"""What the rules say of one message: values with their reasons, nothing done yet.

Names and shapes follow the JSON of `gateway explain`, so that explain, trace, replay and live mail
cannot differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from gateway.judgement.declared import CaseState, Declaration, DeclaredReply
from gateway.judgement.staff_verdict import Belonging, StaffHistory, StaffVerdict
from gateway.judgement.survey_verdict import Askable, Asking, SurveyReply
from gateway.message.automatic import Automatic, AutomaticType
from gateway.message.model import Direction, Envelope, Message
from gateway.message.value import value
from gateway.policy.model import Audience

__all__ = [
    "AcknowledgementDecision",
    "Alternate",
    "Automatic",
    "AutomaticType",
    "Case",
    "Double",
    "Examination",
    "History",
    "OutOfOffice",
    "Outcome",
    "Reopening",
    "SignatureCheck",
    "Step",
    "ThreadCase",
    "Unmeasured",
    "Verdict",
]

Outcome = Literal["pass", "stop", "note"]
"""pass: looked, nothing found · stop: this rule decides · note: a weak signal or a fact, decides nothing."""


@value(frozen=True, slots=True)
class Step:
    """One rule that was looked at. `evidence` names the header or fact, never a resident's address or subject."""

    rule: str
    outcome: Outcome
    evidence: str = ""
    source: str = ""
    """RFC section, specification or page of docs/, such as "RFC 3834 §2"."""


@value(frozen=True, slots=True)
class Case:
    """One case of one division mailbox that this message opens, with both clocks; times are aware, None = not promised."""

    division: str
    mailbox: str
    audience: Audience
    kind: str
    standard: str
    """Label of the standard that holds, e.g. "human-resources: public inquiry"."""
    stated_as: str
    acknowledge_by: datetime | None
    respond_by: datetime | None
    confidential: bool = False
    reference_prefix: str = "CT"


@value(frozen=True, slots=True)
class AcknowledgementDecision:
    """`send`, or the rule that says no. `reason` is a slug of `gateway.judgement.reasons.REASONS`."""

    send: bool
    reason: str
    explanation: str
    evidence: str | None = None
    lead: Case | None = None
    others: tuple[Case, ...] = ()
    """Further divisions that this one acknowledgement also speaks for, in recipient order."""
    recipient: str | None = None
    """Where it would go: the envelope sender (RFC 3834 §4)."""
    language: str = "both"
    """en · fr · both (unsure) · another ISO 639-1 code (both, and one help line in it)."""
    quote_subject: bool = False
    """True only when the sender is authenticated and the kind is not confidential."""
    not_before: datetime | None = None
    """A cap of the outside domain or of the whole gateway delays it until then; None = at once."""


@dataclass(frozen=True, slots=True)
class Alternate:
    """Whom an out-of-office reply offers in place of its writer, and every way to reach them that it gives."""

    name: str | None = None
    email: str | None = None
    phone: str | None = None
    role: str | None = None


@dataclass(frozen=True, slots=True)
class OutOfOffice:
    """Of an out-of-office reply, by Service Standard 2; nothing is looked for in other mail. docs/staff-checks.md says what each value means."""

    is_ooo: bool = False
    names_alternate: bool | None = None
    alternates: tuple[Alternate, ...] = ()
    return_date: date | None = None
    findings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SignatureCheck:
    """Of mail from staff, by Service Standard 3. `compliant` is None when nothing was checked."""

    checked: bool = False
    compliant: bool | None = None
    missing: tuple[str, ...] = ()
    violations: tuple[str, ...] = ()


@value(frozen=True, slots=True)
class Examination:
    """Everything the rules can say without history; made in the session, before the ledger is asked."""

    message: Message
    envelope: Envelope
    identity: str
    """`gateway.message.thread.identity`: the same mail seen through two doors has the same one."""
    thread: tuple[str, ...]
    """Message-IDs this message answers, nearest first."""
    subject_references: tuple[str, ...]
    """Our own case references found in the subject, upper-cased."""
    inquirer: str
    """Canonical lower-cased address of the correspondent (SRS and BATV undone), "" if none."""
    audience: Audience
    kind: str
    language: str
    automatic: Automatic
    out_of_office: OutOfOffice
    signature: SignatureCheck
    meeting: Mapping[str, object] | None
    cases: tuple[Case, ...]
    """One for each addressed division mailbox, as if this message opened a case; in recipient order."""
    is_inquiry: bool
    """False when the message opens no case whatever its history (automatic, excluded, to no division …)."""
    from_staff: bool
    """Proven to come from our own staff: never by a From line alone, and never for a member of council."""
    acknowledgement: AcknowledgementDecision
    """As the first message of its thread: what `explain` without `--history` shows."""
    trace: tuple[Step, ...] = ()
    size: int = 0
    """Octets of the whole message, of which a prefix was examined; 0 where the door does not know them."""
    policy_version: str = ""
    """Of the policy it was examined by; it is judged by the same one, whatever takes effect in between. "" for what was not examined."""
    further_addresses: tuple[str, ...] = ()
    """Besides `inquirer`: canonical addresses of the same sender, to which a person's answer may go (envelope sender, From, Reply-To)."""
    shared_domain: bool = False
    """The inquirer's domain is ours, or a public mail provider's: strangers share it, and no cap counts them together."""
    staff: Belonging | None = None
    """Who of staff wrote it; None unless that is proven."""
    goes_outside: bool = False
    """An accepted recipient lies outside our own domains."""
    local_zone: ZoneInfo | None = None
    """The City's: what a return date means. None for what was not examined."""
    says_mistake: bool = False
    """A person replies to a warning of ours (or to the help desk) with the word that disputes it."""
    declared_reply: DeclaredReply | None = None
    """Of a person's reply to a mail of ours only."""
    survey_reply: SurveyReply | None = None
    """Of mail to the surveys' address only; nothing is then known of who wrote it."""


@dataclass(frozen=True, slots=True)
class ThreadCase:
    """A case already in the ledger that this message may belong to."""

    case_id: int
    reference: str
    division: str
    mailbox: str
    correspondent: str
    """Keyed hash of the inquirer."""
    opened_at: datetime
    responded_at: datetime | None = None
    from_inquirer: bool = False
    """The message being judged was sent by this case's correspondent (the ledger compares the hashes). Matters for outbound mail
    only: a colleague who adds to their own inquiry follows it up, and does not answer it."""
    audience: Audience = "public"
    kind: str = ""
    standard: str = ""
    """Audience, kind and label of the standard at its receipt."""
    reopened: bool = False
    """It was answered, then followed up, and that is not answered yet."""
    moved_from: tuple[str, ...] = ()
    """Mailboxes of divisions that it was with before: what follows up there belongs to it all the same."""

    def is_of(self, mailbox: str) -> bool:
        """Whether it is, or was, a case of this mailbox."""
        return mailbox == self.mailbox or mailbox in self.moved_from


@dataclass(frozen=True, slots=True)
class Unmeasured:
    """An excluded message that the message being judged answers: it opened no case, but may be measured after all (reasons.py)."""

    identity: str
    received_at: datetime
    mailboxes: tuple[str, ...]
    """Division mailboxes that it was addressed to."""
    audience: Audience
    kind: str


@dataclass(frozen=True, slots=True)
class History:
    """What the ledger knew when this message was judged, earlier messages of the same batch included."""

    seen: bool = False
    """This identity is recorded already."""
    seen_mailboxes: tuple[str, ...] = ()
    """Mailboxes for which this identity already has a case."""
    acknowledged: bool = False
    """This identity already has an acknowledgement record."""
    thread_cases: tuple[ThreadCase, ...] = ()
    own_notice: bool = False
    """The message answers a notice we sent, or is one."""
    acknowledgements_to_correspondent: int = 0
    """Sent or waiting within the correspondent cap's window."""
    references: Mapping[str, str] = field(default_factory=dict)
    """Mailbox -> a free case reference, for the cases this message may open."""
    refused_lately: bool = False
    """The notices hop refused an acknowledgement to this correspondent for good, within the stop that follows."""
    tripped: frozenset[str] = frozenset()
    """Mailboxes whose breaker is open."""
    not_before: datetime | None = None
    """When an acknowledgement could go out at the earliest; None = at once."""
    delayed_by: Literal["domain-cap", "gateway-cap"] | None = None
    """The cap that is why."""
    unmeasured: Unmeasured | None = None
    """Outbound only: what one accepted recipient wrote, was excluded, and is answered by this message."""
    acknowledged_for: frozenset[str] = frozenset()
    """Outbound automatic mail only: mailboxes whose acknowledgement went to one of its recipients within the last day."""
    staff: StaffHistory | None = None
    """Of mail from staff, and of replies to warnings, only."""
    told_of: tuple[CaseState, ...] = ()
    """Of a reply to a reminder only: the cases it told of, as they are now."""
    askable: tuple[Askable, ...] = ()
    """Outbound mail by staff only: whom a survey might ask, for cases that wait for their answer."""


class Reopening(NamedTuple):
    """An answered case that this message follows up: its answer clock runs again, and nothing else of it."""

    case_id: int
    respond_by: datetime | None
    """By the same standard, from the receipt of this message; None where it promises no answer."""


class Double(NamedTuple):
    """A division mailbox that acknowledges, too."""

    division: str
    mailbox: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision on one message: what is recorded, and what is sent."""

    examination: Examination
    policy_version: str
    opens: tuple[Case, ...] = ()
    """Cases to open now (follow-ups and repeats open none)."""
    follow_up_of: tuple[int, ...] = ()
    """case_ids this message belongs to."""
    answers: tuple[int, ...] = ()
    """case_ids that this message, a person's answer, closes."""
    acknowledgement: AcknowledgementDecision = field(
        default_factory=lambda: AcknowledgementDecision(send=False, reason="no-case", explanation="No case was opened.")
    )
    trace: tuple[Step, ...] = ()
    measured_after_all: tuple[Case, ...] = ()
    """Cases of `History.unmeasured`: opened at its receipt, and closed by this answer."""
    reopens: tuple[Reopening, ...] = ()
    answers_again: tuple[int, ...] = ()
    """case_ids whose reopening this message, a person's answer, closes."""
    double: Double | None = None
    """This is an automatic reply of a division's own mailbox to somebody whom the gateway acknowledged for it."""
    staff: StaffVerdict | None = None
    """Of mail from staff, and of replies to warnings, only."""
    declaration: Declaration | None = None
    """What a reply to a reminder came to, if it is one."""
    asking: Asking | None = None
    """The survey mail that is to go out, if any."""

    @property
    def direction(self) -> Direction:
        return self.examination.envelope.direction
