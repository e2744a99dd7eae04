"""Verdicts of last resort: what a fault of ours kept from being examined, or answered, is still counted and explained."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from gateway.judgement.verdict import AcknowledgementDecision, Examination, OutOfOffice, SignatureCheck, Step, Verdict
from gateway.message.automatic import Automatic
from gateway.message.model import Envelope, Message, Part
from gateway.message.thread import identity


def unexamined(octets: bytes, envelope: Envelope, fault: str, message: Message | None = None) -> Examination:
    """Nothing is concluded and nothing is sent. Without a `message` that could be read, the identity comes from the octets."""
    said = f"A fault in the gateway ({fault}) kept this message from being examined. It was relayed unchanged; nothing was sent."
    return Examination(
        message=replace(message or Message(fields=(), root=Part(), complete=False), defects=(f"not examined: {fault}",)),
        envelope=envelope,
        identity=identity(message) if message else hashlib.sha256(b"octets\0" + octets).hexdigest(),
        thread=(),
        subject_references=(),
        inquirer="",
        audience="public",
        kind="inquiry",
        language="both",
        automatic=Automatic(),
        out_of_office=OutOfOffice(),
        signature=SignatureCheck(),
        meeting=None,
        cases=(),
        is_inquiry=False,
        from_staff=False,
        acknowledgement=AcknowledgementDecision(send=False, reason="not-examined", explanation=said, evidence=fault),
        trace=(Step("not-examined", "stop", fault, "docs/promises.md, P2"),),
    )


def unsent(verdict: Verdict, complaint: str) -> Verdict:
    """The same verdict with its cases, but nothing goes out: the notice could not be made or failed its own check."""
    decision = replace(
        verdict.acknowledgement,
        send=False,
        reason="notice-malformed",
        explanation="The acknowledgement failed the gateway's own check, so it was not sent. This is a fault of the gateway; please report it.",
        evidence=complaint,
    )
    return replace(verdict, acknowledgement=decision, trace=(*verdict.trace, Step("notice-malformed", "stop", complaint, "RFC 3834 §3")))
