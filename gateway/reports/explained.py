"""What `gateway explain --json` prints, as values: the keys, their order and their types. `gateway schema explain` is made of them.

Decides nothing; `explanation` fills it in. Times are ISO 8601 with offset, in the City's zone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from gateway.judgement.reasons import REASONS
from gateway.judgement.staff_verdict import FindingKind
from gateway.judgement.staff_verdict import Reason as ToldOrNot
from gateway.judgement.verdict import Alternate, AutomaticType, SignatureCheck, Step
from gateway.message.model import Direction
from gateway.policy.model import Audience

Slug = Annotated[str, Field(json_schema_extra={"enum": [slug for slug, each in REASONS.items() if each.effect != "note"]})]
"""One of the closed set of docs/reasons.md, notes left out: they decide nothing."""


@dataclass(frozen=True, slots=True)
class ExplainedCase:
    """A case that the message opens, one for each addressed division mailbox. A clock that is not promised is null."""

    division: str
    mailbox: str
    kind: str
    acknowledge_by: str | None
    respond_by: str | None


@dataclass(frozen=True, slots=True)
class ExplainedAutomatic:
    """`type` is null exactly when a person wrote the message (docs/reading.md)."""

    is_automatic: bool
    type: AutomaticType | None


@dataclass(frozen=True, slots=True)
class ExplainedAcknowledgement:
    """Whether one would be sent, and the rule that decides. The clocks are those of the lead case."""

    send: bool
    reason: Slug
    explanation: str
    evidence: str | None
    acknowledge_by: str | None
    respond_by: str | None
    language: str
    """en · fr · both (unsure) · another ISO 639-1 code (both, and one help line in it)."""
    subject: str | None
    preview: str | None
    """The acknowledgement's text; null when none would be sent."""


@dataclass(frozen=True, slots=True)
class ExplainedAbsence:
    """`names_alternate` is null when the message is no out-of-office reply (docs/staff-checks.md)."""

    is_ooo: bool
    names_alternate: bool | None
    alternates: tuple[Alternate, ...]
    return_date: str | None
    """YYYY-MM-DD."""
    findings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExplainedMeeting:
    """An invitation (docs/staff-checks.md); null for any other message."""

    method: str
    how: Literal["in_person", "on_camera", "both"] | None
    in_person: bool
    on_camera: bool
    location: str | None
    conference: bool
    stated: bool
    said: bool | None


@dataclass(frozen=True, slots=True)
class ExplainedFinding:
    """One thing that this message lacks."""

    kind: FindingKind
    detail: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExplainedWarning:
    """What the writer is told, from when on; or why nothing."""

    send: bool
    reason: ToldOrNot
    not_before: str | None
    contact_told_at: str | None
    subject: str | None
    preview: str | None


@dataclass(frozen=True, slots=True)
class ExplainedStaff:
    """Of mail that is proven to be from staff; null for any other message."""

    division: str | None
    known_by: Literal["directory", "pattern", "city-wide"]
    shared_mailbox: bool
    exceptions: tuple[str, ...]
    findings: tuple[ExplainedFinding, ...]
    warning: ExplainedWarning


@dataclass(frozen=True, slots=True)
class Explanation:
    """Top-level division, mailbox, kind and standard are those of the lead case."""

    division: str | None
    mailbox: str | None
    direction: Direction
    audience: Audience
    kind: str
    standard: str | None
    cases: tuple[ExplainedCase, ...]
    automatic: ExplainedAutomatic
    acknowledgement: ExplainedAcknowledgement
    out_of_office: ExplainedAbsence
    signature: SignatureCheck
    meeting: ExplainedMeeting | None
    staff: ExplainedStaff | None
    policy_version: str
    trace: tuple[Step, ...]


def schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of one message's answer, `id` and `file` before the rest; a bad line of a batch gives `id` and `error` instead."""
    found = TypeAdapter(Explanation).json_schema(mode="serialization")
    named = {
        "id": {"description": "The file's name without its ending; of a batch, what its line gives."},
        "file": {"description": "As it was given.", "type": "string"},
    }
    found["properties"] = {**named, **found["properties"]}
    found["required"] = [*named, *found["required"]]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **found}
