"""Messages as the rules hand them to the ledger, and rules simple enough to read: what the tests of this room start from."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.judgement.verdict import (
    AcknowledgementDecision,
    Case,
    Examination,
    History,
    OutOfOffice,
    SignatureCheck,
    Step,
    Verdict,
)
from gateway.ledger.records import Decision, Notice
from gateway.message.automatic import Automatic
from gateway.message.model import Envelope, Message, Part

START = datetime(2026, 11, 16, 15, 12, tzinfo=UTC)
KEY = b"k" * 32
RESIDENT = "canary.resident@example.org"
HR, EQUITY = "hr@toronto.example", "equity@toronto.example"
NOTE = Step("weak-signal", "note", "X-Mailer", "RFC 3834 §2")
TRACE = (*(Step(f"rule-{number}", "pass", f"no Field-{number} field", "RFC 3834 §2") for number in range(20)), NOTE)


class Clock:
    """Stands still until it is told to move."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def move(self, **span: float) -> None:
        self.now += timedelta(**span)


def a_case(mailbox: str = HR) -> Case:
    return Case(
        division=mailbox.partition("@")[0],
        mailbox=mailbox,
        audience="public",
        kind="inquiry",
        standard=f"{mailbox}: public inquiry",
        stated_as="handled within 48 hours",
        acknowledge_by=None,
        respond_by=START + timedelta(hours=48),
        reference_prefix="HR" if mailbox == HR else "EQ",
    )


def an_inquiry(name: str = "one", sender: str = RESIDENT, mailboxes: tuple[str, ...] = (HR,), at: datetime = START, **changes: Any) -> Examination:
    """An inbound message called `name`; its Message-ID is <name@example.org>."""
    cases = tuple(a_case(each) for each in mailboxes)
    values: dict[str, Any] = {
        "message": Message(fields=(), root=Part(), message_id=f"<{name}@example.org>", subject=f"canary subject {name}"),
        "envelope": Envelope(sender, mailboxes, "inbound", at, "inbound"),
        "identity": hashlib.sha256(name.encode()).hexdigest(),
        "thread": (),
        "subject_references": (),
        "inquirer": sender.lower(),
        "audience": "public",
        "kind": "inquiry",
        "language": "en",
        "automatic": Automatic(),
        "out_of_office": OutOfOffice(),
        "signature": SignatureCheck(),
        "meeting": None,
        "cases": cases,
        "is_inquiry": True,
        "from_staff": False,
        "acknowledgement": AcknowledgementDecision(True, "new-inquiry", "It opens a case.", lead=cases[0], others=cases[1:], recipient=sender),
        "trace": TRACE,
    }
    return Examination(**{**values, **changes})


def an_answer(name: str, to: tuple[str, ...], thread: tuple[str, ...], at: datetime, **changes: Any) -> Examination:
    """An outbound message by a person of the division."""
    values: dict[str, Any] = {
        "envelope": Envelope("anna@toronto.example", to, "outbound", at, "outbound", trusted_senders=True),
        "thread": thread,
        "cases": (),
        "is_inquiry": False,
        "from_staff": True,
        "acknowledgement": AcknowledgementDecision(False, "outbound", "Staff wrote it."),
    }
    return an_inquiry(name, "anna@toronto.example", at=at, **{**values, **changes})


def a_notice(examination: Examination, now: datetime = START, octets: bytes = b"", **changes: Any) -> Notice:
    lead = examination.acknowledgement.lead
    assert lead is not None
    values: dict[str, Any] = {
        "key": f"ack:{examination.identity}",
        "kind": "acknowledgement",
        "division": lead.division,
        "mailbox": lead.mailbox,
        "message_id": f"<ack.{examination.identity[:16]}@toronto.example>",
        "mail_from": "",
        "rcpt_to": examination.envelope.mail_from,
        "octets": octets or b"To: " + examination.envelope.mail_from.encode() + b"\r\n\r\nHello, canary text.\r\n",
        "not_before": now,
        "give_up_at": now + timedelta(days=2),
    }
    return Notice(**{**values, **changes})


class Rules:
    """Follow-ups open nothing; staff answers close what history offers; each new message is acknowledged, up to a cap."""

    def __init__(self, clock: Clock, cap: int = 10, octets: bytes = b"") -> None:
        self.clock = clock
        self.cap = cap
        self.octets = octets
        self.histories: list[History] = []

    def __call__(self, examination: Examination, history: History) -> Decision:
        self.histories.append(history)
        case_ids = tuple(each.case_id for each in history.thread_cases)
        if examination.envelope.direction == "outbound":
            open_ids = tuple(each.case_id for each in history.thread_cases if each.responded_at is None)
            follows = tuple(each for each in case_ids if each not in open_ids)
            return Decision(Verdict(examination, "policy-1", (), follows, open_ids, examination.acknowledgement, TRACE))
        followed = {each.mailbox for each in history.thread_cases}
        opens = tuple(each for each in examination.cases if each.mailbox not in history.seen_mailboxes and each.mailbox not in followed)
        send = bool(opens) and not history.acknowledged and history.acknowledgements_to_correspondent < self.cap
        decision = AcknowledgementDecision(
            send, "new-inquiry" if send else "no", "", lead=examination.acknowledgement.lead, others=examination.acknowledgement.others
        )
        verdict = Verdict(examination, "policy-1", opens, case_ids, (), decision, TRACE)
        if not send:
            return Decision(verdict)
        printed = {each.mailbox: each.respond_by for each in opens}
        return Decision(verdict, (a_notice(examination, self.clock(), self.octets),), printed)
