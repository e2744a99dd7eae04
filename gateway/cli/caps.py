"""`gateway caps show|reset`: how full the windows of `[caps]` are, which breakers are open, and how a person closes one."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from gateway.cli.diagnostics import config_option, found_wrong, settings_or_exit
from gateway.cli.local_times import city_zone, local
from gateway.cli.outbox import opened
from gateway.ledger import breakers
from gateway.ledger.cap_state import CapState, cap_state
from gateway.rulebook_loading import caps_of


@click.group()
def caps() -> None:
    """Acknowledgements: sent, waiting for room, stopped.

    \b
    Examples:
      gateway caps show
      gateway caps reset hr@toronto.example    the rush is real: acknowledge again
    """


@caps.command()
@config_option
@click.option("--json", "as_json", is_flag=True, help="JSON on standard output, nothing else.")
def show(config: Path | None, as_json: bool) -> None:
    """The windows, breakers and alerts, as the ledger has them now."""
    settings = settings_or_exit(config)
    now = datetime.now(UTC)
    with opened(config) as ledger, ledger.reading() as connection:
        state, zone = cap_state(connection, caps_of(settings), now), city_zone(settings, connection)
    click.echo(json.dumps(asdict(state), default=datetime.isoformat, indent=2) if as_json else "\n".join(_lines(state, zone)))


@caps.command()
@config_option
@click.argument("mailbox")
def reset(config: Path | None, mailbox: str) -> None:
    """Close the breaker of MAILBOX. What came while it was open does not count. Held acknowledgements are not sent afterwards."""
    with opened(config) as ledger, ledger.writing() as connection:
        was_open = breakers.reset(connection, mailbox.lower())
    if not was_open:
        found_wrong(f"error: no breaker of {mailbox} is open; gateway caps show lists those that are")
    click.echo(f"Closed. {mailbox} is acknowledged again.")


def _lines(state: CapState, zone: ZoneInfo | None) -> list[str]:
    until = f", the last until {local(state.delayed_until, zone)}" if state.delayed_until else ""
    lines = [
        f"Sent or waiting within the window of the gateway's cap: {state.in_gateway_window} of {state.gateway_cap or 'any number'}",
        f"Delayed by a cap: {state.delayed}{until}",
    ]
    for rate in state.mailboxes:
        stops = f", stops at {rate.limit:.0f}" if rate.limit else ""
        lines.append(f"{rate.mailbox}: {rate.rate:.0f} wanted in the last hour, usual {rate.usual:.0f}{stops}")
    for each in state.open_breakers:
        lines.append(f"{each.mailbox}: STOPPED since {local(each.raised_at, zone)}, {each.times} held back; gateway caps reset {each.mailbox}")
    for each in state.doubles:
        lines.append(f"{each.mailbox}: answers automatically, too: {each.times} times, last {local(each.last_at, zone)}; switch one of them off")
    return lines
