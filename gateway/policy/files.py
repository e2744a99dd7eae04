"""What `city.yaml`, a division's file and the two files beside them may hold: the shape alone.

How the City's and a division's become one policy is in `merge`; a field that is None was not written.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field, RootModel

from gateway.policy.calendar_sections import CityClosure, DivisionClosure, Holidays, OpeningHours, each_day_once
from gateway.policy.field_types import Mailbox, OrWord, Pattern, Reads, Reference, Sentence, Slug, Switch, TimeZone, one_of, text_of
from gateway.policy.sections import (
    AudienceRule,
    BothWebsites,
    CityAcknowledgement,
    CityContacts,
    CitySignature,
    CityStandard,
    Digests,
    DivisionAcknowledgement,
    DivisionContacts,
    DivisionSignature,
    Figures,
    InBothLanguages,
    Keep,
    KindEntry,
    Meetings,
    Notice,
    OutOfOffice,
    Reminders,
    Rollout,
    Section,
    StandardEntry,
    StatedIn,
    council_first,
)
from gateway.policy.survey_sections import MeasureEntry, SurveyAnswers, SurveyEntry


class CityFile(Section):
    """What every division inherits; a value here is a default."""

    name: InBothLanguages
    time_zone: TimeZone
    website: BothWebsites | None = None
    reference: Reference = "CT"
    """Two letters before a reference that must not tell the division."""
    acknowledgements: Switch = True
    """off stops every acknowledgement of the City at once; mail still flows"""
    hours: Annotated[list[OpeningHours], Field(min_length=1), AfterValidator(each_day_once)]
    holidays: Holidays
    closures: list[CityClosure] = Field(default_factory=list)
    notice: Annotated[Notice | None, OrWord("none")] = None
    audiences: Annotated[list[AudienceRule], AfterValidator(council_first)] = Field(default_factory=list)
    trusted_sources: list[Pattern] = Field(default_factory=list)
    """Web forms and telephone systems whose mail is marked automatic although a person stands behind it."""
    standards: list[CityStandard] = Field(min_length=1)
    rollout: Rollout
    contacts: CityContacts = CityContacts()
    acknowledgement: CityAcknowledgement = CityAcknowledgement()
    out_of_office: OutOfOffice = OutOfOffice()
    signature: CitySignature = CitySignature()
    meetings: Meetings = Meetings()
    reminders: Reminders = Reminders()
    digests: Digests = Digests()
    """Of the whole City; a division's own stand in its file."""
    surveys: Annotated[SurveyAnswers | None, OrWord("none")] = None
    figures: Figures = Figures()
    keep: Keep = Keep()


class DivisionFile(Section):
    """Only what differs from city.yaml."""

    division: Slug
    name: InBothLanguages
    mailbox: Mailbox
    also_known_as: list[Mailbox] = Field(default_factory=list)
    reference: Reference | None = None
    """Two letters before each reference; none of O, I, L."""
    website: BothWebsites | None = None
    letters_arrive_from: list[Pattern] = Field(default_factory=list)
    """The scanner that turns paper into mail."""
    staff: list[Pattern] = Field(default_factory=list)
    """Addresses of staff who belong to this division."""
    service: Annotated[str, one_of("office hours", "round the clock")] = "office hours"
    time_zone: TimeZone | None = None
    hours: Annotated[list[OpeningHours], Field(min_length=1), AfterValidator(each_day_once)] | None = None
    closures: list[DivisionClosure] = Field(default_factory=list)
    acknowledgements: Switch = True
    """off stops this division's acknowledgements at once; mail still flows"""
    contacts: DivisionContacts
    standards: list[StandardEntry] = Field(default_factory=list)
    stated_in: StatedIn | None = None
    """Where the standards are published, to the public and to staff."""
    kinds: list[KindEntry] = Field(default_factory=list)
    rollout: Rollout = Rollout()
    acknowledgement: DivisionAcknowledgement = DivisionAcknowledgement()
    out_of_office: OutOfOffice = OutOfOffice()
    signature: DivisionSignature = DivisionSignature()
    meetings: Meetings = Meetings()
    surveys: list[SurveyEntry] = Field(default_factory=list)
    measures: list[MeasureEntry] = Field(default_factory=list)
    reminders: Reminders = Reminders()
    digests: Digests = Digests()


_SIGNATURE_FIELDS = one_of("name", "title", "division", "organization", "phone", "email", "website")
_VIOLATIONS = one_of("quote_or_slogan", "image_background", "extra_social_links", "decorative_font")


class SignatureFile(Section):
    """signatures/<name>.yaml: what a signature of staff must have, and may not have."""

    name: Sentence
    required: list[Annotated[str, _SIGNATURE_FIELDS]] = Field(min_length=1)
    order: list[Annotated[str, _SIGNATURE_FIELDS]] = Field(default_factory=list)
    organization: list[Sentence] = Field(min_length=1)
    """Names of the organization that may stand in a signature."""
    prohibited: list[Annotated[str, one_of("quote_or_slogan", "image_background", "extra_social_links", "decorative_font")]] = Field(
        default_factory=list
    )
    reply_fields: Annotated[list[Annotated[str, _SIGNATURE_FIELDS]] | None, OrWord("none")] = None
    """Fewer fields that suffice in a reply; none: the same as everywhere."""


def _language_code(value: object) -> str:
    text = text_of(value)
    if not re.fullmatch("[a-z]{2,3}", text):
        raise ValueError(f"'{text[:20]}' is not the ISO 639-1 code of a language, such as ta")
    return text


class LanguageLines(RootModel[dict[Annotated[str, Reads(_language_code, {"type": "string"})], Sentence]]):
    """templates/languages.yaml: one help line in each language that we do not write."""
