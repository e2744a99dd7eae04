"""`gateway measure set|list`: figures that mail cannot tell, entered by a person; corrections stay visible."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click

from gateway.cli.diagnostics import cannot_run, config_option, found_wrong, say, settings_or_exit
from gateway.cli.local_times import local
from gateway.cli.outbox import opened
from gateway.cli.tables import show, table
from gateway.ledger import survey_rows
from gateway.ledger.ledger import Ledger
from gateway.ledger.policy_rows import last_good
from gateway.ledger.survey_rows import Entry
from gateway.policy.field_types import did_you_mean
from gateway.policy.model import Division, Measure, Policy
from gateway.reports.comparing import meets, why_not
from gateway.reports.measures import entered_as, period_of, value_of
from gateway.reports.periods import written
from gateway.rulebook import Rulebook
from gateway.rulebook_loading import dry_run_key, missing_folders, settle_rulebook
from gateway.settings import Settings

_NUMBER = r"-?\d{1,12}(?:[.,]\d{1,6})?"
_PLAIN = re.compile(rf"({_NUMBER})\s*%?")
_OUT_OF = re.compile(rf"({_NUMBER})\s*(?:of|out of|/|sur)\s*({_NUMBER})", re.IGNORECASE)
_EXAMPLES = {"month": "2026-10", "quarter": "2026-Q3", "year": "2026"}


@click.group()
def measure() -> None:
    """Figures that people enter, such as administrative time. What is measured stands in the division's policy file.

    \b
    Examples:
      gateway measure set internal-audit administrative-time 17.5 --period 2026-Q3
      gateway measure set strategic-corporate-policy engagement-options "9 of 9" --period 2026-Q3
      gateway measure list --division human-resources
    """


@measure.command("set", context_settings={"ignore_unknown_options": True})
@config_option
@click.argument("division")
@click.argument("name", metavar="MEASURE")
@click.argument("value")
@click.option("--period", required=True, metavar="PERIOD", help="2026-10, 2026-Q3 or 2026: as often as the policy says (every).")
def set_(config: Path | None, division: str, name: str, value: str, period: str) -> None:
    """Enter VALUE, a number or "9 of 9". Entered again, it corrects: the report then shows what stood there before.

    What the measure cannot be is refused: a share over 100, less than none, or what its policy file excludes (values).
    """
    number, out_of = _value(value)
    settings, now = settings_or_exit(config), datetime.now(UTC)
    with opened(config) as ledger:
        policy = policy_in_force(settings, ledger, now).policy
        of = known_division(policy, division)
        known = _measure(of, name)
        entry = Entry(of.slug, known.slug, _period(period, known, now.astimezone(policy.zone)), number, out_of, now)
        if why := why_not(known, value_of(entry), share=out_of is not None or "%" in value):
            raise click.BadParameter(f"'{value}' cannot be: {why}", param_hint="VALUE")
        with ledger.writing() as connection:
            before = survey_rows.enter(connection, entry)
    met = meets(known.target, value_of(entry), known.baseline)
    target = "" if met is None else f"; target {known.target}: {'met' if met else 'missed'}"
    corrected = f", in place of {entered_as(before[-1])}" if before else ""
    click.echo(f"{of.slug}, {known.slug}, {entry.period}: {entered_as(entry)}{corrected}{target}")


@measure.command("list")
@config_option
@click.option("--division", default=None, metavar="SLUG", help="Of one division.")
@click.option("--json", "as_json", is_flag=True, help="JSON on standard output, nothing else.")
def list_(config: Path | None, division: str | None, as_json: bool) -> None:
    """Everything that was entered, and what waits for a first figure. Corrections included."""
    settings, now = settings_or_exit(config), datetime.now(UTC)
    with opened(config) as ledger:
        policy = policy_in_force(settings, ledger, now).policy
        if division is not None:
            division = known_division(policy, division).slug
        with ledger.reading() as connection:
            entered = survey_rows.entries(connection, division)
    if as_json:
        click.echo(json.dumps([_row(each, entered) for each in entered], default=datetime.isoformat, indent=2))
        return
    made = table("division", "measure", "period", "value", "target", "entered")
    for slug, of in sorted(policy.divisions.items()):
        for known in of.measures if division in (None, slug) else ():
            own = [each for each in entered if (each.division, each.measure) == (slug, known.slug)]
            for each in own:
                shown = entered_as(each) + ("" if _counts(each, entered) else " (corrected since)")
                made.add_row(slug, known.slug, each.period, shown, known.target, local(each.entered_at, policy.zone))
            if not own:
                made.add_row(slug, known.slug, f"each {known.every}", "–", known.target, "never")
    show(made) if made.row_count else click.echo("No measures are declared.")


def _row(each: Entry, entered: list[Entry]) -> dict[str, object]:
    return {**asdict(each), "counts": _counts(each, entered)}


def _counts(entry: Entry, entered: list[Entry]) -> bool:
    """Whether it is the latest of its period."""
    same = [each for each in entered if (each.division, each.measure, each.period) == (entry.division, entry.measure, entry.period)]
    return same[-1] is entry


def _value(text: str) -> tuple[float, float | None]:
    said = text.strip()
    if (found := _OUT_OF.fullmatch(said)) is not None:
        part, whole = (float(each.replace(",", ".")) for each in found.groups())
        if 0 <= part <= whole and whole:
            return part, whole
        raise click.BadParameter(f"'{text}' is more than all, or less than none, or of nothing", param_hint="VALUE")
    if (found := _PLAIN.fullmatch(said)) is not None:
        return float(found[1].replace(",", ".")), None
    raise click.BadParameter(f"'{text[:60]}' is not a number; write one such as 17.5, or 9 of 9", param_hint="VALUE")


def policy_in_force(settings: Settings, ledger: Ledger, now: datetime) -> Rulebook:
    """What is in force: a file with an error counts as it last was good."""
    if missing := missing_folders(settings):
        cannot_run(*missing)
    with ledger.reading() as connection:
        standing = settle_rulebook(settings, dry_run_key(settings), now, last_good(connection))
    say(f"warning: {name} has errors (gateway check); its last good version counts" for name in sorted(standing.refused))
    if standing.rulebook is None:
        found_wrong("error: the policies have errors, and no good version is known; run gateway check")
    return standing.rulebook


def known_division(policy: Policy, slug: str) -> Division:
    """Or one line that says which there are."""
    if slug in policy.divisions:
        return policy.divisions[slug]
    hint = did_you_mean(slug, policy.divisions) or f"; there are {', '.join(sorted(policy.divisions))}"
    raise click.BadParameter(f"there is no division '{slug}'{hint}", param_hint="DIVISION")


def _measure(division: Division, slug: str) -> Measure:
    known = {each.slug: each for each in division.measures}
    if slug in known:
        return known[slug]
    names = f"; it has {', '.join(sorted(known))}" if known else "; its policy file declares none (measures)"
    raise click.BadParameter(f"{division.slug} has no measure '{slug}'{did_you_mean(slug, known) or names}", param_hint="MEASURE")


def _period(text: str, known: Measure, today: datetime) -> str:
    try:
        days = written(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--period") from None
    period = period_of(days.since, known.every)
    if written(period) != days:
        said = f"'{text}' is not a {known.every}: {known.slug} is entered for each {known.every}, such as {_EXAMPLES[known.every]}"
        raise click.BadParameter(said, param_hint="--period")
    if days.since > today.date():
        raise click.BadParameter(f"{period} has not begun yet", param_hint="--period")
    return period
