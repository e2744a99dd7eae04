"""A report for a terminal: sentences that can be published without a second one of apology. Pure: values in, renderables of rich out.

Says of each promise how many were answered in time by a person, of how many; the machine's acknowledgement stands apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from gateway.policy.calendar import spoken_date
from gateway.reports.periods import Days, month_name, whole_month
from gateway.reports.report import COUNTED_AS_ANSWER, ClockFigures, Figures, Latency, Line, MeasureRow, Percentiles, Report

NONE, WITHHELD = "–", "withheld"


def as_text(report: Report) -> RenderableType:
    """All of it."""
    parts: list[RenderableType] = [Text(line, style=style) for line, style in _head(report)]
    parts += [Text(""), *_block(report.whole, all_kinds=True)]
    if report.divisions:
        parts += [Text(""), _by_division(report.divisions), _by_promise(report.lines)]
    else:
        for line in report.lines:
            parts += [Text(""), *_block(line, all_kinds=False)]
    parts += [each for each in (_trend(report), _volumes(report), _measures(report.measures)) if each is not None]
    parts += [Text(""), *(Text(each) for each in _foot(report))]
    return Group(*parts)


def summary(report: Report) -> list[str]:
    """What the report is and what it stands on, as plain lines: for renderings that have tables of their own."""
    return [*(line for line, _ in _head(report)), *_foot(report)]


def period_name(report: Report) -> str:
    """October 2026, or from one day to another."""
    days = Days(report.period.since, report.period.until)
    if whole_month(days):
        return month_name(days.since)
    return spoken_day(days.since) if len(days) == 1 else f"{spoken_day(days.since)} to {spoken_day(days.until)}"


def spoken_day(day: date) -> str:
    """November 2, 2026."""
    return spoken_date(day).partition(", ")[2]


def spoken_span(seconds: int) -> str:
    """Two units at most: 3 days 4 h, 5 h 10 min, 42 s."""
    units = (("day", seconds // 86400), ("h", seconds // 3600 % 24), ("min", seconds // 60 % 60), ("s", seconds % 60))
    first = next((number for number, (_, n) in enumerate(units) if n), 3)
    said = [f"{n} {'days' if unit == 'day' and n > 1 else unit}" for unit, n in units[first : first + 2] if n]
    return " ".join(said) or "0 s"


def spoken_share(clock: ClockFigures) -> str:
    """Cut off, not rounded: 99.96 % is not 100 %."""
    return NONE if not clock.n else f"{clock.met * 1000 // clock.n / 10:.1f} %"


def _head(report: Report) -> Iterator[tuple[str, str]]:
    yield f"{report.whole.name.en}, inquiries received in {period_name(report)}", "bold"
    period = report.period
    if period.closed_at:
        yield f"CLOSED on {spoken_day(period.closed_at.date())}; SHA-256 of the figures {period.figures_hash}", "green"
    elif period.running:
        yield f"PROVISIONAL: the period is not over; as of {spoken_day(report.made_at.date())}, {report.made_at:%H:%M}", "yellow"
    elif period.provisional_until:
        last = (period.provisional_until - timedelta(microseconds=1)).date()  # the end of a day belongs to it
        yield f"PROVISIONAL until {spoken_day(last)}, when the last promised date has passed", "yellow"


def _block(line: Line, *, all_kinds: bool) -> Iterator[Text]:
    """One scope in full."""
    scope, found = line.scope, line.figures
    named = f"{line.name.en}, all kinds" if all_kinds else f"{line.name.en}, {scope.audience}, {scope.kind}"
    yield Text(f"{named}: {line.stated_as}" if line.stated_as else named, style="bold")
    if found is None:
        yield Text("  withheld: so few, that somebody might be recognised")
        return
    yield from map(Text, _answered(found, "respond" in line.withheld))
    yield from map(Text, _acknowledged(found, "acknowledge" in line.withheld))
    if found.answer_latency:
        yield Text(f"  An answer took      {_spoken_latency(found.answer_latency)}")
    if found.reopened:
        yield Text(f"  Written again after an answer          {found.reopened.promised}")
        yield Text(f"     answered again in time {found.reopened.met} of {found.reopened.n}; not part of the figures above")


def _answered(found: Figures, withheld: bool) -> Iterator[str]:
    clock = found.respond
    if withheld:
        yield "  Answered in time by a person           withheld"
    elif clock is None:
        yield _row("Answered by a person", found.answered, found.received, "no standard")
    else:
        yield _row("Answered in time by a person", clock.met, clock.n, spoken_share(clock))
        if clock.promised < found.received:
            yield f"     no answer date was promised in {found.received - clock.promised} of {found.received} cases"
        yield from _missed(clock, "answered")
    if found.declared:
        yield f"     {found.declared} answers were declared by hand"
    if found.opened_by_answer:
        yield f"     {found.opened_by_answer} had been taken for spam until they were answered"


def _acknowledged(found: Figures, withheld: bool) -> Iterator[str]:
    if withheld:
        yield "  Acknowledged in time                   withheld"
        return
    clock = found.acknowledge
    if clock is None:
        yield _row("Acknowledged", found.acknowledged, found.received, "no standard")
    else:
        yield _row("Acknowledged in time", clock.met, clock.n, spoken_share(clock))
        yield from _missed(clock, "acknowledged")
    yield f"     {found.acknowledged_by_machine} by the gateway, {found.acknowledged_by_person} by a person"


def _missed(clock: ClockFigures, done: str) -> Iterator[str]:
    if clock.missed:
        yield f"     missed: {clock.missed_open} not {done} yet, {clock.missed_late} {done} late"
        yield f"     {clock.missed_while_closed} of these {clock.missed} fell due while the office was closed"
    if clock.pending:
        yield f"     not due yet: {clock.pending}, of which {clock.due_soon} by the end of the next business day"


def _row(label: str, n: int, of: int, said: str) -> str:
    return f"  {label:32}{n:>8} of {of:<8}{said:>9}".rstrip()


def _spoken_latency(found: Latency) -> str:
    return f"{_spoken_percentiles(found.elapsed)}; in business time {_spoken_percentiles(found.business)}"


def _spoken_percentiles(found: Percentiles) -> str:
    ranks = ("p50", found.p50), ("p90", found.p90), ("p99", found.p99), ("longest", found.maximum)
    return ", ".join(f"{name} {spoken_span(seconds)}" for name, seconds in ranks)


def _titled(title: str, *words: str) -> Table:
    """An empty table whose first columns are words."""
    table = Table(title=title, box=SIMPLE_HEAD, title_justify="left", title_style="bold", pad_edge=False)
    for head in words:
        table.add_column(head, no_wrap=True)
    return table


def _with_figures(table: Table) -> Table:
    for head in ("received", "answered in time", "", "acknowledged", "", "open", "half answered in"):
        table.add_column(head, justify="right", no_wrap=True)
    return table


def _by_division(lines: Iterable[Line]) -> Table:
    table = _with_figures(_titled("By division", "division"))
    for line in lines:
        if line.figures is None or line.figures.received:
            table.add_row(Text(line.scope.division or ""), *_columns(line.figures, line.withheld))
    return table


def _by_promise(lines: Iterable[Line]) -> Table:
    """Under the name of each division, its promises."""
    table = _with_figures(_titled("By promise", "audience, kind"))
    division = None
    for line in lines:
        if line.scope.division != division:
            division = line.scope.division
            table.add_row(Text(division or "", style="italic"))
        table.add_row(Text(f"  {line.scope.audience}, {line.scope.kind}"), *_columns(line.figures, ()))
    return table


def _columns(found: Figures | None, withheld: Iterable[str]) -> list[str]:
    if found is None:
        return [WITHHELD, *[NONE] * 6]
    latency = spoken_span(found.answer_latency.elapsed.p50) if found.answer_latency else NONE
    respond = _clock_columns(found.respond, found.answered, withheld="respond" in withheld)
    acknowledge = _clock_columns(found.acknowledge, found.acknowledged, withheld="acknowledge" in withheld)
    return [str(found.received), *respond, *acknowledge, str(found.open), latency]


def _clock_columns(clock: ClockFigures | None, done: int, *, withheld: bool) -> list[str]:
    if withheld:
        return [WITHHELD, NONE]
    return [f"{clock.met} of {clock.n}", spoken_share(clock)] if clock else [str(done), "no standard"]


def _trend(report: Report) -> Table | None:
    table = _with_figures(_titled(f"By {report.step}", "from", "to"))
    for point in report.whole.trend:
        table.add_row(point.start.isoformat(), point.until.isoformat(), *_columns(point.figures, ()))
    return table if table.row_count > 1 else None


def _volumes(report: Report) -> Table | None:
    table = _titled(f"Volume by kind; before: {report.period.before_since} to {report.period.before_until}", "kind")
    for head in ("received", "before", "change"):
        table.add_column(head, justify="right")
    for each in report.volumes:
        if each.division == report.division:
            told = [WITHHELD if n is None else str(n) for n in (each.received, each.received_before)]
            change = f"{each.received - each.received_before:+}" if each.received is not None and each.received_before is not None else NONE
            table.add_row(Text(each.kind), *told, change)
    return table if table.row_count else None


def _measures(measures: Iterable[MeasureRow]) -> Table | None:
    table = _titled("Surveys and entered measures", "division")
    for head in ("measure", "period", "value", "answers", "target", "met", "note"):
        table.add_column(head)
    for each in measures:
        met = NONE if each.met is None else "yes" if each.met else "no"
        answers = NONE if each.n is None else str(each.n)
        table.add_row(*map(Text, (each.division, each.means, each.period, each.shown, answers, each.target, met, each.note)))
    return table if table.row_count else None


def _foot(report: Report) -> Iterator[str]:
    found = report.messages
    if found:
        not_counted = found.seen - found.inquiries
        yield f"Not counted, with reasons{not_counted:>17}"
        if found.not_counted:
            yield "   " + ", ".join(f"{each.reason} {each.messages}" for each in found.not_counted)
        yield f"Messages seen{found.seen:>29}   ({found.inquiries} + {not_counted})"
        yield f"Cases{found.cases:>37}   {_reckoned(found.inquiries, found.further_cases, found.from_other_periods)}"
    if report.declared:
        yield "Declared by hand: " + ", ".join(f"{each.channel} {each.cases}" for each in report.declared)
    yield ""
    for each in report.restatements:
        yield f"Restated since it was closed: {each.line}, {each.figure}: {each.closed:g} as closed, {each.now:g} today"
    yield from report.notes
    if report.hide_groups_under > 1:
        yield f"Groups under {report.hide_groups_under} are withheld, with others from which they could be worked out."
    yield COUNTED_AS_ANSWER
    yield report.not_covered
    yield from _changes(report)


def _reckoned(inquiries: int, further: int, others: int) -> str:
    parts = [f"{inquiries} messages", f"{further} more by messages to several divisions" if further else ""]
    parts.append(f"{others:+} whose message came in another period" if others else "")
    return f"({', '.join(filter(None, parts))})"


def _changes(report: Report) -> Iterator[str]:
    unchanged = [name for name, changed in (("standard", report.standards_changed), ("calendar", report.calendar_changed)) if not changed]
    if unchanged:
        yield f"The {' and the '.join(unchanged)} did not change in this period."
    for each in report.policy_edits:
        if each.about != ("other",):
            keys = ", ".join(each.keys[:5]) + (" …" if len(each.keys) > 5 else "")
            yield f"{each.at:%Y-%m-%d %H:%M} {each.file} changed ({', '.join(each.about)}): {keys}"
    yield f"Policy {report.policy_version}, calendar {report.calendar_hash[:16]}, made {report.made_at:%Y-%m-%d %H:%M %Z}."
