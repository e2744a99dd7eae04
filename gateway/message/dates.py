"""RFC 5322 §3.3 and §4.3 dates, and what real mail writes instead; aware, or None. No clock: nothing is compared with now."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

_MONTHS = {name: number for number, name in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1)}
# RFC 5322 §4.3; single letters other than Z are of unknown meaning and count as -0000.
_ZONES = {"est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7, "ast": -4, "adt": -3, "nst": -3.5, "ndt": -2.5,
          "cet": 1, "cest": 2, "bst": 1, "eet": 2, "eest": 3, "ist": 5.5, "jst": 9, "hst": -10, "akst": -9, "akdt": -8}  # fmt: skip
_CLOCK = r"(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:[.,]\d+)?)?\s*(?P<half>[AaPp]\.?[Mm]\.?)?"
_ZONE = r"\s*(?P<zone>(?:GMT|UTC?)?\s*[+-]\d{1,2}:?\d{2}|[A-Za-z]{1,5})?"
_FORMS = tuple(
    re.compile(form)
    for form in (
        r"(?:[^\W\d_]{2,12}[,.]*\s*)?(?P<day>\d{1,2})[\s-]+(?P<month>[A-Za-z]{3,9})\.?[\s,-]+(?P<year>\d{2,4}),?\s+" + _CLOCK + _ZONE,
        r"(?:[A-Za-z]{3,9},?\s+)?(?P<month>[A-Za-z]{3,9})\s+(?P<day>\d{1,2}),?\s+" + _CLOCK + r"(?:\s+(?P<zone>[A-Z]{3,4}))?\s+(?P<year>\d{4})",
        r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})[T\s]\s*" + _CLOCK + _ZONE,
    )
)
_ORDINARY = re.compile(r"(?:[A-Za-z]{3}, )?(\d{1,2}) ([A-Za-z]{3}) (\d{4}) (\d\d):(\d\d):(\d\d) ([+-]\d{4})(?: \([A-Za-z]{1,40}\))?", re.ASCII)
"""As RFC 5322 has it, and nearly all mail; the first of `_FORMS` reads it alike."""
_COMMENT = re.compile(r"\([^()]*\)")


def parse_date(value: str | None) -> datetime | None:
    """An aware datetime; a missing or unknown zone counts as UTC. Years before 1970 or after 2199 and zones beyond 15 hours are None."""
    if not value:
        return None
    ordinary = _ORDINARY.fullmatch(value)
    try:
        if ordinary:
            day, name, year, hour, minute, second, zone = ordinary.groups()
            return _moment(int(year), _month(name), int(day), int(hour), int(minute), int(second), _zone(zone))
        text = _COMMENT.sub(" ", value[:200]).strip()
        found = next((match for form in _FORMS if (match := form.match(text))), None)
        return _build(found.groupdict()) if found else None
    except (ValueError, OverflowError):
        return None


def _build(part: dict[str, str | None]) -> datetime | None:
    hour = int(part["hour"] or 0)
    if part["half"]:
        hour = hour % 12 + (12 if part["half"][0] in "pP" else 0)
    year, month, zone = _year(part["year"] or ""), _month(part["month"] or ""), _zone(part["zone"] or "")
    return _moment(year, month, int(part["day"] or 0), hour, int(part["minute"] or 0), int(part["second"] or 0), zone)


def _moment(year: int, month: int | None, day: int, hour: int, minute: int, second: int, zone: timezone | None) -> datetime | None:
    if not 1970 <= year < 2200 or month is None or zone is None:
        return None
    return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=zone)  # a leap second


def _year(text: str) -> int:
    year = int(text)
    if len(text) == 2:
        return year + (2000 if year < 50 else 1900)
    return year + 1900 if len(text) == 3 else year


def _month(text: str) -> int | None:
    return int(text) if text.isdigit() else _MONTHS.get(text[:3].lower())


@lru_cache(maxsize=256)
def _zone(text: str) -> timezone | None:
    name = text.strip().lower()
    offset = re.search(r"([+-])(\d{1,2}):?(\d{2})$", name)
    if offset is None:
        return timezone(timedelta(hours=_ZONES[name])) if name in _ZONES else UTC
    span = timedelta(hours=int(offset[2]), minutes=int(offset[3]))
    if span > timedelta(hours=15):
        return None
    return timezone(-span if offset[1] == "-" else span)
