"""`gateway outbox list|retry|drop`: care for the queue of notices, without showing who they go to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from rich.table import Table

from gateway.cli.diagnostics import cannot_run, config_option, found_wrong, settings_or_exit
from gateway.cli.local_times import city_zone, local
from gateway.cli.tables import show, table
from gateway.ledger import outbox_rows
from gateway.ledger.errors import LedgerUnavailable
from gateway.ledger.key_file import UnusableKey
from gateway.ledger.ledger import Ledger
from gateway.ledger.migrations import REVISIONS, current
from gateway.ledger.outbox_rows import Waiting
from gateway.rulebook_loading import dry_run_key, keys_before

NUMBER = click.IntRange(1, 2**63 - 1)

id_arguments = click.argument("ids", nargs=-1, type=NUMBER, metavar="ID...")


@click.group()
def outbox() -> None:
    """Look after notices that wait to be sent. Addresses are never shown.

    \b
    Examples:
      gateway outbox list
      gateway outbox retry --all       the next hop is back: send now
      gateway outbox drop 17           this one must not go out
    """


@outbox.command("list")
@config_option
@click.option("--json", "as_json", is_flag=True, help="JSON on standard output, nothing else.")
def list_(config: Path | None, as_json: bool) -> None:
    """What waits, and why it has not gone out yet."""
    with opened(config) as ledger, ledger.reading() as connection:
        found, zone = outbox_rows.waiting(connection), city_zone(settings_or_exit(config), connection)
    if as_json:
        click.echo(json.dumps([asdict(each) for each in found], default=datetime.isoformat, indent=2))
    elif found:
        show(_table(found, zone))
    else:
        click.echo("Nothing waits.")


@outbox.command()
@config_option
@click.option("--all", "everything", is_flag=True, help="All that wait for another try; not what waits for an open day or for room.")
@id_arguments
def retry(config: Path | None, everything: bool, ids: tuple[int, ...]) -> None:
    """Make waiting notices due at once. A running gateway sends them within seconds."""
    if everything == bool(ids):
        raise click.UsageError("name the notices by ID, or --all")
    with opened(config) as ledger, ledger.writing() as connection:
        made_due = outbox_rows.retry(connection, datetime.now(UTC), None if everything else ids)
    _report("due now", made_due, ids)


@outbox.command()
@config_option
@click.argument("ids", nargs=-1, type=NUMBER, metavar="ID...", required=True)
def drop(config: Path | None, ids: tuple[int, ...]) -> None:
    """Never send these. Address and text are erased; the record says "dropped"."""
    with opened(config) as ledger, ledger.writing() as connection:
        dropped = outbox_rows.drop(connection, datetime.now(UTC), ids)
    _report("dropped", dropped, ids)


@contextmanager
def opened(config: Path | None) -> Iterator[Ledger]:
    """The ledger of a configuration; exit 2 when it cannot be used."""
    settings = settings_or_exit(config)
    try:
        ledger = Ledger(settings.ledger.url, key=dry_run_key(settings), clock=lambda: datetime.now(UTC), old_keys=keys_before(settings))
        with ledger.reading() as connection:
            if (found := current(connection)) != REVISIONS[-1] and (found is None or found in REVISIONS):
                cannot_run("error: the ledger is of an earlier version; start gateway serve once, which brings it up to date")
        yield ledger
    except (UnusableKey, LedgerUnavailable, ValueError) as error:
        if isinstance(error, LedgerUnavailable) and error.why == "missing":
            cannot_run(f"error: there is no ledger yet at {settings.ledger.url}; gateway serve makes it, --config FILE names another")
        cannot_run(f"error: {error}; see [ledger] in gateway.toml")
    ledger.close()


def _report(done: str, count: int, ids: tuple[int, ...]) -> None:
    click.echo(f"{count} {done}.")
    if count < len(ids):
        found_wrong(f"error: not waiting: {len(ids) - count} of {len(ids)} (settled, being sent, or never there); see gateway outbox list")


def _table(found: list[Waiting], zone: ZoneInfo | None) -> Table:
    made = table("ID", "kind", "division", "waits since", "next try", "tries", "last answer", "gives up")
    for each in found:
        answer = str(each.last_problem or each.last_code or "-")
        times = [local(at, zone) for at in (each.created_at, each.due_at, each.give_up_at)]
        made.add_row(str(each.notice_id), each.kind, each.division, times[0], times[1], str(each.attempts), answer, times[2])
    return made
