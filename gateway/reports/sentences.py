"""What a report says in words, for every rendering alike: sentences that can be published without a second one of apology. Pure.

Says of each promise how many were answered in time by a person, of how many; the machine's acknowledgement stands apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

from gateway.policy.calendar import spoken_date
from gateway.reports.periods import Days, month_name, month_of, whole_month
from gateway.reports.report import COUNTED_AS_ANSWER, ClockFigures, Figures, Latency, Line, Percentiles, Report

NONE, WITHHELD = "–", "withheld"
COLUMNS = ("received", "answered in time", "", "acknowledged", "", "open", "half within")


def headline(report: Report) -> Iterator[str]:
    """Whose figures of when, and how final they are."""
    days = Days(report.period.since, report.period.until)
    when = "in" if whole_month(days) else "on" if len(days) == 1 else "from"
    yield f"{report.whole.name.en}, inquiries received {when} {period_name(report)}"
    period = report.period
    if period.closed_at:
        yield f"CLOSED on {spoken_day(period.closed_at.date())}; SHA-256 of the figures {period.figures_hash}"
    elif period.running:
        yield f"PROVISIONAL: the period is not over; as of {spoken_day(report.made_at.date())}, {report.made_at:%H:%M}"
    elif period.provisional_until:
        last = (period.provisional_until - timedelta(microseconds=1)).date()  # the end of a day belongs to it
        yield f"PROVISIONAL until {spoken_day(last)}, when the last promised date has passed"
    if period.incomplete:
        yield f"INCOMPLETE: records of {spoken_months(period.incomplete)} are not kept in full; only the closed report of a month has all its figures"


def spoken_months(months: Sequence[date]) -> str:
    """Months by their first days, in order: October 2025, December 2025 to February 2026."""
    runs: list[list[date]] = []
    for each in months:
        if runs and month_of(runs[-1][-1]).until + timedelta(days=1) == each:
            runs[-1].append(each)
        else:
            runs.append([each])
    return ", ".join(month_name(run[0]) if len(run) == 1 else f"{month_name(run[0])} to {month_name(run[-1])}" for run in runs)


def told_before(report: Report, number: int | None) -> str:
    """A volume of the period before, as a cell of a table."""
    if number is None:
        return WITHHELD
    return f"{number} (incomplete)" if report.period.before_incomplete else str(number)


def period_name(report: Report) -> str:
    """October 2026, or from one day to another."""
    days = Days(report.period.since, report.period.until)
    if whole_month(days):
        return month_name(days.since)
    return spoken_day(days.since) if len(days) == 1 else f"{spoken_day(days.since)} to {spoken_day(days.until)}"


def sentences(line: Line) -> Iterator[str]:
    """One scope in full, in columns where they can be kept."""
    found = line.figures
    if found is None:
        yield "  withheld: so few, that somebody might be recognised"
        return
    yield from _answered(found, "respond" in line.withheld)
    yield from _acknowledged(found, "acknowledge" in line.withheld)
    if found.answer_latency:
        yield f"  An answer took      {_spoken_latency(found.answer_latency)}"
    if found.reopened:
        yield f"  Written again after an answer          {found.reopened.promised}"
        yield f"     answered again in time {found.reopened.met} of {found.reopened.n}; not part of the figures above"


def columns(found: Figures | None, withheld: Iterable[str]) -> list[str]:
    """The cells of a table under COLUMNS."""
    if found is None:
        return [WITHHELD, *[NONE] * 6]
    latency = spoken_span(found.answer_latency.elapsed.p50) if found.answer_latency else NONE
    respond = _clock_columns(found.respond, found.answered, withheld="respond" in withheld)
    acknowledge = _clock_columns(found.acknowledge, found.acknowledged, withheld="acknowledge" in withheld)
    return [str(found.received), *respond, *acknowledge, str(found.open), latency]


def reckoning(report: Report) -> Iterator[str]:
    """How the messages seen add up to what was counted, and what was not."""
    found = report.messages
    if found:
        not_counted = found.seen - found.inquiries
        yield f"Not counted, with reasons{not_counted:>17}"
        if found.not_counted:
            yield "   " + ", ".join(f"{each.reason} {each.messages}" for each in found.not_counted)
        yield f"Messages seen{found.seen:>29}   ({found.inquiries} + {not_counted})"
        yield f"Cases{found.cases:>37}   {_reckoned(found.inquiries, found.further_cases, found.from_other_periods)}"
        if found.no_smtputf8:
            yield f"Not acknowledged, for want of SMTPUTF8{found.no_smtputf8:>4}   (addresses beyond ASCII; the next hop takes none)"
    if report.declared:
        yield "Declared by hand: " + ", ".join(f"{each.channel} {each.cases}" for each in report.declared)


def footnotes(report: Report) -> Iterator[str]:
    """What a reader must know besides."""
    for each in report.restatements:
        yield f"Restated since it was closed: {each.line}, {each.figure}: {each.closed:g} as closed, {each.now:g} today"
    yield from report.notes
    if report.period.before_incomplete:
        yield f"The period before is incomplete: records of {spoken_months(report.period.before_incomplete)} are not kept in full."
    if report.hide_groups_under > 1:
        yield f"Groups under {report.hide_groups_under} are withheld, with others from which they could be worked out."
    yield COUNTED_AS_ANSWER
    yield report.not_covered
    yield from changes(report)


def changes(report: Report) -> Iterator[str]:
    """What changed in the rules meanwhile, and what the figures were made by."""
    unchanged = [name for name, changed in (("standard", report.standards_changed), ("calendar", report.calendar_changed)) if not changed]
    if unchanged:
        yield f"The {' and the '.join(unchanged)} did not change in this period."
    for each in report.policy_edits:
        if each.about != ("other",):
            keys = ", ".join(each.keys[:5]) + (" …" if len(each.keys) > 5 else "")
            yield f"{each.at:%Y-%m-%d %H:%M} {each.file} changed ({', '.join(each.about)}): {keys}"
    yield f"Policy {report.policy_version}, calendar {report.calendar_hash[:16]}, made {report.made_at:%Y-%m-%d %H:%M %Z}."


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
        yield f"     {found.declared} {'answer was' if found.declared == 1 else 'answers were'} declared by hand"
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


def _clock_columns(clock: ClockFigures | None, done: int, *, withheld: bool) -> list[str]:
    if withheld:
        return [WITHHELD, NONE]
    return [f"{clock.met} of {clock.n}", spoken_share(clock)] if clock else [str(done), "no standard"]


def _reckoned(inquiries: int, further: int, others: int) -> str:
    parts = [f"{inquiries} messages", f"{further} more by messages to several divisions" if further else ""]
    parts.append(f"{others:+} whose message came in another period" if others else "")
    return f"({', '.join(filter(None, parts))})"
