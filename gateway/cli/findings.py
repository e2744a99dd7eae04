"""`gateway findings list|uphold`: what mail from staff lacked, and what they called a mistake."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from rich.table import Table

from gateway.cli.diagnostics import config_option, found_wrong, settings_or_exit
from gateway.cli.local_times import city_zone, local
from gateway.cli.outbox import opened
from gateway.cli.tables import show, table
from gateway.cli.trace import record_look_up
from gateway.ledger import finding_rows
from gateway.ledger.finding_rows import Found


@click.group()
def findings() -> None:
    """What mail from staff lacked. Nobody is named: who replied MISTAKE stands in the reply itself, at the help desk.

    \b
    Examples:
      gateway findings list --disputed
      gateway findings list --person robin.sample@toronto.example
      gateway findings uphold 17        it was right after all: it counts again
    """


@findings.command("list")
@config_option
@click.option("--disputed", is_flag=True, help="Only those that somebody called a mistake, and that a person has yet to look at.")
@click.option("--division", default=None, metavar="SLUG", help='Of one division; "city" for staff who belong to none.')
@click.option("--person", default=None, metavar="ADDRESS", help="Of one person; the address is hashed and looked up.")
@click.option("--json", "as_json", is_flag=True, help="JSON on standard output, nothing else.")
def list_(config: Path | None, disputed: bool, division: str | None, person: str | None, as_json: bool) -> None:
    """The newest 1000, oldest first."""
    with opened(config) as ledger:
        persons = ledger.pseudonyms.under_all(lambda key: key.of_address(person or "")) or None
        with ledger.reading() as connection:
            found = finding_rows.found(connection, disputed=disputed, division=division, persons=persons)
            zone = city_zone(settings_or_exit(config), connection)
        if persons:
            record_look_up(ledger, "findings", persons)
    if as_json:
        click.echo(json.dumps([asdict(each) for each in found], default=datetime.isoformat, indent=2))
    elif found:
        show(_table(found, zone))
    else:
        click.echo("There are none.")


@findings.command()
@config_option
@click.argument("ids", nargs=-1, type=int, metavar="ID...", required=True)
def uphold(config: Path | None, ids: tuple[int, ...]) -> None:
    """Let disputed findings count again. Do so when a person has looked at them. To side with the person, do nothing: they count no more."""
    with opened(config) as ledger, ledger.writing() as connection:
        changed = finding_rows.reinstate(connection, ids)
    click.echo(f"{changed} count again.")
    if changed < len(ids):
        found_wrong(f"error: not disputed: {len(ids) - changed} of {len(ids)}; see gateway findings list --disputed")


def _table(found: list[Found], zone: ZoneInfo | None) -> Table:
    made = table("ID", "division", "finding", "more", "found", "told", "mended", "disputed")
    for each in found:
        times = [local(at, zone) for at in (each.at, each.told_at, each.mended_at, each.disputed_at)]
        made.add_row(str(each.id), each.division, each.kind, ", ".join(each.detail), *times)
    return made
