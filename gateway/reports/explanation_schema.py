"""The JSON Schema of what `gateway explain --json` prints for one message: `gateway schema explain`.

It describes what `reports/explanation.py` makes, for programs that read it; nothing is made or checked by it when a message is explained.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, Field, TypeAdapter

from gateway.judgement.reasons import REASONS
from gateway.judgement.signature_contacts import FieldName
from gateway.judgement.staff_verdict import FindingKind
from gateway.judgement.staff_verdict import Reason as WarningReason
from gateway.judgement.verdict import AutomaticType, Outcome
from gateway.message.model import Direction
from gateway.policy.model import Audience

_DECIDING = [slug for slug, reason in REASONS.items() if reason.effect != "note"]
DecidingReason = Annotated[str, Field(json_schema_extra={"enum": _DECIDING})]
"""docs/reasons.md says what each means."""


class CaseClocks(BaseModel):
    """A case that the message opens, one for each addressed division mailbox. A clock that is not promised is null."""

    division: str
    mailbox: str
    kind: str
    acknowledge_by: AwareDatetime | None
    respond_by: AwareDatetime | None


class AutomaticMail(BaseModel):
    """`type` is null exactly when a person wrote the message (docs/reading.md)."""

    is_automatic: bool
    type: AutomaticType | None


class AcknowledgementSaid(BaseModel):
    """Whether one would be sent, and the rule that decides. The clocks are those of the lead case; `preview` is its text."""

    send: bool
    reason: DecidingReason
    explanation: str
    evidence: str | None
    acknowledge_by: AwareDatetime | None
    respond_by: AwareDatetime | None
    language: str
    """en, fr, both (unsure), or the ISO 639-1 code of a language that gets both and one line of its own."""
    subject: str | None
    preview: str | None


class AlternateContact(BaseModel):
    """Whom an out-of-office reply offers in place of its writer."""

    name: str | None
    email: str | None
    phone: str | None
    role: str | None


class Absence(BaseModel):
    """`names_alternate` is null when the message is no out-of-office reply, or cannot be read (docs/staff-checks.md)."""

    is_ooo: bool
    names_alternate: bool | None
    alternates: list[AlternateContact]
    return_date: date | None
    findings: list[
        Literal["no-alternate", "contact-without-a-way", "placeholder-left", "only-own-details", "emergency-line-only", "return-date-past"]
    ]


class SignatureSaid(BaseModel):
    """`compliant` is null when nothing was checked (docs/staff-checks.md)."""

    checked: bool
    compliant: bool | None
    missing: list[FieldName]
    violations: list[Literal["quote_or_slogan", "image_background", "wrong_order", "extra_social_links", "decorative_font"]]


class Meeting(BaseModel):
    """An invitation (docs/staff-checks.md)."""

    method: Literal["REQUEST"]
    how: Literal["in_person", "on_camera", "both"] | None
    in_person: bool
    on_camera: bool
    location: str | None
    conference: bool
    stated: bool
    said: bool | None


class FindingSaid(BaseModel):
    """One thing that this message lacks."""

    kind: FindingKind
    detail: list[str]


class WarningSaid(BaseModel):
    """What the writer is told, from when on; or why nothing."""

    send: bool
    reason: WarningReason
    not_before: AwareDatetime | None
    contact_told_at: AwareDatetime | None
    subject: str | None
    preview: str | None


class StaffSaid(BaseModel):
    """Of mail that is proven to be from staff."""

    division: str | None
    known_by: Literal["directory", "pattern", "city-wide"]
    shared_mailbox: bool
    exceptions: list[str]
    findings: list[FindingSaid]
    warning: WarningSaid


class TraceStep(BaseModel):
    """One rule that was asked: pass found nothing, stop decides, note is a fact that decides nothing."""

    rule: str
    outcome: Outcome
    evidence: str
    source: str


class Explanation(BaseModel):
    """One message. Top-level division, mailbox, kind and standard are those of the lead case (docs/explain.md)."""

    id: Any
    file: str
    division: str | None
    mailbox: str | None
    direction: Direction
    audience: Audience
    kind: str
    standard: str | None
    cases: list[CaseClocks]
    automatic: AutomaticMail
    acknowledgement: AcknowledgementSaid
    out_of_office: Absence
    signature: SignatureSaid
    meeting: Meeting | None
    staff: StaffSaid | None
    policy_version: str
    trace: list[TraceStep]


class BadLine(BaseModel):
    """A line of a batch that could not be explained."""

    id: Any
    error: str


def schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of one document of `gateway explain --json`, and of one line of a batch."""
    either = TypeAdapter[Explanation | BadLine](Explanation | BadLine).json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Explain", **either}
