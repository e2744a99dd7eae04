"""`gateway mailbox list|import`: how watched mailboxes are, and their past, to be measured."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from gateway.cli.diagnostics import cannot_run, config_option, found_wrong, settings_or_exit
from gateway.cli.local_times import city_zone, local
from gateway.cli.tables import show, table
from gateway.ledger import watch_rows
from gateway.ledger.errors import LedgerUnavailable
from gateway.ledger.key_file import UnusableKey
from gateway.ledger.ledger import Ledger
from gateway.ledger.watch_rows import Place, Watched
from gateway.mailboxes.importing import Import
from gateway.mailboxes.mailbox import MailboxFault
from gateway.mailboxes.opening import open_mailbox
from gateway.rulebook import Rulebook
from gateway.rulebook_loading import dry_run_key, existing_or_new_key, keys_before, read_rulebook
from gateway.settings import Settings
from gateway.settings.mailboxes import MailboxSettings


@click.group()
def mailbox() -> None:
    """Watched mailboxes: how each is, and what it held before. Nothing is ever changed in one. docs/mailboxes.md

    \b
    Examples:
      gateway mailbox list
      gateway mailbox import hr --since 2026-01-01     count its past; nothing is sent
      gateway doctor                                   try every mailbox now
    """


@mailbox.command("list")
@config_option
@click.option("--json", "as_json", is_flag=True, help="JSON on standard output, nothing else.")
def list_(config: Path | None, as_json: bool) -> None:
    """How each is, since when, how far it was read. Asks the ledger, not the servers."""
    settings = settings_or_exit(config)
    now = datetime.now(UTC)
    known = _known(settings, now)
    found = [_told(each, known.get(each.name), now) for each in settings.mailbox]
    if as_json:
        click.echo(json.dumps(found, default=datetime.isoformat, indent=2))
    elif found:
        show(_table(found, city_zone(settings)))
    else:
        click.echo("No mailbox is watched; see docs/mailboxes.md.")


@mailbox.command("import")
@click.argument("name")
@config_option
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), required=True, metavar="DATE", help="From the beginning of this day, in the City's zone.")
@click.option("--again", is_flag=True, help="Begin anew, although an earlier import was begun or done.")
@click.option("--json", "as_json", is_flag=True, help="JSON on standard output, nothing else.")
def import_(name: str, config: Path | None, since: datetime, again: bool, as_json: bool) -> None:
    """Count the past of a mailbox; nothing is ever sent for it. It ends at the moment from which the mailbox is watched.

    It may be stopped at any moment: the same command goes on where it was.

    \b
    Examples:
      gateway mailbox import hr --since 2026-01-01
    """
    settings = settings_or_exit(config)
    chosen = next((each for each in settings.mailbox if each.name == name), None)
    if chosen is None:
        known = ", ".join(each.name for each in settings.mailbox) or "none"
        cannot_run(f"error: no mailbox is called {name}; gateway.toml has: {known}")
    rulebook, ledger = _opened_for_writing(settings)
    begin = datetime.combine(since.date(), time(0), rulebook.policy.zone).astimezone(UTC)
    try:
        if begin > datetime.now(UTC):
            raise click.BadParameter(f"{since:%Y-%m-%d} has not come yet; name a day of the past", param_hint="--since")
        messages = asyncio.run(_import(chosen, ledger, rulebook, begin, again=again))
    except MailboxFault as fault:
        cannot_run(f"error: mailbox {name}: {fault.why}: {fault.said}; what was read is kept, the same command goes on")
    except LedgerUnavailable as error:
        cannot_run(f"error: {error}; what was read is kept, the same command goes on")
    finally:
        ledger.close()
    if as_json:
        click.echo(json.dumps({"mailbox": name, "since": begin.isoformat(), "messages": messages}))
    else:
        click.echo(f"{messages} messages of {name} since {since:%Y-%m-%d} are counted.")


async def _import(chosen: MailboxSettings, ledger: Ledger, rulebook: Rulebook, since: datetime, *, again: bool) -> int:
    source = open_mailbox(chosen)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[messages]} messages, {task.fields[rate]:.0f}/s, {task.fields[at]}"),
    )
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True)) as progress:
        whole = max(1.0, (datetime.now(UTC) - since).total_seconds())
        bar = progress.add_task(f"Importing {chosen.name}", total=whole, messages=0, rate=0.0, at=f"{since:%Y-%m-%d}")

        def told(messages: int, at: datetime) -> None:
            rate = messages / max(0.1, progress.tasks[0].elapsed or 0.0)
            progress.update(bar, completed=(at - since).total_seconds(), messages=messages, rate=rate, at=f"{at:%Y-%m-%d}")

        try:
            messages = await Import(chosen, source, ledger, rulebook, told).run(since, again=again)
        finally:
            await source.close()
        progress.update(bar, completed=whole)
    return messages


def _opened_for_writing(settings: Settings) -> tuple[Rulebook, Ledger]:
    """With the service's own key: what it recorded must be recognised."""
    try:
        key = existing_or_new_key(settings)
        ledger = Ledger(settings.ledger.url, key=key, clock=lambda: datetime.now(UTC), old_keys=keys_before(settings))
        reading = read_rulebook(settings, key, datetime.now(UTC))
        if reading.rulebook is None:
            found_wrong(*(str(each) for each in reading.diagnostics))
        ledger.open()
    except (UnusableKey, LedgerUnavailable, ValueError) as error:
        cannot_run(f"error: {error}; see [ledger] in gateway.toml")
    return reading.rulebook, ledger


def _known(settings: Settings, now: datetime) -> dict[str, Watched]:
    """What the ledger knows of each; nothing before the first start."""
    try:
        ledger = Ledger(settings.ledger.url, key=dry_run_key(settings), clock=lambda: now, old_keys=keys_before(settings))
        with ledger.reading() as connection:
            return watch_rows.every(connection, now)
    except LedgerUnavailable as error:
        if error.why == "missing":
            return {}
        cannot_run(f"error: the ledger cannot be read: {error.why}; see docs/ledger.md")
    except (UnusableKey, ValueError) as error:
        cannot_run(f"error: {error}; see [ledger] in gateway.toml")


def _told(each: MailboxSettings, known: Watched | None, now: datetime) -> dict[str, Any]:
    looked_at = known.condition.looked_at if known else None
    told: dict[str, Any] = {
        "name": each.name,
        "address": each.address,
        "source": each.source,
        "watched": bool(known and known.held),
        "why": known.condition.why if known else "",
        "said": known.condition.said if known else "",
        "since": known.condition.since if known else None,
        "looked_at": looked_at,
        "behind_seconds": round((now - looked_at).total_seconds()) if looked_at else None,
        "folders": {},
    }
    for (folder, purpose), place in sorted((known.places if known else {}).items()):
        told["folders"].setdefault(folder, {})[purpose] = _place(place)
    return told


def _place(place: Place) -> dict[str, Any]:
    return {"from": place.began_at, "messages": place.messages, "last_received_at": place.last_received_at, "moved_at": place.moved_at}


def _table(found: list[dict[str, Any]], zone: ZoneInfo | None) -> Table:
    made = table("mailbox", "source", "how it is", "read to its end", "watched from", "messages", "newest")
    for each in found:
        watch = [place["watch"] for place in each["folders"].values() if "watch" in place]
        newest = max((place["last_received_at"] for place in watch if place["last_received_at"]), default=None)
        state = f"{each['why']}: {each['said']}" if each["why"] else "ok" if each["watched"] else "nobody watches it"
        made.add_row(
            each["name"], each["source"], state, local(each["looked_at"], zone), local(min((place["from"] for place in watch), default=None), zone),
            str(sum(place["messages"] for place in watch)), local(newest, zone),
        )  # fmt: skip
    return made
