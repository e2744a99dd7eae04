"""RFC 5322 §3.3 and §4.3 dates, and what real mail writes instead; aware, or None. No clock: nothing is compared with now."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

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
_COMMENT = re.compile(r"\([^()]*\)")


def parse_date(value: str | None) -> datetime | None:
    """An aware datetime; a missing or unknown zone counts as UTC. Years before 1970 or after 2199 and zones beyond 15 hours are None."""
    text = _COMMENT.sub(" ", (value or "")[:200]).strip()
    found = next((match for form in _FORMS if (match := form.match(text))), None)
    if found is None:
        return None
    try:
        return _build(found.groupdict())
    except (ValueError, OverflowError):
        return None


def _build(part: dict[str, str | None]) -> datetime | None:
    year, month = _year(part["year"] or ""), _month(part["month"] or "")
    zone = _zone(part["zone"] or "")
    if not 1970 <= year < 2200 or month is None or zone is None:
        return None
    hour = int(part["hour"] or 0)
    if part["half"]:
        hour = hour % 12 + (12 if part["half"][0] in "pP" else 0)
    second = min(int(part["second"] or 0), 59)  # a leap second
    return datetime(year, month, int(part["day"] or 0), hour, int(part["minute"] or 0), second, tzinfo=zone)


def _year(text: str) -> int:
    year = int(text)
    if len(text) == 2:
        return year + (2000 if year < 50 else 1900)
    return year + 1900 if len(text) == 3 else year


def _month(text: str) -> int | None:
    return int(text) if text.isdigit() else _MONTHS.get(text[:3].lower())


def _zone(text: str) -> timezone | None:
    name = text.strip().lower()
    offset = re.search(r"([+-])(\d{1,2}):?(\d{2})$", name)
    if offset is None:
        return timezone(timedelta(hours=_ZONES[name])) if name in _ZONES else UTC
    span = timedelta(hours=int(offset[2]), minutes=int(offset[3]))
    if span > timedelta(hours=15):
        return None
    return timezone(-span if offset[1] == "-" else span)
