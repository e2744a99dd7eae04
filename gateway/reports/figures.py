"""From counts to figures: of a promise, of a division, of the City; over the period, or one step of it. Pure.

Whatever is summed here is a sum of counts of cells, so that the City's figures are those of its divisions. Percentiles are taken of the
pooled latencies: they cannot be summed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gateway.ledger.figure_values import NEVER, NOT_PROMISED
from gateway.reports.report import Arrivals, ClockFigures, Figures, Latency, LatencyBucket, OpenBucket, Percentiles
from gateway.reports.tally import OF_CASE, OF_CLOCK, ClockName, Counts, Latencies

LATENCY_BOUNDS = tuple(hours * 3600 for hours in (1, 4, 8, 24, 48, 120, 240))
"""Seconds: an hour, half a day's work, a day's, 24 and 48 hours, five and ten days."""
_SECOND = 1_000_000
_DAY = 86_400 * _SECOND
_PERCENT = (50, 90, 99, 100)

Row = NDArray[np.int64]


@dataclass(frozen=True)
class Level:
    """One way to put groups together: each group's number -> the number of the whole that it belongs to."""

    of_group: NDArray[np.int64]
    size: int


class Sums:
    """Figures of the wholes of one level."""

    def __init__(self, counts: Counts, level: Level, reopened: Counts | None, reopened_level: Level | None, at_least: int) -> None:
        """`reopened`: reopenings of cases, counted apart. `at_least`: of so few answers no latency is told."""
        self._counts = counts
        self._marks = _summed(counts, level)
        self._reopened = _summed(reopened, reopened_level) if reopened is not None and reopened_level is not None else {}
        self._acknowledged = _Ranked.of(counts, level, counts.acknowledged)
        self._answered = _Ranked.of(counts, level, counts.answered)
        self._at_least = max(at_least, 1)

    def figures(self, whole: int, step: int | None) -> Figures:
        """Of one whole, in one step of the trend or (None) over the period."""
        mark = {name: _cell(table, whole, step) for name, table in self._marks.items()}
        again = {name: _cell(table, whole, step) for name, table in self._reopened.items()}
        return Figures(
            **{name: mark[name] for name in OF_CASE},
            acknowledge=clock_of(mark, "acknowledge"),
            respond=clock_of(mark, "respond"),
            acknowledge_latency=self._acknowledged.latency(whole, step, self._at_least),
            answer_latency=self._answered.latency(whole, step, self._at_least),
            reopened=clock_of(again, "respond"),
        )


def clock_of(mark: Mapping[str, int], clock: ClockName) -> ClockFigures | None:
    """None where it was promised to nobody."""
    if not mark.get(f"{clock}.promised"):
        return None
    found = {name: mark[f"{clock}.{name}"] for name in OF_CLOCK}
    n = found["met"] + found["missed"]
    return ClockFigures(**found, n=n, share=round(found["met"] / n, 6) if n else None)


def _summed(counts: Counts, level: Level) -> dict[str, NDArray[np.int64]]:
    found = {}
    for mark, table in counts.of.items():
        found[mark] = np.zeros((level.size, table.shape[1]), np.int64)
        np.add.at(found[mark], level.of_group, table)
    return found


def _cell(table: NDArray[np.int64], whole: int, step: int | None) -> int:
    return int(table[whole].sum() if step is None else table[whole, step])


@dataclass(frozen=True)
class _Ranked:
    """Latencies in order, within each whole, and within each whole and step."""

    elapsed: tuple[_Slices, _Slices]
    business: tuple[_Slices, _Slices]
    steps: int

    @classmethod
    def of(cls, counts: Counts, level: Level, latencies: Latencies) -> _Ranked:
        done = latencies.elapsed >= 0
        steps = counts.of["received"].shape[1]
        whole = level.of_group[counts.group[done]]
        cell = whole * steps + counts.step[done]
        both = []
        for values in (latencies.elapsed[done], latencies.business[done]):
            order = np.argsort(values, kind="stable")
            both.append((_Slices.of(whole[order], values[order], level.size), _Slices.of(cell[order], values[order], level.size * steps)))
        return cls(both[0], both[1], steps)

    def latency(self, whole: int, step: int | None, at_least: int) -> Latency | None:
        number, code = (0, whole) if step is None else (1, whole * self.steps + step)
        elapsed, business = self.elapsed[number].of_code(code), self.business[number].of_code(code)
        return Latency(len(elapsed), percentiles(elapsed), percentiles(business)) if len(elapsed) >= at_least else None


@dataclass(frozen=True)
class _Slices:
    values: NDArray[np.int64]
    starts: NDArray[np.int64]

    @classmethod
    def of(cls, codes: NDArray[np.int64], values: NDArray[np.int64], size: int) -> _Slices:
        """`values` are in order; they stay so within each code."""
        narrow = codes.astype(np.uint16) if size <= 1 << 16 else codes  # 16 bits are sorted by radix, many times quicker
        order = np.argsort(narrow, kind="stable")
        return cls(values[order], np.searchsorted(codes[order], np.arange(size + 1)))

    def of_code(self, code: int) -> NDArray[np.int64]:
        return self.values[self.starts[code] : self.starts[code + 1]]


def percentiles(ranked: Sequence[int] | NDArray[np.int64]) -> Percentiles:
    """Nearest rank, of microseconds in order (at least one): the ceil(p n / 100)-th."""
    return Percentiles(*(int(ranked[-(-percent * len(ranked) // 100) - 1]) // _SECOND for percent in _PERCENT))


def latency_buckets(counts: Counts, chosen: NDArray[np.bool_]) -> tuple[LatencyBucket, ...]:
    """How long answers took, of the chosen cases."""
    tables = []
    for values in (counts.answered.elapsed, counts.answered.business):
        answered = values[chosen & (values >= 0)]
        tables.append(np.bincount(np.searchsorted(np.array(LATENCY_BOUNDS) * _SECOND, answered, "left"), minlength=len(LATENCY_BOUNDS) + 1))
    return tuple(LatencyBucket(upper, int(elapsed), int(business)) for upper, elapsed, business in zip((*LATENCY_BOUNDS, None), *tables, strict=True))


def open_by_due(counts: Counts, chosen: NDArray[np.bool_], now: int, end_of_today: int) -> tuple[OpenBucket, ...]:
    """Cases without an answer, by when it is due. `now`, `end_of_today`: microseconds."""
    due = counts.due_while_open[chosen]
    due = due[due != NEVER]
    dated = due[due != NOT_PROMISED]
    bounds = np.array([now - 7 * _DAY - 1, now - 1, end_of_today, now + 7 * _DAY])  # due at this moment is not overdue
    found = np.bincount(np.searchsorted(bounds, dated, "left"), minlength=5).tolist()
    return (
        OpenBucket("overdue by more than a week", found[0]),
        OpenBucket("overdue", found[1]),
        OpenBucket("today", found[2]),
        OpenBucket("within a week", found[3]),
        OpenBucket("later", found[4]),
        OpenBucket("no date promised", len(due) - len(dated)),
    )


def arrivals(counts: Counts, chosen: NDArray[np.bool_]) -> Arrivals:
    """Inquiries by weekday and hour."""
    found = np.bincount(counts.hour_of_week[chosen], minlength=168).reshape(7, 24)
    return Arrivals(tuple(tuple(day) for day in found.tolist()))
