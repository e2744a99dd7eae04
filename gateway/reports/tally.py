"""Counts cases by promise and step of time: what every figure of a report is a sum of. Pure; values in, arrays out.

A group is one (division, standard, audience, kind); a cell is one group in one step of the trend. About 60 octets are kept of each
case, whatever its row holds: a million cases take as much memory as a few pictures.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gateway.ledger.figure_values import NEVER, NOT_PROMISED, CaseRow
from gateway.reports.office_time import LocalTime, Moments, OfficeTime, Truths, day_number, microseconds
from gateway.reports.periods import Days

ClockName = Literal["acknowledge", "respond"]
CLOCKS: tuple[ClockName, ...] = ("acknowledge", "respond")
NOT_DONE = -1
"""In the place of a latency."""

OF_CASE = ("received", "acknowledged", "acknowledged_by_machine", "acknowledged_by_person", "answered", "declared", "open", "opened_by_answer")
OF_CLOCK = (
    "promised", "met", "missed", "pending", "due_soon", "missed_open", "missed_late", "missed_while_closed", "met_by_machine", "met_by_person",
)  # fmt: skip
MARKS = (*OF_CASE, *(f"{clock}.{mark}" for clock in CLOCKS for mark in OF_CLOCK))


class Group(NamedTuple):
    """Cases that are counted together."""

    division: str
    standard: str
    audience: str
    kind: str


@dataclass(frozen=True)
class Office:
    """What the figures of one division need of its policy."""

    time: OfficeTime
    soon: datetime
    """Until when what falls due is due soon."""
    by_day: frozenset[tuple[str, ClockName]] = frozenset()
    """(label of a standard, clock): clocks that run until the end of a day."""
    kept_by_answer: frozenset[str] = frozenset()
    """Labels of standards whose acknowledge clock only a person's answer keeps (`kept_by: answer`)."""


@dataclass(frozen=True)
class Latencies:
    """Of each case, from its receipt: microseconds, NOT_DONE where it has not come to that."""

    elapsed: Moments
    business: Moments


@dataclass(frozen=True)
class Counts:
    """`of[mark][group, step]`; and what is kept of each case, in one order."""

    groups: tuple[Group, ...]
    of: Mapping[str, NDArray[np.int64]]
    group: NDArray[np.int64]
    step: NDArray[np.int64]
    hour_of_week: NDArray[np.int64]
    acknowledged: Latencies
    answered: Latencies
    due_while_open: Moments
    """When the answer is due, of cases without one; NEVER for those that have one."""
    last_case: tuple[int, ...]
    """Some case of each group."""
    policy_versions: frozenset[str]
    channels: Mapping[tuple[str, str], int]
    """(division, channel) by which answers were declared."""


class Tally:
    """Feed it with chunks of rows, then ask for the counts."""

    def __init__(self, steps: Sequence[Days], local: LocalTime, offices: Mapping[str, Office], elsewhere: Office, now: datetime) -> None:
        """`local`: whose days and hours count. `elsewhere`: of a division that has no policy any more. `now` is aware."""
        self._first_days = np.array([day_number(each.since) for each in steps], np.int64)
        self._local = local
        self._offices = offices
        self._elsewhere = elsewhere
        self._now = microseconds(now)
        self._groups: defaultdict[tuple[str, ...], int] = defaultdict(count().__next__)
        self._last_case: dict[int, int] = {}
        self._versions: set[str] = set()
        self._channels: Counter[tuple[str, str]] = Counter()
        self._parts: list[tuple[NDArray[np.int64], ...]] = []

    def add(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Rows as `ledger.figure_rows` gives them (the fields of CaseRow), in any order."""
        if not rows:
            return
        columns = dict(zip(CaseRow._fields, zip(*rows, strict=True), strict=True))
        group = self._numbered(columns)
        self._versions.update(columns["policy_version"])
        self._channels.update((division, channel) for division, channel in zip(columns["division"], columns["declared"], strict=True) if channel)
        arrays: dict[str, NDArray[Any]] = {name: _array(column) for name, column in columns.items() if name in _WHOLE_NUMBERS}
        arrays |= {"machine": _truths(each == "machine" for each in columns["acknowledged_by"]), "declared": _truths(columns["declared"])}
        offices = [self._offices.get(division, self._elsewhere) for division, *_ in self._groups]
        # Most divisions keep the same hours: those are reckoned together.
        hours = np.array([id(each.time) for each in offices])[group]
        for number in np.unique(hours).tolist():
            chosen = hours == number
            office = next(each for each in offices if id(each.time) == number)
            self._parts.append(self._part({name: each[chosen] for name, each in arrays.items()}, group[chosen], offices, office))

    def counts(self) -> Counts:
        columns = [np.concatenate(column) for column in zip(*self._parts, strict=True)] or [np.zeros(0, np.int64)] * _COLUMNS
        group, step, hour, marks, due, *latencies = (column.astype(np.int64) for column in columns)
        shape = len(self._groups), len(self._first_days)
        cell = group * shape[1] + step
        of = {
            mark: np.bincount(cell[(marks >> number & 1).astype(np.bool_)], minlength=shape[0] * shape[1]).astype(np.int64).reshape(shape)
            for number, mark in enumerate(MARKS)
        }
        return Counts(
            tuple(map(Group._make, self._groups)), of, group, step, hour, Latencies(*latencies[:2]), Latencies(*latencies[2:]), due,
            tuple(self._last_case[number] for number in range(shape[0])), frozenset(self._versions), dict(self._channels),
        )  # fmt: skip

    def _numbered(self, columns: Mapping[str, Sequence[Any]]) -> NDArray[np.int64]:
        keys = zip(columns["division"], columns["standard"], columns["audience"], columns["kind"], strict=True)
        numbers = [self._groups[key] for key in keys]
        self._last_case.update(zip(numbers, columns["case_id"], strict=True))
        return np.array(numbers, np.int64)

    def _part(self, of: _Arrays, group: NDArray[np.int64], offices: Sequence[Office], office: Office) -> tuple[NDArray[np.int64], ...]:
        """What is kept of cases whose divisions keep the hours of `office`: the columns of `counts`. `offices`: of every group."""
        received, acknowledged_at, responded_at = of["received_at"], of["acknowledged_at"], of["responded_at"]
        acknowledged, answered = acknowledged_at != NEVER, responded_at != NEVER
        return (
            group.astype(np.int32),
            (np.searchsorted(self._first_days, self._local.days(received), "right") - 1).astype(np.int16),
            self._local.hours_of_week(received).astype(np.int16),
            self._marks(of, group, offices, office),
            np.where(answered, NEVER, of["respond_by"]),
            *_latency(received, acknowledged_at, acknowledged, office.time),
            *_latency(received, responded_at, answered, office.time),
        )

    def _marks(self, of: _Arrays, group: NDArray[np.int64], offices: Sequence[Office], office: Office) -> NDArray[np.int64]:
        """One bit for each of MARKS."""
        labels = [label for _, label, *_ in self._groups]
        acknowledged, answered, machine = of["acknowledged_at"] != NEVER, of["responded_at"] != NEVER, of["machine"]
        needs_answer = _truths(label in each.kept_by_answer for label, each in zip(labels, offices, strict=True))[group]
        found = [
            np.ones(len(group), np.bool_), acknowledged, acknowledged & machine, acknowledged & ~machine,
            answered, answered & of["declared"], ~answered, of["opened_by_answer"] != 0,
        ]  # fmt: skip
        kept_at = np.where(needs_answer, of["responded_at"], of["acknowledged_at"])
        for clock, done_at, by_machine in (
            ("acknowledge", kept_at, machine & ~needs_answer),
            ("respond", of["responded_at"], np.zeros_like(machine)),
        ):
            by_day = _truths((label, clock) in each.by_day for label, each in zip(labels, offices, strict=True))[group]
            found += self._clock(of[f"{clock}_by"], done_at, by_machine, by_day, office)
        marks = np.zeros(len(group), np.int64)
        for number, each in enumerate(found):
            marks |= each.astype(np.int64) << number
        return marks

    def _clock(self, due: Moments, done_at: Moments, machine: Truths, by_day: Truths, office: Office) -> list[Truths]:
        """In the order of OF_CLOCK. Met means at or before; what is not done is missed once its time is over."""
        promised = due != NOT_PROMISED
        met = promised & (done_at <= due)
        late = promised & ~met & (done_at != NEVER)
        missed_open = promised & (done_at == NEVER) & (due < self._now)
        missed = late | missed_open
        pending = promised & ~met & ~missed
        soon = pending & (due <= microseconds(office.soon))
        while_closed = missed & office.time.closed_at_due(due, by_day)
        return [promised, met, missed, pending, soon, missed_open, late, while_closed, met & machine, met & ~machine]


_COLUMNS = 9
_WHOLE_NUMBERS = ("received_at", "acknowledge_by", "respond_by", "acknowledged_at", "responded_at", "opened_by_answer")
_Arrays = Mapping[str, NDArray[Any]]


def _array(column: Sequence[int]) -> NDArray[np.int64]:
    return np.array(column, np.int64)


def _truths(found: Iterable[object]) -> Truths:
    return np.fromiter(map(bool, found), np.bool_)


def _latency(received: Moments, done_at: Moments, done: Truths, office: OfficeTime) -> tuple[Moments, Moments]:
    """Elapsed, and while the office was open."""
    until = np.where(done, done_at, received)  # NEVER lies beyond every calendar
    elapsed = np.maximum(until - received, 0)
    return np.where(done, elapsed, NOT_DONE), np.where(done, office.between(received, until), NOT_DONE)
