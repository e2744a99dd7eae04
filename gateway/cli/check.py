"""`gateway check`: is the configuration good, and are the policies, templates and signatures? Every error at once."""

from __future__ import annotations

import difflib
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from gateway.cli.diagnostics import cannot_run, config_option, say, usable_settings_or_exit
from gateway.cli.preview import as_text, preview
from gateway.policy.diagnostics import Diagnostic, has_errors
from gateway.policy.folders import shown_path
from gateway.policy.layers import Effective
from gateway.policy.load import Loaded
from gateway.rulebook import Rulebook
from gateway.rulebook_loading import Reading, missing_folders, read_rulebook


@click.command()
@config_option
@click.option("--show", "slug", default=None, metavar="DIVISION", help="Print the effective policy with the origin of each value.")
@click.option("--preview", "with_preview", is_flag=True, help="With --show: acknowledgement and survey mails in both languages, and worked dates.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output, nothing else.")
def check(config: Path | None, slug: str | None, with_preview: bool, as_json: bool) -> None:
    """Validate configuration, policies, templates and signatures. Every error is shown at once.

    \b
    Examples:
      gateway check                                     is my edit good?
      gateway check --show human-resources              what holds there, and which file says so
      gateway check --show human-resources --preview    what residents would read, and when it would fall due
      gateway check --json                              the same for a program

    Exit status: 0 good (warnings included), 1 errors were found, 2 it could not run.
    """
    if with_preview and slug is None:
        raise click.UsageError("--preview wants a division: --show DIVISION --preview")
    settings = usable_settings_or_exit(config)
    if missing := missing_folders(settings):
        cannot_run(*missing)
    now = datetime.now(UTC)
    reading = read_rulebook(settings, bytes(32), now)
    diagnostics = sorted(each._replace(file=shown_path(Path(each.file))) for each in reading.diagnostics)
    shown = _shown(reading.loaded, slug) if slug and reading.loaded.policy else None
    previewed = preview(reading.rulebook, reading.rulebook.policy.divisions[slug], now) if with_preview and slug and reading.rulebook else None
    if as_json:
        click.echo(json.dumps(_document(reading, diagnostics, shown, previewed), ensure_ascii=False, indent=2))
    else:
        say(diagnostics)
        click.echo(show_effective(shown) if shown else _summary(reading.rulebook, diagnostics))
        if previewed:
            click.echo(f"\n{as_text(previewed)}")
    sys.exit(1 if has_errors(diagnostics) else 0)


def _shown(loaded: Loaded, slug: str) -> Mapping[str, Effective]:
    if slug not in loaded.origins:
        close = difflib.get_close_matches(slug, list(loaded.origins), n=1)
        hint = f"did you mean '{close[0]}'?" if close else f"there are {', '.join(loaded.origins)}"
        raise click.BadParameter(f"there is no division '{slug}'; {hint}", param_hint="--show")
    return loaded.origins[slug]


def show_effective(shown: Mapping[str, Effective]) -> str:
    """The effective policy of one division, a line for each value: key, value, and the file and line that say so."""
    width = max(len(key) for key in shown)
    return "\n".join(f"{key:{width}}  {each.value}  ({each.origin})" for key, each in shown.items())


def _summary(rulebook: Rulebook | None, diagnostics: Sequence[Diagnostic]) -> str:
    errors = sum(each.severity == "error" for each in diagnostics)
    warnings = len(diagnostics) - errors
    counts = f"{errors} error{'s' * (errors != 1)}, {warnings} warning{'s' * (warnings != 1)}"
    if errors or rulebook is None:
        return f"Not good: {counts}. Nothing of this takes effect; what was good before keeps working."
    return f"Good: {len(rulebook.policy.divisions)} divisions, policy version {rulebook.policy.version}; {counts}."


def _document(reading: Reading, diagnostics: Sequence[Diagnostic], shown: Mapping[str, Effective] | None, previewed: object) -> dict[str, Any]:
    policy = reading.loaded.policy
    document: dict[str, Any] = {
        "good": not has_errors(diagnostics),
        # As it is stamped on decisions: of policies and texts together.
        "version": reading.rulebook.policy.version if reading.rulebook else None,
        "divisions": list(policy.divisions) if policy else [],
        "diagnostics": [each._asdict() for each in diagnostics],
    }
    if shown is not None:
        document["effective"] = {key: each._asdict() for key, each in shown.items()}
    if previewed is not None:
        document["preview"] = previewed
    return document
