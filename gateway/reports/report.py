"""What a report says, as plain values: text, HTML, CSV, XLSX, JSON and the digests all take the same `Report`. Pure; computes nothing.

Times are aware and in the report's zone; dates are local; durations are whole seconds. `None` in the place of a figure means that it
is withheld (`figures.hide_groups_under` in city.yaml), unless the field says otherwise. Names no resident and no member of staff.
docs/reports.md explains each figure.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

Step = Literal["day", "week", "month", "quarter"]
NOT_COVERED = "Email, and voicemail that arrived as email. Other calls, counter visits and social media are not in these figures."
COUNTED_AS_ANSWER = "“Answered” is the first answer by a person, holding replies included."


@dataclass(frozen=True, slots=True)
class Words:
    """A name in both languages."""

    en: str
    fr: str


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Nearest rank: the shortest time within which at least so many of a hundred were done. Whole seconds, cut off."""

    p50: int
    p90: int
    p99: int
    maximum: int


@dataclass(frozen=True, slots=True)
class Latency:
    """From receipt to the moment meant, of those that reached it."""

    n: int
    elapsed: Percentiles
    business: Percentiles
    """Only the time in which the division's office was open."""


@dataclass(frozen=True, slots=True)
class ClockFigures:
    """How one clock was kept. promised = met + missed + pending."""

    promised: int
    """Cases that this clock was promised to."""
    met: int
    """At or before the due time."""
    missed: int
    """After it, or not yet although it is over."""
    pending: int
    """Neither done nor due yet; counted neither as met nor as missed."""
    due_soon: int
    """Of the pending: due by the closing of the division's next business day."""
    missed_open: int
    """Of the missed: not done yet."""
    missed_late: int
    """Of the missed: done, but late."""
    missed_while_closed: int
    """Of the missed: fell due while the division's office was closed."""
    met_by_machine: int
    met_by_person: int
    n: int
    """What a percentage of this clock is taken of: met + missed."""
    share: float | None
    """met / n, 0 to 1; None where nothing fell due."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one group of cases. received = answered + open."""

    received: int
    """Cases: a message to two divisions opens two."""
    acknowledged: int
    """By whomever: a machine's acknowledgement, or an answer by a person."""
    acknowledged_by_machine: int
    acknowledged_by_person: int
    answered: int
    """By a person: by mail, or declared."""
    declared: int
    """Of the answered: a person said so (by telephone …); no answer passed through the gateway."""
    open: int
    """Not answered by a person."""
    opened_by_answer: int
    """Of the received: excluded mail that a person answered, measured after all."""
    acknowledge: ClockFigures | None
    """None: no case of the group was promised an acknowledgement; or withheld, see `Line.withheld`."""
    respond: ClockFigures | None
    """The headline. None: no case of the group was promised an answer ("no standard"); or withheld."""
    acknowledge_latency: Latency | None
    """None: nothing was acknowledged, or by too few to say."""
    answer_latency: Latency | None
    """Whether or not an answer was promised. None: nothing was answered, or by too few to say."""
    reopened: ClockFigures | None
    """Follow-ups to answered cases, received in the period: they reopen the answer clock, and nothing else. Never part of `received`
    or `respond`. None: there was none."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose figures: the City (all None), a division, or one promise of a division (all given)."""

    division: str | None = None
    standard: str | None = None
    """Label of the standard at receipt; "no standard" where nothing was promised."""
    audience: str | None = None
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Point:
    """One day, week (Monday to Sunday), month or quarter of a line, cut to the period."""

    start: date
    until: date
    """Inclusive."""
    figures: Figures | None


@dataclass(frozen=True, slots=True)
class Line:
    """The figures of one scope over the period, and its trend."""

    scope: Scope
    name: Words
    """Of the division, or of the City."""
    stated_as: str
    """What the standard promises, in its own words; "" above the level of a standard."""
    figures: Figures | None
    """None: withheld as a whole."""
    withheld: tuple[Literal["acknowledge", "respond"], ...]
    """Clocks that are withheld although the line is shown."""
    trend: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Volume:
    """How many inquiries of a kind, beside the period before (see `Period.before_incomplete`). None: withheld."""

    division: str | None
    """None: City-wide."""
    kind: str
    received: int | None
    received_before: int | None


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """How many messages one reason kept from opening a case."""

    reason: str
    """A slug of docs/reasons.md."""
    explanation: str
    messages: int


@dataclass(frozen=True, slots=True)
class Messages:
    """The reckoning. seen = inquiries + all of not_counted; cases = inquiries + further_cases + from_other_periods."""

    seen: int
    """Different messages: the same mail seen twice is one."""
    inquiries: int
    """Messages that opened a case."""
    not_counted: tuple[ReasonCount, ...]
    """All others, by reason, most frequent first."""
    cases: int
    further_cases: int
    """Second and further cases of the same message: it went to several divisions."""
    from_other_periods: int
    """Cases of the period whose message was first seen before it, less the reverse: a copy reached another division at the turn of it.
    Nearly always 0."""
    no_smtputf8: int = 0
    """Inquiries whose acknowledgement did not go out, because the next hop takes no address beyond ASCII."""


@dataclass(frozen=True, slots=True)
class LatencyBucket:
    """Answers that took at most `upper` seconds, and longer than the bucket before."""

    upper: int | None
    """None: longer than the last bound."""
    elapsed: int
    business: int


@dataclass(frozen=True, slots=True)
class OpenBucket:
    """Cases of the period that no person has answered yet, by when the answer is due."""

    due: Literal["overdue by more than a week", "overdue", "today", "within a week", "later", "no date promised"]
    cases: int


@dataclass(frozen=True, slots=True)
class Arrivals:
    """When inquiries arrived, in local time."""

    cells: tuple[tuple[int | None, ...], ...]
    """Monday to Sunday, each with 24 hours."""


@dataclass(frozen=True, slots=True)
class CompliancePoint:
    """What mail from staff had, in one step of the trend."""

    start: date
    until: date
    signatures_checked: int | None
    signatures_complete: int | None
    absences: int | None
    """Out-of-office replies."""
    absences_with_contact: int | None


@dataclass(frozen=True, slots=True)
class ChannelCount:
    """Answers that a person declared."""

    channel: str
    cases: int


@dataclass(frozen=True, slots=True)
class PolicyEdit:
    """A change of a policy file that took effect in the period."""

    at: datetime
    file: str
    division: str | None
    """None: concerns every division."""
    about: tuple[Literal["standards", "calendar", "other"], ...]
    version_before: str | None
    version_after: str | None
    keys: tuple[str, ...]
    """What was changed, such as standards.1.respond."""


@dataclass(frozen=True, slots=True)
class MeasureRow:
    """A survey's result, or a figure that a person entered."""

    division: str
    measure: str
    unit: str | None
    means: str
    period: str
    value: float | None
    """None: nothing entered, or too few answers."""
    shown: str
    """The value as people read it: "17.5", "9 of 9", "78.0 % of 4 and 5, average 4.1"."""
    n: int | None
    target: str
    met: bool | None
    """None: no target, or nothing to compare."""
    note: str

    @property
    def named(self) -> str:
        """With its unit: several units of a division may ask the same question."""
        return f"{self.means} ({self.unit})" if self.unit else self.means


@dataclass(frozen=True, slots=True)
class Restatement:
    """A figure of a closed period that the records of today would give differently. What is closed stays."""

    line: str
    figure: str
    closed: float | None
    now: float | None


@dataclass(frozen=True, slots=True)
class Period:
    """Cases count where they were received."""

    since: date
    until: date
    """Inclusive."""
    before_since: date
    """The period before, of the same length (the calendar month before a month)."""
    before_until: date
    running: bool
    """It is not over yet."""
    provisional: bool
    """Figures can still change by time alone: it runs, or a promised date has not passed."""
    provisional_until: datetime | None
    """The last promised date, where it has not passed; None for a period that still runs, or is final."""
    closed_at: datetime | None
    """When its figures were frozen."""
    figures_hash: str | None
    """SHA-256 of the frozen figures."""
    incomplete: tuple[date, ...] = ()
    """The first days of its months whose records are not kept in full any more: the figures count only what is left."""
    before_incomplete: tuple[date, ...] = ()
    """The same of the period before: `Volume.received_before` counts only what is left."""


@dataclass(frozen=True, slots=True)
class Report:
    """All of it."""

    made_at: datetime
    """The moment the figures stand for."""
    zone: str
    """IANA name."""
    city: Words
    division: str | None
    """The lens: one division's slug; None: the whole City."""
    period: Period
    step: Step
    """Of every trend."""
    hide_groups_under: int
    policy_version: str
    policy_versions: tuple[str, ...]
    """Of the decisions that the figures count, sorted."""
    calendar_hash: str
    policy_edits: tuple[PolicyEdit, ...]
    standards_changed: bool
    calendar_changed: bool
    whole: Line
    """The City, or the division of the lens."""
    divisions: tuple[Line, ...]
    """City lens: one for each division that received anything, or has a policy. Division lens: empty."""
    lines: tuple[Line, ...]
    """One for each division, standard, audience and kind."""
    volumes: tuple[Volume, ...]
    messages: Messages | None
    """Of the lens."""
    latency: tuple[LatencyBucket, ...]
    """Of the lens; empty where withheld."""
    open_by_due: tuple[OpenBucket, ...]
    """Of the lens; empty where withheld."""
    arrivals: Arrivals | None
    compliance: tuple[CompliancePoint, ...]
    declared: tuple[ChannelCount, ...]
    """Of the lens; empty where withheld."""
    measures: tuple[MeasureRow, ...]
    restatements: tuple[Restatement, ...]
    notes: tuple[str, ...]
    """What a reader must know besides, in sentences."""
    not_covered: str = NOT_COVERED
