"""`gateway key rotate|list|destroy`: the key that residents' hashes are made with."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from gateway.cli.diagnostics import cannot_run, config_option, found_wrong, rulebook_or_exit, settings_or_exit
from gateway.cli.local_times import city_zone, local
from gateway.ledger import key_file
from gateway.ledger.key_file import UnusableKey
from gateway.policy.keeping import kept, kept_since
from gateway.rulebook_loading import key_path


@click.group()
def key() -> None:
    """The key of the ledger's hashes. It is never shown.

    \b
    Examples:
      gateway key rotate      a new key; the old one is put aside, and finds what was kept under it
      gateway key list        since when there is which
      gateway key destroy     old keys under which nothing is kept any more
    """


@key.command()
@config_option
def rotate(config: Path | None) -> None:
    """Hash what comes from now on under a new key. Restart the gateway afterwards, all its workers at once, and back both files up.

    What is kept under the old key is found with it, and gets the new hash when its correspondent or thread comes up again. References that
    were told stay; so do marks of our own mail.
    """
    path = key_path(settings_or_exit(config))
    if not path.exists():
        cannot_run(f"{path}: error: there is no key yet; the first start of the gateway makes one")
    try:
        key_file.rotate(path, datetime.now(UTC))
    except UnusableKey as error:
        cannot_run(str(error))
    click.echo(f"{path} is a new key, and {path}.old keeps the one before it. Restart the gateway now, and back both files up.")


@key.command("list")
@config_option
def list_(config: Path | None) -> None:
    """The keys, by the time when each was put aside."""
    settings = settings_or_exit(config)
    path, zone = key_path(settings), city_zone(settings)
    try:
        aside = key_file.old_keys(path)
    except UnusableKey as error:
        cannot_run(str(error))
    click.echo(f"in use: {path}" if path.exists() else f"there is none yet: {path}")
    for at, _ in aside:
        click.echo(f"put aside {local(at, zone)}")


@key.command()
@config_option
def destroy(config: Path | None) -> None:
    """Destroy old keys under which nothing is kept any more. Without its key a hash says nothing to anybody, ever."""
    settings, now = settings_or_exit(config), datetime.now(UTC)
    policy = rulebook_or_exit(settings, now).policy
    if policy.keep.get("hold"):
        found_wrong("error: a hold stands (keep: hold in city.yaml); no key is destroyed")
    longest = min(kept_since(kept(policy.keep, what), now, policy.zone) for what in ("cases", "findings", "look_ups"))
    try:
        destroyed = key_file.drop_old_keys(key_path(settings), min(longest, kept_since("13 months", now, policy.zone)))
    except (UnusableKey, OSError) as error:
        cannot_run(str(error) if isinstance(error, UnusableKey) else f"error: {error.strerror}; no key was destroyed")
    click.echo(f"{destroyed} destroyed.")
