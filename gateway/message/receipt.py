"""When a stored message was received, by what its header says. No clock."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from gateway.message.dates import parse_date
from gateway.message.model import Field


def receipt_time(fields: Iterable[Field]) -> datetime | None:
    """Of the topmost Received (RFC 5321 §4.4: the last server's), else of Date; aware. None when neither can be read."""
    first: dict[str, str] = {}
    for each in fields:
        first.setdefault(each.key, each.value)
    return parse_date(first.get("received", "").rpartition(";")[2]) or parse_date(first.get("date"))
