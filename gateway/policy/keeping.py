"""For how long records are kept: `keep:` of city.yaml, as written, and what counts where it says nothing. Pure."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

DEFAULTS: Mapping[str, str] = {"cases": "13 months", "findings": "90 days", "look_ups": "2 years", "policy_changes": "7 years"}
"""Key of `keep:` -> what counts without it."""

_MONTHS = {"month": 1, "year": 12}
_DAYS = {"day": 1, "week": 7}
_SPAN = re.compile(r"([1-9]\d{0,3}) (day|week|month|year)s?")


def kept(keep: Mapping[str, str], what: str) -> str:
    """As written, or as by default."""
    return keep.get(what) or DEFAULTS[what]


def read_span(text: str) -> tuple[int, str]:
    """Number and unit, such as (13, "month"). Raises ValueError, in words for the admin."""
    found = _SPAN.fullmatch(" ".join(text.split()).lower())
    if found is None:
        raise ValueError(f"'{text[:60]}' is not a time for which records are kept; write it like 90 days, 13 months or 2 years")
    return int(found[1]), found[2]


def kept_since(text: str, now: datetime, zone: ZoneInfo) -> datetime:
    """The midnight (in `zone`) before which nothing is kept any more. `now` is aware. Raises ValueError for an unreadable span."""
    number, unit = read_span(text)
    today = now.astimezone(zone).date()
    try:
        day = today - timedelta(days=number * _DAYS[unit]) if unit in _DAYS else _months_before(today, number * _MONTHS[unit])
    except (OverflowError, ValueError):
        day = date(1, 1, 2)  # for ever
    return datetime.combine(day, datetime.min.time(), zone)


def _months_before(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
