"""The figures of a report as flat names and values: what CSV, the workbook and restatements are made of. Pure.

One name means one thing everywhere; docs/reports.md lists them. Withheld values are None.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date
from typing import Literal

from gateway.reports.periods import month_of
from gateway.reports.report import ClockFigures, Figures, Latency, Line, Percentiles, Report, Scope, Volume
from gateway.reports.tally import OF_CASE

Unit = Literal["cases", "messages", "seconds", "share", "value", ""]
TableName = Literal[
    "city", "division", "promise", "volume", "messages", "latency", "open", "arrivals", "compliance", "declared", "measure", "incomplete",
    "restatement",
]  # fmt: skip
Value = float | None

_CLOCK = tuple(each.name for each in fields(ClockFigures))
_PERCENTILES = tuple(each.name for each in fields(Percentiles))
CLOCK_PARTS: tuple[Literal["acknowledge", "respond", "reopened"], ...] = ("acknowledge", "respond", "reopened")
LATENCY_PARTS: tuple[Literal["acknowledge_latency", "answer_latency"], ...] = ("acknowledge_latency", "answer_latency")

FIGURE_NAMES: dict[str, Unit] = {
    **dict.fromkeys(OF_CASE, "cases"),
    **{f"{part}_{name}": "share" if name == "share" else "cases" for part in CLOCK_PARTS for name in _CLOCK},
    **{
        f"{part}_{name}": "cases" if name == "n" else "seconds"
        for part in LATENCY_PARTS
        for name in ("n", *(f"{which}_{each}" for which in ("elapsed", "business") for each in _PERCENTILES))
    },
}
"""Every figure of a line, in the order of the columns, with its unit."""


@dataclass(frozen=True, slots=True)
class Row:
    """One value of a report."""

    table: TableName
    scope: Scope
    since: date
    until: date
    step: str
    """"period", or the step of the trend."""
    figure: str
    value: Value
    unit: Unit
    withheld: bool
    """The value is empty for this reason."""


def flat(figures: Figures | None) -> dict[str, Value]:
    """By the names of FIGURE_NAMES. What does not exist ("no standard", nothing answered) is left out; what is withheld as a whole is None."""
    if figures is None:
        return dict.fromkeys(OF_CASE)
    found: dict[str, Value] = {name: getattr(figures, name) for name in OF_CASE}
    for part in CLOCK_PARTS:
        clock: ClockFigures | None = getattr(figures, part)
        if clock is not None:
            found |= {f"{part}_{name}": getattr(clock, name) for name in _CLOCK}
    for latency_part in LATENCY_PARTS:
        latency: Latency | None = getattr(figures, latency_part)
        if latency is not None:
            found |= {f"{latency_part}_n": latency.n}
            for which in ("elapsed", "business"):
                found |= {f"{latency_part}_{which}_{name}": getattr(getattr(latency, which), name) for name in _PERCENTILES}
    return found


def figures_of(line: Line) -> dict[str, Value]:
    """Of the period; clocks that are withheld are None."""
    return flat(line.figures) | {f"{clock}_{name}": None for clock in line.withheld for name in _CLOCK}


def volume_names(volume: Volume) -> dict[str, Value]:
    """Its figures, by the names that docs/reports.md gives them."""
    return {"received": volume.received, "received_before": volume.received_before}


def rows(report: Report) -> Iterator[Row]:
    """Every value of the report, one a row."""
    yield from _line_rows(report)
    since, until, lens = report.period.since, report.period.until, Scope(report.division)
    for volume in report.volumes:
        scope = Scope(volume.division, kind=volume.kind)
        yield Row("volume", scope, since, until, "period", "received", volume.received, "cases", volume.received is None)
        before = report.period.before_since, report.period.before_until
        yield Row("volume", scope, *before, "period", "received", volume.received_before, "cases", volume.received_before is None)
    for table, figure, value, unit in _of_lens(report):
        yield Row(table, lens, since, until, "period", figure, value, unit, value is None and table == "arrivals")
    for point in report.compliance:
        for name in ("signatures_checked", "signatures_complete", "absences", "absences_with_contact"):
            value = getattr(point, name)
            yield Row("compliance", lens, point.start, point.until, report.step, name, value, "messages", value is None)
    for each in report.measures:
        yield Row("measure", Scope(each.division), since, until, each.period, each.measure, each.value, "value", False)
    for month in dict.fromkeys((*report.period.before_incomplete, *report.period.incomplete)):
        yield Row("incomplete", lens, month, month_of(month).until, "month", "records not kept in full", None, "", False)
    for found in report.restatements:
        yield Row("restatement", lens, since, until, "period", f"{found.line}: {found.figure}, as closed", found.closed, "", False)
        yield Row("restatement", lens, since, until, "period", f"{found.line}: {found.figure}, today", found.now, "", False)


def _line_rows(report: Report) -> Iterator[Row]:
    for line in dict.fromkeys((report.whole, *report.divisions, *report.lines)):
        table: Literal["city", "division", "promise"] = "promise" if line.scope.kind is not None else "division" if line.scope.division else "city"
        for name, value in figures_of(line).items():
            yield Row(table, line.scope, report.period.since, report.period.until, "period", name, value, FIGURE_NAMES[name], _hidden(name, value))
        for point in line.trend:
            for name, value in flat(point.figures).items():
                yield Row(table, line.scope, point.start, point.until, report.step, name, value, FIGURE_NAMES[name], _hidden(name, value))


def _hidden(name: str, value: Value) -> bool:
    """A share is empty where nothing fell due, too."""
    return value is None and not name.endswith("_share")


def _of_lens(report: Report) -> Iterator[tuple[Literal["messages", "latency", "open", "arrivals", "declared"], str, Value, Unit]]:
    if found := report.messages:
        yield "messages", "seen", found.seen, "messages"
        yield "messages", "inquiries", found.inquiries, "messages"
        for each in found.not_counted:
            yield "messages", f"not counted: {each.reason}", each.messages, "messages"
        yield "messages", "cases", found.cases, "cases"
        yield "messages", "further_cases", found.further_cases, "cases"
        yield "messages", "from_other_periods", found.from_other_periods, "cases"
        if found.no_smtputf8:
            yield "messages", "not acknowledged: no-smtputf8", found.no_smtputf8, "messages"
    for bucket in report.latency:
        upper = "longer" if bucket.upper is None else f"at most {bucket.upper} s"
        yield "latency", f"elapsed, {upper}", bucket.elapsed, "cases"
        yield "latency", f"business, {upper}", bucket.business, "cases"
    for waiting in report.open_by_due:
        yield "open", waiting.due, waiting.cases, "cases"
    for weekday, hours in zip(_WEEKDAYS, report.arrivals.cells if report.arrivals else (), strict=False):
        for hour, cases in enumerate(hours):
            yield "arrivals", f"{weekday} {hour:02}:00", cases, "cases"
    for channel in report.declared:
        yield "declared", channel.channel, channel.cases, "cases"


_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
