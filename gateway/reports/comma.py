"""A report as CSV (RFC 4180, UTF-8): one long table, one value a row, so that every program can pivot it. Pure.

No cell starts a formula: what a spreadsheet would run is prefixed with an apostrophe.
"""

from __future__ import annotations

import csv
import io

from gateway.reports.report import Report
from gateway.reports.tidy import Row, rows

COLUMNS = ("table", "division", "standard", "audience", "kind", "since", "until", "step", "figure", "value", "unit", "withheld")


def as_csv(report: Report) -> str:
    """One long table, one value a row (RFC 4180), as docs/reports.md describes it."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows(_cells(each) for each in rows(report))
    return text.getvalue()


def harmless(text: str) -> str:
    """A spreadsheet takes what begins with these for a formula, blanks before it or not (OWASP, CSV Injection)."""
    return f"'{text}" if text.lstrip()[:1] in {"=", "+", "-", "@"} or text[:1] in {"\t", "\r", "\n"} else text


def _cells(row: Row) -> list[object]:
    scope = row.scope
    words = (row.table, scope.division or "", scope.standard or "", scope.audience or "", scope.kind or "")
    value = "" if row.value is None else row.value
    return [
        *map(harmless, words), row.since.isoformat(), row.until.isoformat(), harmless(row.step), harmless(row.figure), value, row.unit,
        "yes" if row.withheld else "",
    ]  # fmt: skip
