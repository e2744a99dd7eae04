"""Months that are closed: their figures are frozen, and a later report shows them as they were, with what would differ today.

Never changes what is frozen. Closing is refused while a promised date of the month has not passed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from gateway.ledger import closed_periods, figure_rows
from gateway.ledger.closed_periods import ClosedPeriod
from gateway.policy.calendar import spoken_date
from gateway.policy.model import Policy
from gateway.reports.document import canonical, digest, read
from gateway.reports.making import Reports
from gateway.reports.office_time import midnight
from gateway.reports.periods import Days, month_name, month_of, whole_month
from gateway.reports.report import Report, Restatement, Scope, Step
from gateway.reports.tidy import figures_of, volume_names

STEP: Step = "week"
"""Of the trends of a closed month."""


class CannotClose(Exception):
    """One line for the user: why not, and when."""


class Damaged(Exception):
    """The figures in the ledger are not those that were frozen."""


def close(connection: Connection, policy: Policy, month: Days, now: datetime) -> Report:
    """Freeze the City's report and each division's in the caller's transaction; returns the City's. Raises CannotClose."""
    name, key = month_name(month.since), f"{month.since:%Y-%m}"
    if (before := closed_periods.closed_at(connection, key)) is not None:
        raise CannotClose(f"{name} was closed on {spoken_date(before.astimezone(policy.zone).date())}; what is closed stays, corrections are listed")
    making = Reports(connection, policy, month, now, STEP)
    city = making.report(None)
    if not figure_rows.any_message_before(connection, midnight(month.until + timedelta(days=1), policy.zone)):
        raise CannotClose(f"nothing was recorded in {name} or before it; there is nothing to close")
    if city.period.running:
        raise CannotClose(f"{name} is not over yet; close it when its last promised date has passed")
    if until := city.period.provisional_until:
        raise CannotClose(f"{name} cannot be closed before {spoken_date(until.date())}, {until:%H:%M}: the last date promised in it has not passed")
    reports = [city, *(making.report(line.scope.division) for line in city.divisions)]
    closed_periods.write(connection, [_frozen(each, key, now) for each in reports])
    return _marked(city, now, digest(canonical(city)))


def report(connection: Connection, policy: Policy, days: Days, now: datetime, *, division: str | None = None, step: Step | None = None) -> Report:
    """The report of a period: of a closed month, as it was closed; else as the figures stand at `now` (aware). Raises Damaged."""
    frozen = closed_periods.read(connection, f"{days.since:%Y-%m}", division) if whole_month(days) else None
    fresh = Reports(connection, policy, days, now, step).report(division)
    if frozen is None:
        return fresh
    if step not in (None, STEP):
        note = f"This month is closed by {STEP}; these figures by {step} are not those that were closed."
        return replace(fresh, notes=(note,))
    if digest(frozen.figures) != frozen.figures_hash:
        raise Damaged(f"the closed figures of {frozen.period} do not match their hash: restore the ledger from a backup")
    closed = read(frozen.figures)
    shown = _marked(closed, frozen.closed_at, frozen.figures_hash)
    if fresh.period.incomplete or (closed.messages and fresh.messages and fresh.messages.seen < closed.messages.seen):
        return replace(shown, notes=("Records of this month are no longer kept in full; these are the figures of its closing.",))
    return replace(shown, restatements=tuple(_restatements(closed, fresh)))


def _frozen(report: Report, period: str, now: datetime) -> ClosedPeriod:
    octets = canonical(report)
    return ClosedPeriod(period, report.division or "", now, report.policy_version, report.calendar_hash, octets, digest(octets))


def _marked(report: Report, closed_at: datetime, figures_hash: str) -> Report:
    """As it was, with the marks of a closed month; times come back with their offset, and get their zone again."""
    return replace(report, period=replace(report.period, closed_at=closed_at.astimezone(ZoneInfo(report.zone)), figures_hash=figures_hash))


def _restatements(closed: Report, fresh: Report) -> Iterator[Restatement]:
    """Every figure of the period, not of its steps, that both tell and that differ."""
    older = not fresh.period.before_incomplete  # else the period before has shrunk, and nothing was corrected
    before, after = dict(_told(closed, older=older)), dict(_told(fresh, older=older))
    for key in [*before, *(key for key in after if key not in before)]:
        then, now = before.get(key, 0), after.get(key, 0)
        if then is not None and now is not None and then != now:
            yield Restatement(*key, then, now)


def _told(report: Report, *, older: bool) -> Iterator[tuple[tuple[str, str], float | None]]:
    for line in (report.whole, *report.divisions, *report.lines):
        for name, value in figures_of(line).items():
            yield (scope_name(line.scope), name), value
    for volume in report.volumes:
        for name, value in volume_names(volume).items():
            if older or name != "received_before":
                yield (f"{volume.division or 'City'}: {volume.kind}", name), value
    if report.messages:
        yield ("messages", "seen"), report.messages.seen
        yield ("messages", "inquiries"), report.messages.inquiries
        for each in report.messages.not_counted:
            yield ("messages", each.reason), each.messages


def scope_name(scope: Scope) -> str:
    """`human-resources: public inquiry (label)`, as rows of tables call it."""
    if scope.division is None:
        return "City"
    return scope.division if scope.kind is None else f"{scope.division}: {scope.audience}, {scope.kind} ({scope.standard})"


__all__ = ["CannotClose", "Damaged", "close", "month_of", "report", "scope_name"]
