"""Puts a `Report` together from counts, the policy in force and what the ledger says besides. Pure.

Decides which lines there are, and leaves out what is withheld; reads nothing and counts nothing itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from gateway.judgement.reasons import NO_SMTPUTF8, REASONS
from gateway.ledger.figure_values import ReasonTally, StaffMark
from gateway.ledger.records import PolicyChange
from gateway.policy.model import Bilingual, Policy
from gateway.reports import figures
from gateway.reports.figures import Level, Sums
from gateway.reports.office_time import microseconds, midnight
from gateway.reports.periods import Days, before
from gateway.reports.report import (
    Arrivals,
    ChannelCount,
    CompliancePoint,
    Figures,
    Line,
    MeasureRow,
    Messages,
    Period,
    Point,
    PolicyEdit,
    ReasonCount,
    Report,
    Scope,
    Step,
    Volume,
    Words,
)
from gateway.reports.tally import CLOCKS, Counts, Group
from gateway.reports.withholding import Cells, withhold

_STANDARDS = ("standards", "kinds", "audiences", "service", "letters_arrive_from")
_CALENDAR = ("hours", "holidays", "closures", "time_zone")


@dataclass(frozen=True)
class Asked:
    """What report is wanted."""

    division: str | None
    """The lens; None: the City."""
    days: Days
    step: Step
    steps: tuple[Days, ...]
    zone: ZoneInfo
    now: datetime
    """Aware."""


@dataclass(frozen=True)
class Found:
    """What the ledger has for it. The cases are those of all divisions, whatever the lens: what is withheld hangs together."""

    counts: Counts
    reopened: Counts
    before: Mapping[Group, int]
    """Cases of the period before."""
    stated_as: Mapping[Group, str]
    reasons: Sequence[ReasonTally]
    """Of the messages of the lens."""
    cases_of_messages: int
    staff_marks: Sequence[Mapping[StaffMark, int]]
    """For each step, mail from staff of the lens with each mark."""
    changes: Sequence[PolicyChange]
    last_due: datetime | None
    calendar_hash: str
    measures: tuple[MeasureRow, ...] = ()
    incomplete: tuple[date, ...] = ()
    """First days of months of the period whose records are not kept in full any more."""
    before_incomplete: tuple[date, ...] = ()
    """Of the period before."""


def assemble(asked: Asked, found: Found, policy: Policy) -> Report:
    """The report, provisional as long as time alone can change it; nothing of it is closed yet."""
    return _Assembly(asked, found, policy).report()


class _Assembly:
    def __init__(self, asked: Asked, found: Found, policy: Policy) -> None:
        self._asked, self._found, self._policy = asked, found, policy
        groups = {*found.counts.groups, *found.reopened.groups, *found.before}
        self._groups = sorted(groups)
        self._divisions = sorted({*policy.divisions, *(each.division for each in groups)})
        under = policy.figures.get("hide_groups_under", 0)
        self._under = under if isinstance(under, int) else 0
        self._withheld = withhold(self._cells(), self._under)

    def report(self) -> Report:
        asked, found = self._asked, self._found
        edits = tuple(self._edits())
        divisions = self._of_divisions()
        whole = self._city() if asked.division is None else next(each for each in divisions if each.scope.division == asked.division)
        shown = whole.figures is not None
        chosen = self._chosen()
        return Report(
            made_at=asked.now.astimezone(asked.zone),
            zone=asked.zone.key,
            city=_words(self._policy.city),
            division=asked.division,
            period=self._period(),
            step=asked.step,
            hide_groups_under=self._under,
            policy_version=self._policy.version,
            policy_versions=tuple(sorted(found.counts.policy_versions | found.reopened.policy_versions)),
            calendar_hash=found.calendar_hash,
            policy_edits=edits,
            standards_changed=any("standards" in each.about for each in edits),
            calendar_changed=any("calendar" in each.about for each in edits),
            whole=whole,
            divisions=divisions if asked.division is None else (),
            lines=self._of_groups(),
            volumes=tuple(self._volumes()),
            messages=self._messages() if shown else None,
            latency=figures.latency_buckets(found.counts, chosen) if shown else (),
            open_by_due=figures.open_by_due(found.counts, chosen, microseconds(asked.now), self._end_of_today()) if shown else (),
            arrivals=_thinned(figures.arrivals(found.counts, chosen), self._under) if shown else None,
            compliance=tuple(self._compliance()),
            declared=self._declared() if shown else (),
            measures=found.measures,
            restatements=(),
            notes=(),
        )

    def _cells(self) -> Cells:
        counts = self._found.counts
        number = {group: index for index, group in enumerate(counts.groups)}
        steps = len(self._asked.steps)
        received = [counts.of["received"][number[each]].tolist() if each in number else [0] * steps for each in self._groups]
        return Cells(
            self._groups,
            received,
            [self._found.before.get(each, 0) for each in self._groups],
            {
                clock: [each in number and bool(counts.of[f"{clock}.promised"][number[each]].any()) for each in self._groups]
                for clock in CLOCKS
            },
        )  # fmt: skip

    def _level(self, counts: Counts, level: Level) -> Level:
        """The same wholes, for counts that number the groups in their own way."""
        number = {group: index for index, group in enumerate(self._groups)}
        return Level(np.array([level.of_group[number[each]] for each in counts.groups], np.int64), level.size)

    def _lines(self, level: Level, scopes: Sequence[Scope]) -> tuple[Line, ...]:
        """One line for each whole of a level, in order."""
        counts, reopened = self._found.counts, self._found.reopened
        sums = Sums(counts, self._level(counts, level), reopened, self._level(reopened, level), self._under)
        return tuple(self._line(scope, sums, whole) for whole, scope in enumerate(scopes))

    def _line(self, scope: Scope, sums: Sums, whole: int) -> Line:
        group = Group(scope.division or "", scope.standard or "", scope.audience or "", scope.kind or "") if scope.kind is not None else None
        hidden = self._withheld.line(scope.division, group)
        clocks = () if group or hidden else self._withheld.clocks(scope.division)
        return Line(
            scope=scope,
            name=self._name(scope.division),
            stated_as=self._found.stated_as.get(group, "") if group else "",
            figures=None if hidden else _without(sums.figures(whole, None), clocks),
            withheld=clocks,
            trend=tuple(
                Point(days.since, days.until, None if self._withheld.point(scope.division, group, step) else sums.figures(whole, step))
                for step, days in enumerate(self._asked.steps)
            ),
        )

    def _city(self) -> Line:
        return self._lines(Level(np.zeros(len(self._groups), np.int64), 1), [Scope()])[0]

    def _of_divisions(self) -> tuple[Line, ...]:
        number = {slug: index for index, slug in enumerate(self._divisions)}
        level = Level(np.array([number[each.division] for each in self._groups], np.int64), len(self._divisions))
        return self._lines(level, [Scope(each) for each in self._divisions])

    def _of_groups(self) -> tuple[Line, ...]:
        """Those of the lens that received anything, or had a case reopened."""
        lines = self._lines(Level(np.arange(len(self._groups)), len(self._groups)), [Scope(*each) for each in self._groups])
        alive = {*self._found.counts.groups, *self._found.reopened.groups}
        return tuple(line for line, group in zip(lines, self._groups, strict=True) if group in alive and self._in_lens(group.division))

    def _in_lens(self, division: str | None) -> bool:
        return self._asked.division is None or division == self._asked.division

    def _name(self, division: str | None) -> Words:
        if division is None:
            return _words(self._policy.city)
        known = self._policy.divisions.get(division)
        return _words(known.name) if known else Words(division, division)

    def _period(self) -> Period:
        asked, last_due = self._asked, self._found.last_due
        earlier = before(asked.days)
        running = asked.now < midnight(asked.days.until + timedelta(days=1), asked.zone)
        awaited = last_due is not None and last_due >= asked.now
        return Period(
            since=asked.days.since, until=asked.days.until, before_since=earlier.since, before_until=earlier.until,
            running=running, provisional=running or awaited,
            provisional_until=last_due.astimezone(asked.zone) if last_due and awaited and not running else None,
            closed_at=None, figures_hash=None, incomplete=self._found.incomplete, before_incomplete=self._found.before_incomplete,
        )  # fmt: skip

    def _volumes(self) -> Iterator[Volume]:
        """City-wide by kind (in the City's lens), then each division's."""
        counts = self._found.counts
        now = dict(zip(counts.groups, counts.of["received"].sum(axis=1).tolist(), strict=True))
        city_wide = {("", each.kind) for each in self._groups if self._asked.division is None}
        for slug, kind in sorted(city_wide | {(each.division, each.kind) for each in self._groups if self._in_lens(each.division)}):
            division = slug or None
            of_kind = [each for each in self._groups if each.kind == kind and division in (None, each.division)]
            sums = [sum(table.get(each, 0) for each in of_kind) for table in (now, self._found.before)]
            hidden = [self._withheld.volume(division, kind, before=earlier) for earlier in (False, True)]
            yield Volume(division, kind, None if hidden[0] else sums[0], None if hidden[1] else sums[1])

    def _messages(self) -> Messages:
        found, not_counted = self._found, Counter[str]()
        for each in found.reasons:
            rest = each.messages - each.inquiries
            # A message may follow up a case here, and open one elsewhere.
            follow_ups = each.elsewhere if each.reason in REASONS and REASONS[each.reason].opens_cases else 0
            for reason, n in ((each.reason, rest - follow_ups), ("follow-up", follow_ups)):
                not_counted[reason] += n
        inquiries = sum(each.inquiries for each in found.reasons)
        cases = int(found.counts.of["received"][[self._in_lens(each.division) for each in found.counts.groups]].sum())
        return Messages(
            seen=sum(each.messages for each in found.reasons),
            inquiries=inquiries,
            not_counted=tuple(
                ReasonCount(reason, REASONS[reason].explanation if reason in REASONS else "", n)
                for reason, n in sorted(not_counted.items(), key=lambda each: (-each[1], each[0]))
                if n
            ),
            cases=cases,
            further_cases=found.cases_of_messages - inquiries,
            from_other_periods=cases - found.cases_of_messages,
            no_smtputf8=sum(each.inquiries for each in found.reasons if each.reason == NO_SMTPUTF8),
        )

    def _compliance(self) -> Iterator[CompliancePoint]:
        """Of every step in which staff wrote anything; few are withheld, and as no total is told, nothing gives them away."""
        for days, marks in zip(self._asked.steps, self._found.staff_marks, strict=True):
            if any(marks.values()):
                told: list[int | None] = []
                for of, part in ((StaffMark.SIGNATURE_CHECKED, StaffMark.SIGNATURE_COMPLETE), (StaffMark.ABSENCE, StaffMark.ABSENCE_WITH_CONTACT)):
                    few = 0 < marks.get(of, 0) < self._under
                    told += [None, None] if few else [marks.get(of, 0), marks.get(part, 0)]
                yield CompliancePoint(days.since, days.until, *told)

    def _declared(self) -> tuple[ChannelCount, ...]:
        of_lens = Counter[str]()
        for (division, channel), cases in self._found.counts.channels.items():
            of_lens[channel] += cases * self._in_lens(division)
        return tuple(ChannelCount(*each) for each in sorted(of_lens.items()) if each[1])

    def _edits(self) -> Iterator[PolicyEdit]:
        for each in self._found.changes:
            concerns = each.division is None or self._in_lens(each.division)
            if each.version_before is not None and concerns:  # the first version of all is no change
                keys, at = tuple(found.key for found in each.differences), each.at.astimezone(self._asked.zone)
                yield PolicyEdit(at, each.file, each.division, _about(each.outcome, keys), each.version_before, each.version_after, keys)

    def _chosen(self) -> NDArray[np.bool_]:
        """The cases of the lens."""
        of_group = np.array([self._in_lens(each.division) for each in self._found.counts.groups], np.bool_)
        found: NDArray[np.bool_] = of_group[self._found.counts.group]
        return found

    def _end_of_today(self) -> int:
        asked = self._asked
        return microseconds(midnight(asked.now.astimezone(asked.zone).date() + timedelta(days=1), asked.zone))


def _words(name: Bilingual) -> Words:
    return Words(name.en, name.fr)


def _without(found: Figures, clocks: Sequence[str]) -> Figures:
    return replace(found, acknowledge=None if "acknowledge" in clocks else found.acknowledge, respond=None if "respond" in clocks else found.respond)


def _about(outcome: str, keys: Sequence[str]) -> tuple[Literal["standards", "calendar", "other"], ...]:
    """What a change touches, by the first word of each key; a file that came or went touches all."""
    if outcome == "removed":
        return ("standards", "calendar", "other")
    first = {each.partition(".")[0] for each in keys}
    standards, calendar = first.intersection(_STANDARDS), first.intersection(_CALENDAR)
    rest = first - standards - calendar
    named = (("standards", standards), ("calendar", calendar), ("other", rest))
    return tuple(name for name, touched in named if touched)  # type: ignore[misc]


def _thinned(found: Arrivals, under: int) -> Arrivals:
    """Without small cells; what is left out is at least two cells, and together no small group."""
    counts = sorted(n for day in found.cells for n in day if n)
    limit = under
    while (hidden := [n for n in counts if n < limit]) and (len(hidden) < 2 or sum(hidden) < under) and len(hidden) < len(counts):
        limit = counts[len(hidden)] + 1
    return Arrivals(tuple(tuple(None if n and n < limit else n for n in day) for day in found.cells))
