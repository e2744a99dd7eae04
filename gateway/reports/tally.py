"""Counts cases by promise and step of time: what every figure of a report is a sum of. Pure; values in, arrays out.

A group is one (division, standard, audience, kind); a cell is one group in one step of the trend. Kept for each case are 46 octets,
whatever its row holds, so that a million cases take as much memory as a picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gateway.ledger.figure_rows import NEVER, NOT_PROMISED, CaseRow
from gateway.reports.office_time import LocalTime, Moments, OfficeTime, Truths, day_number, microseconds
from gateway.reports.periods import Days

CLOCKS: tuple[Literal["acknowledge", "respond"], ...] = ("acknowledge", "respond")
_OF_CASE = (
    "received", "acknowledged", "acknowledged_by_machine", "acknowledged_by_person", "answered", "declared", "open", "opened_by_answer",
)  # fmt: skip
_OF_CLOCK = (
    "promised", "met", "missed", "pending", "due_soon", "missed_open", "missed_late", "missed_while_closed", "met_by_machine", "met_by_person",
)  # fmt: skip
MARKS = (*_OF_CASE, *(f"{clock}.{mark}" for clock in CLOCKS for mark in _OF_CLOCK))
_BIT = {name: np.int64(1 << number) for number, name in enumerate(MARKS)}


class Group(NamedTuple):
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
    by_day: frozenset[tuple[str, str]] = frozenset()
    """(label of a standard, acknowledge or respond): clocks that run until the end of a day."""
    kept_by_answer: frozenset[str] = frozenset()
    """Labels of standards whose acknowledge clock only a person's answer keeps (`kept_by: answer`)."""


@dataclass(frozen=True)
class Counts:
    """`of[mark][group, step]`; and of each case what latencies and pictures need, in one order."""

    groups: tuple[Group, ...]
    of: Mapping[str, NDArray[np.int64]]
    group: NDArray[np.int32]
    step: NDArray[np.int16]
    hour_of_week: NDArray[np.int16]
    acknowledged_after: Moments
    """Microseconds; -1: not acknowledged. So are the next three."""
    acknowledged_after_open: Moments
    answered_after: Moments
    answered_after_open: Moments
    respond_by: Moments
    """Due times of cases that are open; NOT_PROMISED for the others."""
    last_case: Mapping[Group, int]
    """The newest case of each group."""
    policy_versions: frozenset[str]
    channels: Mapping[str, int]
    """How answers were declared."""


class Tally:
    """Feed it with chunks of rows, then ask for the counts."""

    def __init__(self, steps: Sequence[Days], local: LocalTime, offices: Mapping[str, Office], elsewhere: Office, now: datetime) -> None:
        """`local`: whose days and hours count. `elsewhere`: of a division that has no policy any more. `now` is aware."""
        self._first_days = np.array([day_number(each.since) for each in steps], np.int64)
        self._local = local
        self._offices = offices
        self._elsewhere = elsewhere
        self._now = microseconds(now)
        self._groups: dict[Group, int] = {}
        self._last_case: dict[Group, int] = {}
        self._versions: set[str] = set()
        self._channels: dict[str, int] = {}
        self._parts: list[tuple[NDArray[np.int64], ...]] = []

    def add(self, rows: Sequence[CaseRow]) -> None:
        """Rows as `ledger.figure_rows` gives them."""
        if not rows:
            return
        columns = CaseRow._make(zip(*rows, strict=True))
        group = self._groups_of(columns)
        self._versions.update(columns.policy_version)
        for channel in filter(None, columns.declared):
            self._channels[channel] = self._channels.get(channel, 0) + 1
        moments = [_array(each) for each in (columns.received_at, columns.acknowledge_by, columns.respond_by, columns.acknowledged_at, columns.responded_at)]
        machine = np.array([each == "machine" for each in columns.acknowledged_by])
        declared = np.array([each is not None for each in columns.declared])
        by_answer = np.array(columns.opened_by_answer, np.bool_)
        divisions = np.array([self._division_of[each] for each in group.tolist()], np.int32)
        for number in np.unique(divisions).tolist():
            chosen = divisions == number
            part = _Part(*(each[chosen] for each in (group, *moments, machine, declared, by_answer)))
            self._parts.append(self._derived(part, self._divisions[number]))

    def counts(self) -> Counts:
        kinds = (np.int32, np.int16, np.int16, np.int64, np.int64, np.int64, np.int64, np.int64, np.int64)
        whole = [np.concatenate([part[number].astype(kind) for part in self._parts]) if self._parts else np.zeros(0, kind) for number, kind in enumerate(kinds)]
        group, step, hour, marks, *latencies = whole
        shape = len(self._groups), len(self._first_days)
        cell = group.astype(np.int64) * shape[1] + step
        of = {
            name: np.bincount(cell[(marks & bit) != 0], minlength=shape[0] * shape[1]).astype(np.int64).reshape(shape) for name, bit in _BIT.items()
        }
        return Counts(tuple(self._groups), of, group, step, hour, *latencies, dict(self._last_case), frozenset(self._versions), dict(self._channels))
