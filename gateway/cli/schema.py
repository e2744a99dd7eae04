"""`gateway schema`: JSON Schemas, for editors and for programs that read what we print."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from gateway.cli.diagnostics import config_option, rulebook_or_exit, settings_or_exit
from gateway.policy.keeping import DEFAULTS
from gateway.policy.schemas import policy_schema
from gateway.policy.schemas import schema as schema_of


@click.group()
def schema() -> None:
    """JSON Schemas.

    \b
    Examples:
      gateway schema division > policies/schema/division.json     what an editor checks a division's file with
      gateway schema policy                                       either of the two policy files
      gateway schema report                                       what gateway report --format json prints
      gateway schema explain                                      what gateway explain --json prints for one message
      gateway schema kept                                         what is monitored and kept, as a page
    """


def print_schema(document: object) -> None:
    """One JSON document on standard output."""
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))


@schema.command()
def policy() -> None:
    """Of a policy file: city.yaml or a division's."""
    print_schema(policy_schema())


@schema.command()
def city() -> None:
    """Of city.yaml."""
    print_schema(schema_of("city"))


@schema.command()
def division() -> None:
    """Of a division's file."""
    print_schema(schema_of("division"))


@schema.command()
def report() -> None:
    """Of `gateway report --format json`."""
    from gateway.reports.document import schema as schema_of_report  # noqa: PLC0415 - slow to import, for this one only

    print_schema(schema_of_report())


@schema.command()
def explain() -> None:
    """Of `gateway explain --json`: one message, or one line of a batch."""
    from gateway.reports.explanation_schema import schema as schema_of_explain  # noqa: PLC0415 - slow to import, for this one only

    print_schema(schema_of_explain())


@schema.command("kept")
@config_option
def kept_(config: Path | None) -> None:
    """The page that lists what is monitored and kept, docs/kept.md. With --config, with the times of that policy."""
    from gateway.ledger import kept  # noqa: PLC0415 - slow to import, for this one only

    keep = rulebook_or_exit(settings_or_exit(config), datetime.now(UTC)).policy.keep if config else DEFAULTS
    click.echo(kept.page(keep), nl=False)
