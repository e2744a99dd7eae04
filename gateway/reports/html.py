"""A report as one self-contained HTML file: prints on paper, reads well aloud, and asks nothing of anybody else's server. Pure.

Every chart stands beside its table. Numbers and sentences are those of the other renderings (`text.py`); nothing is computed here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gateway.reports import charts
from gateway.reports.markup import bullets, chart, element, paragraphs, section, table, unaligned
from gateway.reports.report import ClockFigures, Figures, Line, Report
from gateway.reports.sentences import (
    NONE,
    WITHHELD,
    columns,
    footnotes,
    headline,
    period_name,
    reckoning,
    sentences,
    spoken_share,
    spoken_span,
    told_before,
)

RECOGNISED_SHARE, RECOGNISED_N = 0.95, 20
"""A division stands on the recognition page that kept at least this share of at least so many promises: fewer prove nothing."""

LATE = ("overdue by more than a week", "overdue")

_COLUMNS = ("received", "answered in time", "share", "acknowledged in time", "share", "open", "half answered within")

_STYLE = """
body{background:#fff;color:#1a1a1a;font:1rem/1.5 system-ui,sans-serif;max-width:62rem;margin:0 auto;padding:1rem}
.skip{position:absolute;left:-99rem}.skip:focus{position:static}
h1{font-size:1.7rem;line-height:1.25}h2{margin-top:2.2rem;border-top:2px solid;padding-top:.6rem}
table{border-collapse:collapse;margin:.6rem 0;font-variant-numeric:tabular-nums}
caption{text-align:left;font-weight:bold;padding:.3rem 0}
th,td{text-align:left;padding:.25rem .7rem;border-bottom:1px solid #8888;vertical-align:top}
th{font-weight:600}.n{text-align:right;white-space:nowrap}th.n{white-space:normal}.w{min-width:9rem}
a{color:#0b5394}
.scroll{overflow-x:auto}
.chart{margin:1rem 0}.picture{background:#fff;color:#1a1a1a;border-radius:.4rem;padding:.4rem}
.picture svg{display:block;width:100%;height:auto}
.mark{border-left:.4rem solid #d98200;padding:.2rem .8rem;font-weight:bold}
.mark.closed{border-color:#2e7d32}
.big{font-size:1.25rem}
@media screen and (prefers-color-scheme:dark){body{background:#161616;color:#eee}a{color:#8ab4f8}}
@page{margin:16mm}
@media print{body{max-width:none;padding:0;font-size:10pt}.skip,nav{display:none}thead{display:table-header-group}
table{font-size:8pt}th,td{padding:.1rem .3rem}.n{white-space:normal}.w{min-width:0}
tr,figure{break-inside:avoid}h2,caption{break-after:avoid}.scroll{overflow:visible}#recognition{break-before:page}}
"""


def render(report: Report) -> str:
    """The whole file."""
    title, *marks = headline(report)
    closed = " closed" if report.period.closed_at and not report.period.incomplete else ""
    marked = "".join(element("p", mark, class_=f"mark{closed}") for mark in marks)
    parts = [part for part in _sections(report) if part]
    links = "".join(f'<li><a href="#{name}">{heading}</a></li>' for name, heading in map(_named, parts))
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'{element("title", title)}<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<style>{_STYLE}</style></head>\n<body>"
        '<a class="skip" href="#main">Skip to the figures</a>'
        f"<header>{element('h1', title)}{marked}</header>"
        f'<nav aria-label="Contents"><ul>{links}</ul></nav>\n'
        f'<main id="main">{"".join(parts)}</main>\n'
        f"<footer>{paragraphs(footnotes(report))}</footer></body></html>\n"
    )


def _named(part: str) -> tuple[str, str]:
    """Name and heading of a section, as it was written (and escaped) by `section`."""
    name = part.partition('id="')[2].partition('"')[0]
    return name, part.partition("<h2")[2].partition(">")[2].partition("</h2>")[0]


def _sections(report: Report) -> Iterator[str]:
    yield section("summary", "In short", _summary(report))
    yield section("attainment", "Kept, of what was promised", _attainment(report))
    yield section("promises", "Promise by promise", _promises(report.lines))
    yield section("latency", "How long an answer took", _latency(report))
    yield section("open", "Open inquiries", _open(report))
    yield section("arrivals", "When inquiries arrive", _arrivals(report))
    yield section("trend", "Over time", _trend(report) + _compliance(report))
    yield section("volume", "What was asked", _volume(report))
    yield section("measures", "Surveys and entered measures", _measures(report))
    yield section("recognition", "Recognition", _recognition(report))
    yield section("reckoning", "How it adds up", _reckoning(report))


def _summary(report: Report) -> str:
    """The headline is the answer by a person."""
    found = report.whole.figures
    if found is None:
        return element("p", "The figures are withheld: so few, that somebody might be recognised.")
    lines = [unaligned(each) for each in sentences(report.whole)]
    return element("p", lines[0], class_="big") + bullets(lines[1:])


def _attainment(report: Report) -> str:
    lines = [line for line in (report.divisions or report.lines) if line.figures is None or line.figures.received]
    drawn = [
        (_title(line, report), clock.share, spoken_share(clock)) for line in lines if (clock := _clock(line.figures)) and clock.share is not None
    ]
    rows = [[_title(line, report), *columns(line.figures, line.withheld)] for line in lines]
    if not rows:
        return ""
    beside = table("Attainment", ["division" if report.divisions else "audience, kind", *_COLUMNS], rows)
    if not drawn:
        return beside
    said = "; ".join(f"{name}: {share}" for name, _, share in drawn)
    svg = charts.attainment(drawn, title="Attainment against what was promised", description=f"Share kept, of all that fell due. {said}.")
    return chart(svg, "The promise is made to everybody: the dashed line is 100 %. Answers where one is promised, else acknowledgements.", beside)


def _clock(found: Figures | None) -> ClockFigures | None:
    return None if found is None else found.respond or found.acknowledge


def _title(line: Line, report: Report) -> str:
    return line.name.en if report.divisions else f"{line.scope.audience}, {line.scope.kind}"


def _promises(lines: Iterable[Line]) -> str:
    """Every promise with its own words, so that nobody has to look up what was promised."""
    shown = [line for line in lines if line.figures is None or line.figures.received]
    rows = [
        (line.name.en, f"{line.scope.audience}, {line.scope.kind}", line.stated_as or "no standard", *columns(line.figures, line.withheld))
        for line in shown
    ]
    return table("By promise", ["division", "audience, kind", "what is promised", *_COLUMNS], rows, words=3) if rows else ""


def _latency(report: Report) -> str:
    if not report.latency:
        return ""
    labels = _latency_labels([each.upper for each in report.latency])
    elapsed, business = [each.elapsed for each in report.latency], [each.business for each in report.latency]
    beside = table(
        "Answers by how long they took", ["time", "elapsed", "office hours only"], zip(labels, map(str, elapsed), map(str, business), strict=True)
    )
    said = f"Answers by a person, by the time they took; {sum(elapsed)} in all."
    return chart(charts.latency(labels, elapsed, business, title="How long an answer took", description=said), said, beside)


def _latency_labels(bounds: list[int | None]) -> list[str]:
    before, labels = 0, []
    for upper in bounds:
        labels.append(f"over {spoken_span(before)}" if upper is None else f"to {spoken_span(upper)}")
        before = upper or before
    return labels


def _open(report: Report) -> str:
    found = report.open_by_due
    if not any(each.cases for each in found):
        return ""
    labels, cases = [each.due for each in found], [each.cases for each in found]
    said = (
        f"{sum(cases)} inquiries of the period have no answer by a person yet; {sum(each.cases for each in found if each.due in LATE)} are overdue."
    )
    svg = charts.open_by_due(labels, cases, [each in LATE for each in labels], title="Open inquiries by due time", description=said)
    return chart(svg, said, table("Open inquiries", ["due", "inquiries"], zip(labels, map(str, cases), strict=True)))


def _arrivals(report: Report) -> str:
    if report.arrivals is None:
        return ""
    cells = report.arrivals.cells
    total = sum(each for row in cells for each in row if each is not None)
    if not total:
        return ""
    said = f"Inquiries by weekday and hour of arrival, in local time ({report.zone}). A cross is withheld."
    svg = charts.arrivals(cells, title="When inquiries arrive", description=said)
    hours = [f"{hour}:00" for hour in range(24)]
    rows = [(hours[hour], *(WITHHELD if row[hour] is None else str(row[hour]) for row in cells)) for hour in range(24)]
    return chart(svg, said, table("Arrivals by hour and weekday", ["hour", *charts.DAYS], rows))


def _trend(report: Report) -> str:
    points = report.whole.trend
    if len(points) < 2:
        return ""
    labels = [each.start.isoformat() for each in points]
    clocks = [_clock(each.figures) for each in points]
    beside = table(f"By {report.step}", ["from", *_COLUMNS], ([each.start.isoformat(), *columns(each.figures, ())] for each in points))
    if not any(clock and clock.share is not None for clock in clocks):
        return beside
    said = f"Share of what fell due that was kept, by {report.step}."
    shares = [clock.share if clock else None for clock in clocks]
    return chart(charts.trend("attained", labels, [("kept", shares)], title="Attainment over time", description=said), said, beside)


def _compliance(report: Report) -> str:
    found = [each for each in report.compliance if each.signatures_checked or each.absences]
    if not found:
        return ""
    labels = [each.start.isoformat() for each in found]
    signatures = [_share(each.signatures_complete, each.signatures_checked) for each in found]
    absences = [_share(each.absences_with_contact, each.absences) for each in found]
    said = f"Mail from staff, by {report.step}: signatures that are complete, and out-of-office replies that name another contact."
    lines = [("signatures complete", signatures), ("replies that name a contact", absences)]
    svg = charts.trend("compliance", labels, lines, title="Mail from staff", description=said)
    heads = ["from", "signatures", "complete", "out-of-office replies", "with a contact"]
    rows = (
        (each.start.isoformat(), *map(_counted, (each.signatures_checked, each.signatures_complete, each.absences, each.absences_with_contact)))
        for each in found
    )
    return chart(svg, said, table("Mail from staff", heads, rows))


def _share(part: int | None, whole: int | None) -> float | None:
    return None if part is None or not whole else part / whole


def _counted(number: int | None) -> str:
    return WITHHELD if number is None else str(number)


def _volume(report: Report) -> str:
    before = f"{report.period.before_since} to {report.period.before_until}"
    rows = [
        (each.kind, _counted(each.received), told_before(report, each.received_before)) for each in report.volumes if each.division == report.division
    ]
    return table(f"Inquiries by kind; before: {before}", ["kind", "received", "before"], rows) if rows else ""


def _measures(report: Report) -> str:
    heads = ["division", "measure", "period", "value", "target", "met", "note", "answers"]
    rows = [
        (each.division, each.named, each.period, each.shown, each.target, _met(each.met), each.note, NONE if each.n is None else str(each.n))
        for each in report.measures
    ]
    return table("Surveys and entered measures", heads, rows, words=7) if rows else ""


def _met(met: bool | None) -> str:
    return NONE if met is None else "yes" if met else "no"


def _recognition(report: Report) -> str:
    """Divisions, never persons."""
    kept = [
        (line.name.en, f"{clock.met} of {clock.n}", spoken_share(clock))
        for line in report.divisions
        if (clock := _clock(line.figures)) and clock.n >= RECOGNISED_N and (clock.share or 0) >= RECOGNISED_SHARE
    ]
    if not kept:
        return ""
    said = f"In {period_name(report)}, these divisions kept at least {RECOGNISED_SHARE:.0%} of at least {RECOGNISED_N} promises. Thank you."
    return element("p", said) + table("Promises kept", ["division", "kept", "share"], sorted(kept))


def _reckoning(report: Report) -> str:
    found = report.messages
    lines = paragraphs(reckoning(report))
    if found is None or not found.not_counted:
        return lines
    rows = [(each.reason, each.explanation, str(each.messages)) for each in found.not_counted]
    return lines + table("Messages that are not inquiries, by reason", ["reason", "what it means", "messages"], rows, words=2)
