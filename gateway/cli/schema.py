"""`gateway schema`: JSON Schemas, for editors and for programs that read what we print."""

from __future__ import annotations

import json

import click

from gateway.policy.schemas import policy_schema
from gateway.policy.schemas import schema as schema_of


@click.group()
def schema() -> None:
    """JSON Schemas.

    \b
    Examples:
      gateway schema division > policies/schema/division.json     what an editor checks a division's file with
      gateway schema policy                                       either of the two policy files
      gateway schema report                                       what gateway report --json prints
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
