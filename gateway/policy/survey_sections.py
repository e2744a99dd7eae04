"""Surveys and measures as a division's file has them: what the City promises, but mail by itself does not show.

A field that is None was not written.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, model_validator

from gateway.policy.field_types import AudienceWord, Duration, Mailbox, Number, OrWord, Reads, Sentence, Slug, WholeNumber, one_of, text_of, words_of
from gateway.policy.sections import InBothLanguages, Section


class SurveyAnswers(Section):
    """How people answer surveys, and what they are told about it; without it nobody is asked."""

    answers_to: Mailbox
    """An address of our own that no division reads; it must exist at the next hop."""
    answers_within: Duration = timedelta(days=30)
    """How long an answer counts."""
    collection_notice: InBothLanguages
    """Authority, purpose, and whom to ask about it (such as MFIPPA section 29)."""


class Asked(Section):
    """Who is asked after what: docs/surveys.md."""

    after: Annotated[str, one_of("an answer by a person", "a case is closed", "an audit is finished")]
    audience: AudienceWord
    who: Sentence | None = None
    one_in: WholeNumber = 1
    per_person: Sentence | None = None


class BaselineEntry(Section):
    """The figure that others are compared with."""

    period: Annotated[str, Reads(text_of, {"type": "string", "examples": ["2026-Q2"]})]
    value: Number
    answers: WholeNumber
    margin: Number


def _target(value: object) -> str:
    """`maintain or increase`, `at least 4`, `less than 20 %`, `all`, `none stated`."""
    text = text_of(value)
    first, _, rest = text.partition(" ")
    comparison = text.rpartition(" than ")[0] in ("less", "more") or text.startswith(("at least ", "at most "))
    figure = text.removesuffix("%").rstrip().rpartition(" ")[2]
    if text in ("maintain or increase", "all", "none stated") or (comparison and figure.replace(".", "", 1).isdigit() and first and rest):
        return text
    raise ValueError(f"'{text[:60]}' is not a target; write maintain or increase, at least 4, less than 20 %, all, or none stated")


def _values(value: object) -> tuple[float, float]:
    """`1 to 5`."""
    text = text_of(value)
    found = _VALUES.fullmatch(text)
    if found is None or float(found[1]) >= float(found[2]):
        raise ValueError(f"{words_of(text)} does not say what can be entered; write the least and the most, such as 1 to 5")
    return float(found[1]), float(found[2])


_VALUES = re.compile(r"(-?\d{1,9}(?:\.\d{1,6})?) to (-?\d{1,9}(?:\.\d{1,6})?)")
Target = Annotated[str, Reads(_target, {"type": "string", "examples": ["maintain or increase", "at least 4"]})]
Baseline = Annotated[BaselineEntry | None, OrWord("none yet")]


class Aim(Section):
    """What surveys and measures have in common."""

    unit: Sentence | None = None
    target: Target
    baseline: Baseline = None
    """none yet: the first full period becomes it"""
    stated_as: Sentence | None = None

    @model_validator(mode="after")
    def _has_its_baseline(self) -> Aim:
        if self.target == "maintain or increase" and "baseline" not in self.model_fields_set:
            raise ValueError('"maintain or increase" needs a baseline: {period, value, answers, margin}, or   baseline: none yet')
        return self


class SurveyEntry(Aim):
    """One question, answered with 1 to 5."""

    survey: Slug
    asked: Asked
    never_after_kinds: list[Slug] = Field(default_factory=list)
    question: InBothLanguages
    counts: Annotated[str, one_of("share of 4 and 5", "average")]


class MeasureEntry(Aim):
    """A figure that a person enters: gateway measure set."""

    measure: Slug
    means: Sentence
    every: Annotated[Literal["month", "quarter", "year"], one_of("month", "quarter", "year")]
    values: Annotated[tuple[float, float] | None, Reads(_values, {"type": "string", "examples": ["1 to 5"]})] = None
    """The least and the most that can be entered; unless written, 0 to 100 where the target is a share (20 %, all), else 0 or more."""
