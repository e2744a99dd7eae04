"""A report as one self-contained HTML file. Pure: values in, text out."""

from __future__ import annotations

from gateway.reports.report import Report


class NotRendered(Exception):
    """One line for the user."""


def render(report: Report) -> str:
    """The whole file. Raises NotRendered."""
    raise NotRendered("HTML is not made by this version yet; write --format text, json, csv or xlsx")
