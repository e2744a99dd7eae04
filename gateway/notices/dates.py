"""Dates, times and opening hours as people write them, in English and in French as Canada has it.

Decides how a moment reads; never which moment it is. All moments come in as local time of the division. Own tables and not
Babel's, whose locale files are read from disk at first use (this room is pure). French gets its no-break spaces afterwards,
from `typography.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_DAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
}
_MONTHS = {
    "en": ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"),
    "fr": ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"),
}


def day(value: date, language: str) -> str:
    """`Monday, November 16, 2026` · `lundi 16 novembre 2026` (the first of a month: `1er`)."""
    return f"{_weekday_and_day(value, language)}{',' if language == 'en' else ''} {value.year}"


def clock(value: time, language: str) -> str:
    """`10:12 a.m.`, `4 p.m.`, `noon` · `10 h 12`, `16 h`, `12 h`; seconds are left out, so a promise is never printed later than it is."""
    if language == "fr":
        return f"{value.hour} h" + (f" {value.minute:02}" if value.minute else "")
    if (value.hour, value.minute) == (12, 0):
        return "noon"
    half = "a.m." if value.hour < 12 else "p.m."
    return f"{(value.hour + 11) % 12 + 1}" + (f":{value.minute:02}" if value.minute else "") + f" {half}"


def moment(at: datetime, language: str) -> str:
    """`Monday, November 16, 2026, at 10:12 a.m.` · `lundi 16 novembre 2026, à 10 h 12`.

    English midnight is `just after midnight`: `12 a.m.` is read by some as noon, by some as the end of that day.
    """
    if language == "en" and (at.hour, at.minute) == (0, 0):
        return f"{day(at.date(), language)}, just after midnight"
    return f"{day(at.date(), language)}, {'at' if language == 'en' else 'à'} {clock(at.timetz(), language)}"


def last_day(due: datetime) -> date:
    """The day that a promise names: a clock that ends at midnight ends with the day before."""
    return (due - timedelta(days=1)).date() if ends_with_a_day(due) else due.date()


def ends_with_a_day(due: datetime) -> bool:
    """Whether it lies at midnight, and is told as the end of the day before."""
    return due.timetz().replace(tzinfo=None) == time(0)


def deadline(due: datetime, language: str, zone: ZoneInfo) -> str:
    """What follows `by` · `au plus tard le`: a moment with its zone, or `the end of Thursday, November 26, 2026`."""
    if ends_with_a_day(due):
        named = day(last_day(due), language)
        return f"the end of {named}" if language == "en" else f"{named}, à la fin de la journée"
    return f"{moment(due, language)}, {zone_name(zone, language)}"


def near(at: datetime, now: datetime, language: str) -> str:
    """`Friday at 4:30 p.m.` · `vendredi à 16 h 30` within six days of `now`; beyond, where a bare weekday would name the wrong
    week, `Thursday, December 24, at 4:30 p.m.` · `le jeudi 24 décembre à 16 h 30`."""
    is_near = abs((at.date() - now.date()).days) <= 6
    named = _DAYS[language][at.weekday()] if is_near else _weekday_and_day(at.date(), language)
    if language == "en":
        return f"{named}{'' if is_near else ','} at {clock(at.timetz(), language)}"
    return f"{'' if is_near else 'le '}{named} à {clock(at.timetz(), language)}"


def zone_name(zone: ZoneInfo, language: str) -> str:
    """`Toronto time` · `heure de Toronto`; a zone without a place keeps its own name (`UTC`)."""
    area, slash, place = zone.key.rpartition("/")
    if not slash or area == "Etc":
        return place
    city = place.replace("_", " ")
    if language == "en":
        return f"{city} time"
    return f"heure d'{city}" if city[0] in "AEIOUYH" else f"heure de {city}"


def opening_hours(hours: Mapping[int, tuple[tuple[time, time], ...]], language: str) -> str:
    """`Monday to Friday, 8:30 a.m. to 4:30 p.m.` · `du lundi au vendredi, de 8 h 30 à 16 h 30`; "" when never open.

    Days in a row with the same spans are told together.
    """
    groups: list[tuple[int, int, tuple[tuple[time, time], ...]]] = []
    for weekday in range(7):
        spans = hours.get(weekday, ())
        if not spans:
            continue
        if groups and groups[-1][1] == weekday - 1 and groups[-1][2] == spans:
            groups[-1] = (groups[-1][0], weekday, spans)
        else:
            groups.append((weekday, weekday, spans))
    return "; ".join(f"{_days(first, last, language)}, {_spans(spans, language)}" for first, last, spans in groups)


def _weekday_and_day(value: date, language: str) -> str:
    weekday, month = _DAYS[language][value.weekday()], _MONTHS[language][value.month - 1]
    if language == "en":
        return f"{weekday}, {month} {value.day}"
    return f"{weekday} {'1er' if value.day == 1 else value.day} {month}"


def _days(first: int, last: int, language: str) -> str:
    names = _DAYS[language]
    if first == last:
        return names[first] if language == "en" else f"le {names[first]}"
    return f"{names[first]} to {names[last]}" if language == "en" else f"du {names[first]} au {names[last]}"


def _spans(spans: tuple[tuple[time, time], ...], language: str) -> str:
    def span(opens: time, closes: time) -> str:
        if language == "en":
            return f"{clock(opens, language)} to {'midnight' if closes == time(0) else clock(closes, language)}"
        return f"de {clock(opens, language)} à {'minuit' if closes == time(0) else clock(closes, language)}"

    return (" and " if language == "en" else " et ").join(span(*each) for each in spans)
