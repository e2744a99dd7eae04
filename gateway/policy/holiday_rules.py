"""The City's holidays: the holidays package's list for a country and region, then the City's own corrections, which are data.

Computed once for each load of the policy, for a bounded range of years; a look-up later computes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import holidays
from holidays.registry import COUNTRIES

from gateway.policy.field_types import did_you_mean

YEARS_BACK, YEARS_AHEAD = 30, 10
"""Around the year of loading: old mail can be replayed, and no promise reaches further."""

_SUBSTITUTE = " (observed)"
DayOfYear = tuple[int, int]


class HolidayRulesError(ValueError):
    """A country, region or group that is not known; `key` is where `city.yaml` has it."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key


@dataclass(frozen=True, slots=True)
class HolidayRules:
    """What `city.yaml` says under `holidays`."""

    country: str
    region: str | None
    groups: tuple[str, ...]
    not_ours: tuple[DayOfYear, ...] = ()
    only_monday_to_friday: tuple[DayOfYear, ...] = ()
    moved_from_a_weekend: tuple[DayOfYear, ...] = ()
    added: tuple[tuple[date, str], ...] = ()


def holidays_of(rules: HolidayRules, years: range) -> dict[date, str]:
    """Closed days with their names, in order. Raises HolidayRulesError, in plain words."""
    found = dict(_listed(rules.country, rules.region, rules.groups, years))
    for day in rules.not_ours:
        _drop(found, day, years, keep_itself=False)
    for day in rules.only_monday_to_friday:
        _drop(found, day, years, keep_itself=True)
    for day in rules.moved_from_a_weekend:
        _move(found, day, years)
    found.update((day, why) for day, why in rules.added if day.year in years)
    return dict(sorted(found.items()))


@lru_cache(maxsize=8)
def _listed(country: str, region: str | None, groups: tuple[str, ...], years: range) -> tuple[tuple[date, str], ...]:
    """The package's list. expand=False: by default it adds years when one looks a day up, past every correction."""
    code = _country_code(country)
    entity = holidays.country_holidays(code, subdiv=_region_code(code, region), years=[])
    for group in groups:
        if group not in entity.supported_categories:
            raise HolidayRulesError("groups", f"'{group}' is no group of holidays in {country}{did_you_mean(group, entity.supported_categories)}")
    language = next((each for each in ("en_CA", "en_US") if each in entity.supported_languages), None)
    computed = holidays.country_holidays(
        code, subdiv=_region_code(code, region), years=list(years), categories=groups, language=language, expand=False
    )
    return tuple(sorted(computed.items()))


def _country_code(name: str) -> str:
    known = {word: entry[1] for entry in COUNTRIES.values() for word in entry[:2]}
    code = _found(name.replace(" ", ""), known)
    if code is None:
        raise HolidayRulesError("country", f"'{name}' is no country that the holidays package knows{did_you_mean(name, known)}")
    return code


def _region_code(country: str, name: str | None) -> str | None:
    if name is None:
        return None
    entity = holidays.country_holidays(country, years=[])
    known: dict[str, str] = {**getattr(entity, "subdivisions_aliases", {}), **{code: code for code in entity.subdivisions}}
    code = _found(name, known)
    if code is None:
        raise HolidayRulesError("region", f"'{name}' is no region of that country{did_you_mean(name, known)}")
    return code


def _found(name: str, known: Mapping[str, str]) -> str | None:
    """By name or code, in any case."""
    return next((code for word, code in known.items() if word.lower() == name.lower()), None)


def _drop(found: dict[date, str], day: DayOfYear, years: Iterable[int], *, keep_itself: bool) -> None:
    """Takes away a day's substitute in each year, and the day too, unless `keep_itself` and it is a working day."""
    for itself in _in_years(day, years):
        name = found.get(itself)
        if name is None:
            continue
        for near in (itself + timedelta(days=number) for number in range(1, 5)):
            if found.get(near) == name + _SUBSTITUTE:
                del found[near]
        if not keep_itself or itself.weekday() > 4:
            del found[itself]


def _move(found: dict[date, str], day: DayOfYear, years: Iterable[int]) -> None:
    """Gives a day that falls on a week-end its substitute: the next weekday that is free."""
    for itself in _in_years(day, years):
        name = found.get(itself)
        if name is None or itself.weekday() < 5:
            continue
        if any(found.get(itself + timedelta(days=number)) == name + _SUBSTITUTE for number in range(1, 5)):
            continue
        substitute = itself + timedelta(days=1)
        while substitute.weekday() > 4 or substitute in found:
            substitute += timedelta(days=1)
        found[substitute] = name + _SUBSTITUTE


def _in_years(day: DayOfYear, years: Iterable[int]) -> Iterable[date]:
    month, number = day
    return (date(year, month, number) for year in years if (month, number) != (2, 29) or (year % 4 == 0 and (year % 100 or year % 400 == 0)))
