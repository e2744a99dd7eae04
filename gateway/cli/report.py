"""`gateway report`: how the promise was kept, as figures that reconcile; and the closing of a month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import click
from sqlalchemy import Connection

from gateway.cli.diagnostics import cannot_run, config_option, found_wrong, say, settings_or_exit
from gateway.cli.outbox import opened
from gateway.cli.report_output import Format, show
from gateway.ledger.figure_rows import any_message_before
from gateway.ledger.policy_rows import last_good
from gateway.policy.field_types import did_you_mean
from gateway.policy.model import Policy
from gateway.policy.texts import is_text
from gateway.reports import closing
from gateway.reports.closing import CannotClose, Damaged
from gateway.reports.making import known_division
from gateway.reports.office_time import midnight
from gateway.reports.periods import MOST_STEPS, Days, month_name, month_of, steps, whole_month, written
from gateway.reports.report import Report, Step
from gateway.rulebook_loading import dry_run_key, missing_folders, settle_rulebook
from gateway.settings import Settings

_BY_NAME: dict[str, Format] = {
    "": "text", ".txt": "text", ".html": "html", ".htm": "html", ".json": "json", ".csv": "csv", ".xlsx": "xlsx",
}  # fmt: skip
"""The ending of a file -> what is written to it."""


@click.command()
@config_option
@click.option("--division", metavar="SLUG", help="One division's report (default: the City's).")
@click.option("--period", metavar="PERIOD", help="A month (2026-10), a quarter (2026-Q4), a year or a day. Default: the last whole month.")
@click.option("--since", metavar="DATE", help="Instead of a period: from this day on.")
@click.option("--until", metavar="DATE", help="To the end of this day. Default: today.")
@click.option("--every", "step", type=click.Choice(["day", "week", "month", "quarter"]), help="Step of the trends (default: by the period).")
@click.option(
    "--format", "format_", type=click.Choice(["text", "html", "json", "csv", "xlsx"]), default=None, help="Default: by the ending of FILE, else text."
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option(
    "--output", type=click.Path(path_type=Path), metavar="FILE", help="Write here instead of standard output: .html, .xlsx, .csv, .json or .txt."
)
@click.option("--close", "month", metavar="MONTH", help="Freeze the figures of a month, such as 2026-10.")
def report(
    config: Path | None, division: str | None, period: str | None, since: str | None, until: str | None, step: Step | None,
    format_: Format | None, as_json: bool, output: Path | None, month: str | None,
) -> None:  # fmt: skip
    """How the promise was kept: attainment and latency. With everything that was not counted; what each figure means: docs/reports.md.

    \b
    Examples:
      gateway report                                        the last whole month, the whole City
      gateway report --division human-resources --period 2026-10
      gateway report --period 2026-Q3 --output third-quarter.xlsx
      gateway report --since 2026-11-01 --until 2026-11-15 --every day --json
      gateway report --close 2026-10                        October stays as it is; corrections are listed from now on
    """
    now = datetime.now(UTC)
    asked = _Asked(division, _days(period, since, until, now.date()), step, _format(format_, as_json, output))
    if month is not None and (division or asked.days or step):
        raise click.UsageError("--close takes a month, and freezes the reports of the City and of every division")
    chosen = _month(month) if month is not None else None
    settings = settings_or_exit(config)
    with opened(config) as ledger:
        with ledger.reading() as connection:
            policy = _policy(settings, connection, now)
            made = None if chosen else _made(connection, policy, asked, now)
        if chosen is not None:
            with ledger.writing() as connection:  # what cannot be written to FILE is not closed, either
                made = _closed(connection, policy, chosen, now)
                show(made, asked.format, output)
            say([f"{month_name(chosen.since)} is closed: SHA-256 of the figures {made.period.figures_hash}, policy {made.policy_version}."])
        elif made is not None:
            show(made, asked.format, output)


@dataclass(frozen=True, slots=True)
class _Asked:
    division: str | None
    days: Days | None
    """None: the last whole month."""
    step: Step | None
    format: Format


def _days(period: str | None, since: str | None, until: str | None, today: date) -> Days | None:
    """None where nothing was asked for."""
    if period is not None:
        if since or until:
            raise click.UsageError("--period says both ends; leave out --since and --until")
        return _written(period, "--period")
    first, last = _written(since, "--since"), _written(until, "--until")
    if first is None and last is None:
        return None
    start = first.since if first else month_of(last.until if last else today).since
    end = last.until if last else today
    if last is None and start > today:
        raise click.BadParameter(f"{start} has not come yet", param_hint="--since")
    if end < start:
        raise click.BadParameter(f"the period ends on {end}, before it starts on {start}", param_hint="--until")
    return Days(start, end)


def _written(text: str | None, option: str) -> Days | None:
    try:
        return None if text is None else written(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=option) from None


def _month(text: str) -> Days:
    days = _written(text, "--close")
    if days is None or not whole_month(days):
        raise click.BadParameter(f"'{text}' is not a month; write one such as 2026-10", param_hint="--close")
    return days


def _format(format_: Format | None, as_json: bool, output: Path | None) -> Format:
    if as_json and format_ not in (None, "json"):
        raise click.UsageError("--json and --format say different things")
    if as_json or format_ is not None:
        return format_ or "json"
    ending = output.suffix.lower() if output else ""
    if ending not in _BY_NAME:
        said = f"a file '{ending}' cannot be written; name it .html, .xlsx, .csv, .json or .txt, or say what it is to be with --format"
        raise click.BadParameter(said, param_hint="--output")
    return _BY_NAME[ending]


def _policy(settings: Settings, connection: Connection, now: datetime) -> Policy:
    """What is in force: a file with an error counts as it last was good, as it does for mail."""
    if missing := missing_folders(settings):
        cannot_run(*missing)
    standing = settle_rulebook(settings, dry_run_key(settings), now, last_good(connection))
    refused = sorted(name for name in standing.refused if not is_text(name))
    say(f"warning: {name} has errors (gateway check); its last good version counts" for name in refused)
    if standing.rulebook is None:
        found_wrong("error: the policies have errors, and no good version is known; run gateway check")
    return standing.rulebook.policy


def _closed(connection: Connection, policy: Policy, month: Days, now: datetime) -> Report:
    try:
        return closing.close(connection, policy, month, now)
    except CannotClose as error:
        found_wrong(f"error: {error}")


def _made(connection: Connection, policy: Policy, asked: _Asked, now: datetime) -> Report:
    if asked.division is not None and not known_division(connection, policy, asked.division):
        hint = did_you_mean(asked.division, policy.divisions) or f"; there are {', '.join(sorted(policy.divisions))}"
        raise click.BadParameter(f"there is no '{asked.division}'{hint}", param_hint="--division")
    days = asked.days or _last_month(connection, policy, now)
    if days.since > now.astimezone(policy.zone).date():
        raise click.BadParameter(f"{days.since} has not come yet", param_hint="--period")
    if asked.step and len(steps(days, asked.step)) > MOST_STEPS:
        raise click.BadParameter(f"a trend of more than {MOST_STEPS} steps is too long to read; choose a longer step", param_hint="--every")
    try:
        return closing.report(connection, policy, days, now, division=asked.division, step=asked.step)
    except Damaged as error:
        found_wrong(f"error: {error}")


def _last_month(connection: Connection, policy: Policy, now: datetime) -> Days:
    """The last whole month; of a gateway that is newer than that, the month that runs."""
    running = month_of(now.astimezone(policy.zone).date())
    known = any_message_before(connection, midnight(running.since, policy.zone))
    return month_of(running.since - timedelta(days=1)) if known else running
