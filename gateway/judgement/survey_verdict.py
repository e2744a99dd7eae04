"""What is known, read and decided of surveys: values only, for `survey`, the ledger and whoever writes the mail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from gateway.message.survey_token import AnswerCode
from gateway.policy.model import Division, Survey

Refused = Literal["forged", "expired", "no-code", "no-rating", "not-one-to-five"]


@dataclass(frozen=True, slots=True)
class SurveyReply:
    """What a mail to the surveys' address says. Exactly one of the three is given."""

    rating: int | None = None
    """1 to 5, with `code`."""
    code: AnswerCode | None = None
    opt_out: str | None = None
    """Keyed hash of the person who wants no more questions."""
    refused: Refused | None = None


@dataclass(frozen=True, slots=True)
class Askable:
    """The writer of a case that waits for its answer, who is among the accepted recipients of the message being judged."""

    case_id: int
    recipient: str
    """That recipient, as the envelope has it."""
    person: str
    """Their keyed hash."""
    language: str
    """Of the inquiry: en, fr, or another word where both are to be written."""
    reason: str
    """Slug: what was decided about an acknowledgement of the inquiry."""
    confidential: bool = False
    asked_at: datetime | None = None
    """When this person was last asked anything."""
    opted_out: bool = False
    refused_lately: bool = False
    """A mail of ours to this person was refused for good."""
    written_to: int = 0
    """Acknowledgements and surveys to this person within the last day."""


@dataclass(frozen=True, slots=True)
class Asking:
    """One survey mail that is to go out."""

    survey: Survey
    division: Division
    askable: Askable
    reference: str
    """Of the case; only the code is made from it."""
