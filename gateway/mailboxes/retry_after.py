"""Retry-After of an HTTP answer (RFC 9110 §10.2.3), in seconds. Pure: a date is measured against the answer's own Date, not by a clock of ours."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST = 3600.0
"""Seconds that are believed; a server that asks for more has a wrong clock, or will say so again."""


def retry_after(headers: Mapping[str, str]) -> float | None:
    """None where the answer asks for nothing that can be read."""
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return min(float(value), LONGEST)
    then, now = http_date(value), http_date(headers.get("Date", ""))
    return min(max(0.0, (then - now).total_seconds()), LONGEST) if then and now else None


def http_date(value: str) -> datetime | None:
    """Aware, UTC; None where it is none."""
    try:
        found = parsedate_to_datetime(value)
    except (ValueError, TypeError):
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
