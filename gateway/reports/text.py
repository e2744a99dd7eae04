"""A report for a terminal: sentences that can be published without a second one of apology. Pure: values in, renderables of rich out.

Says of each promise how many were answered in time by a person, of how many; the machine's acknowledgement stands apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from gateway.reports.report import Line, MeasureRow, Report
from gateway.reports.sentences import COLUMNS, NONE, WITHHELD, columns, footnotes, headline, reckoning, sentences, told_before


def as_text(report: Report) -> RenderableType:
    """All of it."""
    parts: list[RenderableType] = [*_head(report)]
    parts += [Text(""), *_block(report.whole, all_kinds=True)]
    if report.divisions:
        parts += [Text(""), _by_division(report.divisions), _by_promise(report.lines)]
    else:
        for line in report.lines:
            parts += [Text(""), *_block(line, all_kinds=False)]
    parts += [each for each in (_trend(report), _volumes(report), _measures(report.measures)) if each is not None]
    parts += [Text(""), *map(Text, reckoning(report)), Text(""), *map(Text, footnotes(report))]
    return Group(*parts)


def _head(report: Report) -> Iterator[Text]:
    title, *marks = headline(report)
    yield Text(title, style="bold")
    whole = report.period.closed_at and not report.period.incomplete
    yield from (Text(mark, style="green" if whole else "yellow") for mark in marks)


def _block(line: Line, *, all_kinds: bool) -> Iterator[Text]:
    """One scope in full."""
    named = f"{line.name.en}, all kinds" if all_kinds else f"{line.name.en}, {line.scope.audience}, {line.scope.kind}"
    yield Text(f"{named}: {line.stated_as}" if line.stated_as else named, style="bold")
    yield from map(Text, sentences(line))


def _titled(title: str, *words: str) -> Table:
    """An empty table whose first columns are words."""
    table = Table(title=title, box=SIMPLE_HEAD, title_justify="left", title_style="bold", pad_edge=False)
    for head in words:
        table.add_column(head, no_wrap=True)
    return table


def _with_figures(table: Table) -> Table:
    for head in COLUMNS:
        table.add_column(head, justify="right", no_wrap=True)
    return table


def _by_division(lines: Iterable[Line]) -> Table:
    table = _with_figures(_titled("By division", "division"))
    for line in lines:
        if line.figures is None or line.figures.received:
            table.add_row(Text(line.scope.division or ""), *columns(line.figures, line.withheld))
    return table


def _by_promise(lines: Iterable[Line]) -> Table:
    """Under the name of each division, its promises."""
    table = _with_figures(_titled("By promise", "audience, kind"))
    division = None
    for line in lines:
        if line.scope.division != division:
            division = line.scope.division
            table.add_row(Text(division or "", style="italic"))
        table.add_row(Text(f"  {line.scope.audience}, {line.scope.kind}"), *columns(line.figures, ()))
    return table


def _trend(report: Report) -> Table | None:
    table = _with_figures(_titled(f"By {report.step}", "from", "to"))
    for point in report.whole.trend:
        table.add_row(point.start.isoformat(), point.until.isoformat(), *columns(point.figures, ()))
    return table if table.row_count > 1 else None


def _volumes(report: Report) -> Table | None:
    table = _titled(f"Volume by kind; before: {report.period.before_since} to {report.period.before_until}", "kind")
    for head in ("received", "before", "change"):
        table.add_column(head, justify="right")
    for each in report.volumes:
        if each.division == report.division:
            told = [WITHHELD if each.received is None else str(each.received), told_before(report, each.received_before)]
            comparable = each.received is not None and each.received_before is not None and not report.period.before_incomplete
            change = f"{(each.received or 0) - (each.received_before or 0):+}" if comparable else NONE
            table.add_row(Text(each.kind), *told, change)
    return table if table.row_count else None


def _measures(measures: Iterable[MeasureRow]) -> Table | None:
    table = _titled("Surveys and entered measures", "division")
    for head in ("measure", "period", "value", "answers", "target", "met", "note"):
        table.add_column(head)
    for each in measures:
        met = NONE if each.met is None else "yes" if each.met else "no"
        answers = NONE if each.n is None else str(each.n)
        table.add_row(*map(Text, (each.division, each.named, each.period, each.shown, answers, each.target, met, each.note)))
    return table if table.row_count else None
