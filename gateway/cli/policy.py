"""`gateway policy log`: what changed in the policy files, when, and whether it took effect."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from gateway.cli.diagnostics import config_option, settings_or_exit
from gateway.cli.local_times import city_zone, local
from gateway.cli.outbox import opened
from gateway.ledger import policy_rows
from gateway.ledger.records import PolicyChange


@click.group()
def policy() -> None:
    """The policy files and their history.

    \b
    Examples:
      gateway policy log              what changed, and whether it took effect
      gateway policy log --limit 5
    """


@policy.command("log")
@config_option
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True, metavar="N", help="The newest N changes.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output, nothing else.")
def log_(config: Path | None, limit: int, as_json: bool) -> None:
    """What changed in policies, templates and signatures. As a running gateway has seen it, oldest first.

    \b
    Each with its time, file and outcome, the keys with their old and new values, the policy version before and after,
    and the author of the commit where the folder is a git work tree.
    """
    with opened(config) as ledger, ledger.reading() as connection:
        found, zone = policy_rows.changes(connection, limit), city_zone(settings_or_exit(config), connection)
    if as_json:
        click.echo(json.dumps([_document(each) for each in found], ensure_ascii=False, default=datetime.isoformat, indent=2))
    elif found:
        click.echo("\n".join(line for each in found for line in _lines(each, zone)))
    else:
        click.echo("No change of a policy file is recorded yet.")


def _document(change: PolicyChange) -> dict[str, object]:
    return {**asdict(change), "differences": [each._asdict() for each in change.differences]}


def _lines(change: PolicyChange, zone: ZoneInfo | None) -> Iterator[str]:
    author = f"  by {change.author}" if change.author else ""
    versions = f"{change.version_before or '-'} → {change.version_after or '-'}"
    yield f"{local(change.at, zone, seconds=True)}  {change.outcome:12}  {change.file}  {versions}{author}"
    yield from (f"    {each}" for each in change.problems)
    if change.outcome == "took-effect" and all(each.old is None for each in change.differences):
        yield f"    new file, {len(change.differences)} values" if change.differences else "    comments or layout only"
        return
    for each in change.differences:
        yield f"    {each.key}: {_shown(each.old)} → {_shown(each.new)}"


def _shown(value: str | None) -> str:
    return "(nothing)" if value is None else " ".join(value.split())
