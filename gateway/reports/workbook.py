"""A report as an XLSX workbook with typed cells: numbers are numbers, dates dates, and text is never a formula. Pure.

Written in constant memory, row after row.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import xlsxwriter

from gateway.reports.report import Line, Report
from gateway.reports.sentences import footnotes, headline, reckoning
from gateway.reports.tidy import FIGURE_NAMES, Row, Unit, figures_of, flat, rows

_SCOPE = ("division", "standard", "audience", "kind", "stated as", "from", "to")
_FORMATS: dict[Unit, str] = {"share": "0.0%", "seconds": "[h]:mm:ss"}
_SECONDS_IN_A_DAY = 86_400
_LINES = ("city", "division", "promise")


def as_xlsx(report: Report) -> bytes:
    """Sheets: Report (what it is), Figures, Trend, Everything else."""
    octets = io.BytesIO()
    workbook = xlsxwriter.Workbook(
        octets, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    writing = _Writing(workbook)
    writing.sheet("Report", ("",), [[each] for each in (*headline(report), *reckoning(report), *footnotes(report))], widths=(110,))
    lines = list(dict.fromkeys((report.whole, *report.divisions, *report.lines)))
    period = report.period
    writing.figures("Figures", [(each, period.since, period.until, figures_of(each)) for each in lines])
    points = [(line, point.start, point.until, flat(point.figures)) for line in lines for point in line.trend]
    writing.figures(f"Trend by {report.step}", points)
    columns = ("table", "division", "kind", "from", "to", "step", "figure", "value", "unit")
    writing.sheet(
        "Everything else", columns, [_cells(each) for each in rows(report) if each.table not in _LINES], widths=(14, 28, 22, 11, 11, 9, 60, 12, 10)
    )
    workbook.close()
    return octets.getvalue()


def _cells(row: Row) -> list[object]:
    value = "withheld" if row.withheld else row.value
    return [row.table, row.scope.division, row.scope.kind, row.since, row.until, row.step, row.figure, value, row.unit]


class _Writing:
    def __init__(self, workbook: Any) -> None:
        self._workbook = workbook
        self._head = workbook.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        self._date = workbook.add_format({"num_format": "yyyy-mm-dd"})
        self._formats = {unit: workbook.add_format({"num_format": each}) for unit, each in _FORMATS.items()}

    def figures(self, name: str, found: Iterable[tuple[Line, date, date, Mapping[str, float | None]]]) -> None:
        """One row for each line (or point), one column for each figure."""
        table = ([*_scope(line, since, until), *(figures.get(each, "") for each in FIGURE_NAMES)] for line, since, until, figures in found)
        words: list[Unit] = [""] * len(_SCOPE)
        units = [*words, *FIGURE_NAMES.values()]
        heads = [*_SCOPE, *(each.replace("_", " ") for each in FIGURE_NAMES)]
        self.sheet(name, heads, table, widths=(28, 34, 10, 18, 40, 11, 11), units=units)

    def sheet(
        self, name: str, heads: Sequence[str], table: Iterable[Sequence[object]], *, widths: Sequence[int] = (), units: Sequence[Unit] = ()
    ) -> None:
        sheet = self._workbook.add_worksheet(name)
        sheet.freeze_panes(1, 0)
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        for column, head in enumerate(heads):
            sheet.write_string(0, column, head, self._head)
        for number, row in enumerate(table, 1):
            for column, value in enumerate(row):
                self._write(sheet, number, column, value, units[column] if column < len(units) else "")

    def _write(self, sheet: Any, row: int, column: int, value: object, unit: Unit) -> None:
        """None: withheld, among figures; nothing, elsewhere."""
        if isinstance(value, str):
            if value:
                sheet.write_string(row, column, value)
        elif isinstance(value, date) and not isinstance(value, datetime):
            sheet.write_datetime(row, column, datetime(value.year, value.month, value.day), self._date)  # noqa: DTZ001 - a workbook knows no zones
        elif isinstance(value, int | float):
            sheet.write_number(row, column, value / _SECONDS_IN_A_DAY if unit == "seconds" else value, self._formats.get(unit))
        elif unit:
            sheet.write_string(row, column, "withheld" if unit == "cases" else "")


def _scope(line: Line, since: date, until: date) -> list[object]:
    scope = line.scope
    return [scope.division or line.name.en, scope.standard, scope.audience, scope.kind, line.stated_as, since, until]
