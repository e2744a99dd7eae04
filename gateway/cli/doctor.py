"""`gateway doctor`: is everything that the gateway depends on there, and what to do about what is not."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from pathlib import Path

import click

from gateway.cli.diagnostics import config_option, found_wrong, settings_or_exit
from gateway.cli.doctor_checks import Check, checks
from gateway.settings import Settings
from gateway.starting import hostname


@click.command()
@config_option
@click.option("--json", "as_json", is_flag=True, help="JSON on standard output, nothing else.")
def doctor(config: Path | None, as_json: bool) -> None:
    """Try all that the gateway needs, one line each. Policy, key, ledger, clock, disk, certificates, next hops and watched mailboxes. Sends
    nothing, changes nothing.

    \b
    Examples:
      gateway doctor
      gateway doctor --json | jq '.[] | select(.do != "")'

    Exit status: 0 all is well, 1 something is not.
    """
    found = asyncio.run(_all(settings_or_exit(config), say=not as_json))
    if as_json:
        click.echo(json.dumps([asdict(each) for each in found], indent=2))
    if wrong := [each for each in found if not each.ok]:
        found_wrong(*(() if as_json else (f"{len(wrong)} of {len(found)} checks ask for something to be done.",)))


async def _all(settings: Settings, *, say: bool) -> list[Check]:
    found = []
    async for each in checks(settings, hostname(settings)):
        found.append(each)
        if say:
            click.echo(f"{'ok   ' if each.ok else 'WRONG'}  {each.name}: {each.said}{'' if each.ok else f' -> {each.do}'}")
    return found
