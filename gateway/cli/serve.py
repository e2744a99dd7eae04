"""`gateway serve`: the service."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from gateway import telemetry
from gateway.app import run
from gateway.cli.diagnostics import cannot_run, config_option, usable_settings_or_exit
from gateway.rulebook_loading import missing_folders
from gateway.starting import CannotServe


@click.command()
@config_option
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    metavar="N",
    help="Processes that share the listeners; each has its own page and metrics, from web.bind on.",
)
def serve(config: Path | None, workers: int) -> None:
    """The service: listeners, outbox, journal, page. Runs until SIGTERM or Ctrl-C, then drains.

    \b
    Examples:
      gateway serve                                  embedded defaults, or ./gateway.toml
      gateway serve --config /etc/gateway/gateway.toml
      GATEWAY_NEXT_HOP__INBOUND=smtp://127.0.0.1:10026 gateway serve
    """
    settings = usable_settings_or_exit(config)
    if (missing := missing_folders(settings)) and not settings.paths.state.exists():
        cannot_run(*missing)  # before anything is made here; where it ran before, last good versions may do
    telemetry.configure(settings.log.format, settings.log.level)
    try:
        run(settings, workers)
    except CannotServe as error:
        cannot_run(f"error: {error}")
    sys.exit(0)
