"""How commands fail: one line that says what to do, and the exit status that `gateway --help` names."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import NoReturn

import click

from gateway import telemetry
from gateway.ledger.key_file import UnusableKey
from gateway.rulebook import Rulebook
from gateway.rulebook_loading import dry_run_key, missing_folders, read_rulebook
from gateway.settings import Settings, SettingsError, complaint, load_settings

config_option = click.option(
    "--config",
    type=click.Path(path_type=Path),
    default=None,
    metavar="FILE",
    help="gateway.toml to use (default: ./gateway.toml where there is one).",
)

_TOLD = frozenset({"ledger-degraded"})
"""What a command says in its one line."""


def settings_or_exit(config: Path | None) -> Settings:
    """The configuration, or exit 2 with every problem on standard error."""
    try:
        settings = load_settings(config)
    except SettingsError as error:
        cannot_run(*error.lines)
    # Nothing but the answer may go to standard output; structlog's own default would.
    telemetry.configure(settings.log.format, "error", without=_TOLD)
    return settings


def usable_settings_or_exit(config: Path | None) -> Settings:
    """The same, with what only those who use a value find wrong: next hops, ledger, certificates."""
    from gateway.starting import unusable  # noqa: PLC0415 - slow to import, and most commands need nothing of it

    settings = settings_or_exit(config)
    if wrong := [complaint(config, place, said) for place, said in unusable(settings)]:
        cannot_run(*wrong)
    return settings


def rulebook_or_exit(settings: Settings, now: datetime) -> Rulebook:
    """Policies and texts for a command that only looks, or exit: 2 for a missing folder, 1 for files with errors."""
    if missing := missing_folders(settings):
        cannot_run(*missing)
    try:
        reading = read_rulebook(settings, dry_run_key(settings), now)
    except UnusableKey as error:
        cannot_run(str(error))
    if reading.rulebook is None:
        found_wrong(*(str(each) for each in reading.diagnostics))
    return reading.rulebook


def cannot_run(*lines: str) -> NoReturn:
    """Exit 2: it could not run."""
    say(lines)
    sys.exit(2)


def found_wrong(*lines: str) -> NoReturn:
    """Exit 1: it ran and found something wrong."""
    say(lines)
    sys.exit(1)


def say(lines: Iterable[object]) -> None:
    """On standard error, one line each."""
    for line in lines:
        click.echo(str(line), err=True)
