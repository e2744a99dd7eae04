"""`gateway due`: when a standard falls due, in steps that a reader can check by hand."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from gateway.cli.diagnostics import config_option, found_wrong, settings_or_exit
from gateway.judgement.standard import Promise, promise
from gateway.policy.calendar import Due, spoken_date
from gateway.policy.holiday_rules import YEARS_AHEAD, YEARS_BACK
from gateway.policy.load import load
from gateway.policy.model import Audience, Division, Policy
from gateway.settings import Settings

_YEARS = range(1950, 2101)


@click.command()
@click.option("--division", "slug", required=True, metavar="SLUG", help="Such as human-resources.")
@click.option("--audience", type=click.Choice(["public", "council", "internal"]), default="public", show_default=True)
@click.option("--kind", default=None, metavar="SLUG", help="Such as inquiry or correspondence (default: what a message without any mark is).")
@click.option("--received", required=True, metavar="TIME", help="ISO 8601; without an offset, in the division's zone.")
@config_option
@click.option("--json", "as_json", is_flag=True, help="JSON on standard output, nothing else.")
def due(slug: str, audience: Audience, kind: str | None, received: str, config: Path | None, as_json: bool) -> None:
    """When a standard falls due, in steps a reader can check by hand.

    \b
    Examples:
      gateway due --division human-resources --received "2026-02-13 16:50"
      gateway due --division executive-management --kind correspondence --received 2026-11-16T10:12
      gateway due --division strategic-communications --audience internal --received 2026-12-24T15:00-05:00 --json
    """
    moment = _moment(received)
    policy = _policy(settings_or_exit(config), moment)
    division = policy.divisions.get(slug) or _no_such("--division", slug, policy.divisions)
    kind = _kind(division, audience, kind)
    local = _in_zone(moment, division.calendar.zone)
    promised = promise(division, audience, kind, local)
    document = _document(division, audience, kind, local, promised)
    click.echo(json.dumps(document, ensure_ascii=False, indent=2) if as_json else _text(document, local, promised))


def _moment(text: str) -> datetime:
    """Aware or not, as it was written."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise click.BadParameter(f"'{text}' is not a time; write it like 2026-02-13T16:50", param_hint="--received") from None
    if moment.year not in _YEARS:
        raise click.BadParameter(f"the year {moment.year} is too far away: holidays are known from 1950 to 2100", param_hint="--received")
    return moment


def _in_zone(moment: datetime, zone: ZoneInfo) -> datetime:
    """A time that the clocks skip is as much later as they skip; of a doubled hour, the first is meant."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC).astimezone(zone)


def _policy(settings: Settings, moment: datetime) -> Policy:
    now = datetime.now(UTC)
    years = range(min(now.year - YEARS_BACK, moment.year - 1), max(now.year + YEARS_AHEAD, moment.year + 3) + 1)
    loaded = load(
        settings.paths.policies,
        organization_domains=tuple(settings.organization_domains),
        authserv_ids=tuple(settings.authserv_ids),
        signatures=settings.paths.signatures,
        templates=settings.paths.templates,
        years=years,
        now=now,
    )
    return loaded.policy or found_wrong(*(str(each) for each in loaded.diagnostics))


def _kind(division: Division, audience: Audience, kind: str | None) -> str:
    if kind is None:
        unmarked = (rule.kind for rule in division.kinds if audience in rule.audiences and not rule.any_of and not rule.but_not)
        return next(unmarked, division.default_kind)
    known = {"inquiry", division.default_kind, *(rule.kind for rule in division.kinds)}
    known |= {each for standard in division.standards for each in standard.kinds or ()}
    return kind if kind in known else _no_such("--kind", kind, known)


def _no_such(option: str, word: str, known: Iterable[str]) -> Any:
    names = sorted(known)
    close = difflib.get_close_matches(word, names, n=1)
    hint = f"did you mean '{close[0]}'?" if close else f"there are {', '.join(names)}"
    raise click.BadParameter(f"there is no '{word}'; {hint}", param_hint=option)


def _document(division: Division, audience: Audience, kind: str, received: datetime, promised: Promise) -> dict[str, Any]:
    """What `--json` prints; a clock that the standard does not promise is null."""
    return {
        "division": division.slug,
        "audience": audience,
        "kind": kind,
        "standard": promised.standard.label if promised.standard else None,
        "received": received.isoformat(),
        "acknowledge_by": _iso(promised.acknowledge),
        "respond_by": _iso(promised.respond),
        "stated_as": promised.standard.stated_as if promised.standard else None,
        "steps": [f"{name}: {step}" for name, clock in _clocks(promised) for step in clock.steps],
    }


def _iso(clock: Due | None) -> str | None:
    return clock.at.isoformat() if clock else None


def _clocks(promised: Promise) -> list[tuple[str, Due]]:
    return [(name, clock) for name, clock in (("acknowledge", promised.acknowledge), ("respond", promised.respond)) if clock]


def _text(document: dict[str, Any], received: datetime, promised: Promise) -> str:
    if promised.standard is None:
        return f"{document['division']} promises nothing for {document['kind']} from {document['audience']}, nor does the City."
    lines = [
        f"Standard    {document['standard']}",
        f'Stated as   "{document["stated_as"]}"',
        f"Received    {_spoken(received)}",
    ]
    for name, clock in _clocks(promised):
        lines += [f"{name.capitalize():11} by {_spoken(clock.at)}", *(f"  {number}. {step}" for number, step in enumerate(clock.steps, 1))]
    return "\n".join(lines)


def _spoken(at: datetime) -> str:
    return f"{spoken_date(at.date())}, {at:%H:%M %Z}"
