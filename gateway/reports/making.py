"""Reads what a report needs out of the ledger and the policy in force, and has it assembled. The one way to a `Report`.

Reads only; a closed month comes back as it was closed (`closing.py`).
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Connection

from gateway.ledger import closed_periods, figure_rows, holds, policy_rows, retention, survey_rows
from gateway.ledger.figure_values import StaffMark
from gateway.policy.model import Calendar, Division, Policy
from gateway.reports.assemble import Asked, Found, assemble
from gateway.reports.measures import measure_rows
from gateway.reports.office_time import LocalTime, OfficeTime, day_number, midnight, soon
from gateway.reports.periods import Days, before, month_of, step_for, steps
from gateway.reports.report import MeasureRow, Report, Step
from gateway.reports.tally import CLOCKS, ClockName, Counts, Group, Office, Tally

_DAY = timedelta(days=1)
_TO_THE_END_OF_A_DAY = ("days", "business_days", "business_day_at", "business_day")


class Reports:
    """Reports of one period through several lenses; what they share is read once."""

    def __init__(self, connection: Connection, policy: Policy, days: Days, now: datetime, step: Step | None = None) -> None:
        """The figures as they stand at `now` (aware). `step`: of the trends."""
        self._connection, self._policy, self._days, self._now = connection, policy, days, now
        self._step = step or step_for(days)
        self._shared: dict[str, _Cases] = {}

    def report(self, division: str | None) -> Report:
        """`division`: the lens, a slug; None: the City. Days are those of the lens's zone."""
        zone = _calendar(self._policy, division).zone
        asked = Asked(division, self._days, self._step, steps(self._days, self._step), zone, self._now)
        if zone.key not in self._shared:
            self._shared[zone.key] = _Cases(self._connection, self._policy, asked)
        return assemble(asked, self._shared[zone.key].found(division), self._policy)


def not_kept(connection: Connection, policy: Policy, days: Days, now: datetime) -> tuple[date, ...]:
    """The first days of the months of `days` whose records are not all there any more; months in the City's zone.

    Of a closed month it is known how many messages it had; of others, whether they are from before the time for which records are kept.
    """
    kept_from = retention.cutoffs(connection, policy.keep, now, policy.zone).by_table["message"]
    held = bool(policy.keep.get("hold") or holds.standing(connection))
    found, month = [], month_of(days.since)
    while month.since <= days.until:
        first, end = midnight(max(month.since, days.since), policy.zone), midnight(month.until + _DAY, policy.zone)
        frozen = closed_periods.read(connection, f"{month.since:%Y-%m}", None)
        if frozen is not None:
            seen = json.loads(frozen.figures)["messages"]  # None: withheld
            gone = seen is not None and figure_rows.messages(connection, midnight(month.since, policy.zone), end) < seen["seen"]
        else:  # under a hold, what is older shows that the oldest was not erased before
            gone = first < kept_from and not (held and figure_rows.any_message_before(connection, first))
        if gone:
            found.append(month.since)
        month = month_of(month.until + _DAY)
    return tuple(found)


def known_division(connection: Connection, policy: Policy, division: str) -> bool:
    """Whether there is, or was, such a division."""
    return division in policy.divisions or figure_rows.has_division(connection, division)


class _Cases:
    """What the ledger has of one period, its days being those of one zone."""

    def __init__(self, connection: Connection, policy: Policy, asked: Asked) -> None:
        self._connection, self._policy, self._asked = connection, policy, asked
        self._between = midnight(asked.days.since, asked.zone), midnight(asked.days.until + _DAY, asked.zone)
        self._local = LocalTime.of(asked.zone, *self._between)
        self._times: list[tuple[Calendar, OfficeTime]] = []
        self._offices = {slug: self._office(division, division.calendar) for slug, division in policy.divisions.items()}
        self._elsewhere = self._office(None, _calendar(policy, None))
        self._counts = self._counted(figure_rows.cases(connection, *self._between))
        self._reopened = self._counted(figure_rows.reopenings(connection, *self._between))
        newest = {**_newest(self._reopened), **_newest(self._counts)}
        words = figure_rows.stated_as(connection, list(newest.values()))
        self._stated_as = {group: words.get(case_id, "") for group, case_id in newest.items()}
        self._before = self._received_before()
        self._incomplete = not_kept(connection, policy, asked.days, asked.now)
        self._before_incomplete = not_kept(connection, policy, before(asked.days), asked.now)

    def found(self, division: str | None) -> Found:
        """For one lens."""
        connection, between = self._connection, self._between
        mailboxes = self._mailboxes(division)
        return Found(
            counts=self._counts,
            reopened=self._reopened,
            before=self._before,
            stated_as=self._stated_as,
            reasons=figure_rows.reasons(connection, *between, mailboxes),
            cases_of_messages=figure_rows.cases_of_messages(connection, *between, mailboxes),
            staff_marks=self._staff_marks(division),
            changes=policy_rows.took_effect(connection, *between),
            last_due=figure_rows.last_due(connection, *between),
            calendar_hash=calendar_hash(self._policy, division, self._asked.days),
            measures=self._measures(division),
            incomplete=self._incomplete,
            before_incomplete=self._before_incomplete,
        )

    def _measures(self, division: str | None) -> tuple[MeasureRow, ...]:
        asked, connection = self._asked, self._connection
        today = asked.now.astimezone(self._policy.zone).date()
        return tuple(
            measure_rows(self._policy, division, asked.days, today, survey_rows.ratings(connection), survey_rows.entries(connection, division))
        )

    def _counted(self, chunks: Iterable[Sequence[tuple[Any, ...]]]) -> Counts:
        tally = Tally(self._asked.steps, self._local, self._offices, self._elsewhere, self._asked.now)
        for chunk in chunks:
            tally.add(chunk)
        return tally.counts()

    def _office(self, division: Division | None, calendar: Calendar) -> Office:
        standards = division.standards if division else ()
        by_day = {
            (each.label, clock)
            for each in standards
            for clock, promised in zip(CLOCKS, (each.acknowledge, each.respond), strict=True)
            if promised and promised.unit in _TO_THE_END_OF_A_DAY
        }
        by_answer = frozenset(each.label for each in standards if each.kept_by == "answer")
        return Office(self._time(calendar), soon(self._asked.now, calendar), frozenset[tuple[str, ClockName]](by_day), by_answer)

    def _time(self, calendar: Calendar) -> OfficeTime:
        """Most divisions have the City's."""
        known = next((time for each, time in self._times if each == calendar), None)
        if known is None:
            today = self._asked.now.astimezone(calendar.zone).date()
            known = OfficeTime.of(calendar, self._asked.days.since - _DAY, max(self._asked.days.until, today) + _DAY)
            self._times.append((calendar, known))
        return known

    def _received_before(self) -> dict[Group, int]:
        earlier, zone = before(self._asked.days), self._asked.zone
        rows = figure_rows.received_between(self._connection, midnight(earlier.since, zone), midnight(earlier.until + _DAY, zone))
        return {Group(*scope): n for *scope, n in rows}

    def _mailboxes(self, division: str | None) -> list[str] | None:
        if division is None:
            return None
        named = figure_rows.mailboxes_of(self._connection, *self._between, division)
        known = self._policy.divisions.get(division)
        return sorted(named | set(known.mailboxes if known else ()))

    def _staff_marks(self, division: str | None) -> list[Mapping[StaffMark, int]]:
        first_days = np.array([day_number(each.since) for each in self._asked.steps])
        found: list[Counter[StaffMark]] = [Counter() for _ in first_days]
        for chunk in figure_rows.staff_marks(self._connection, *self._between, division):
            at, marks = np.array(chunk, np.int64).T
            step = np.searchsorted(first_days, self._local.days(at), "right") - 1
            for mark in StaffMark:
                for number, n in enumerate(np.bincount(step[(marks & mark) != 0], minlength=len(first_days)).tolist()):
                    found[number][mark] += n
        return list(found)


def _newest(counts: Counts) -> dict[Group, int]:
    return dict(zip(counts.groups, counts.last_case, strict=True))


def _calendar(policy: Policy, division: str | None) -> Calendar:
    """Of a division; of the City, where it is None or known no more."""
    if division is not None and division in policy.divisions:
        return policy.divisions[division].calendar
    return policy.city_wide.calendar if policy.city_wide else Calendar(policy.zone, {}, {})


def calendar_hash(policy: Policy, division: str | None, days: Days) -> str:
    """SHA-256 of the hours, holidays and closures that business time of the period is measured by."""
    whose = policy.divisions if division is None else {division: policy.divisions[division]} if division in policy.divisions else {}
    said = {slug: _said(each.calendar, days) for slug, each in sorted(whose.items())}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _said(calendar: Calendar, days: Days) -> dict[str, object]:
    def in_period(day: date) -> bool:
        return days.since <= day <= days.until + 31 * _DAY  # promises of the last days reach beyond it

    return {
        "zone": calendar.zone.key,
        "hours": {str(weekday): [[each.isoformat() for each in span] for span in found] for weekday, found in calendar.hours.items()},
        "holidays": {day.isoformat(): name for day, name in calendar.holidays.items() if in_period(day)},
        "closures": {day.isoformat(): [at.isoformat(), why] for day, (at, why) in calendar.closures.items() if in_period(day)},
    }
