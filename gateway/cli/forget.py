"""`gateway forget`: what is erased by age, on request of a person, or not at all while a hold stands."""

from __future__ import annotations

import getpass
import json
import os
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress
from sqlalchemy import Connection

from gateway.cli.diagnostics import config_option, found_wrong, rulebook_or_exit, say, settings_or_exit
from gateway.cli.outbox import opened
from gateway.ledger import erasure, holds, look_ups, retention
from gateway.ledger.ledger import Ledger
from gateway.ledger.retention import Cutoffs
from gateway.policy.model import Policy

ROWS_AT_ONCE = 100
"""Of one transaction: a running gateway writes between them."""

PAUSE = 0.02
"""Seconds between transactions, for its mail."""

_BY_AGE = ("message", "notice", "finding")
"""What --before shortens; the records of who looked and who changed what stay for their own time."""


@click.command()
@config_option
@click.option("--before", metavar="DATE", type=click.DateTime(["%Y-%m-%d"]), help="Erase messages, cases and findings of the time before this day.")
@click.option("--correspondent", metavar="ADDRESS", help="Erase one person: what stays are counts that name nobody.")
@click.option("--hold", "reason", metavar="REASON", help="From now on nothing is erased, until --release.")
@click.option("--release", is_flag=True, help="End every hold that was set with --hold.")
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@click.option("--json", "as_json", is_flag=True, help="JSON on standard output, nothing else.")
def forget(
    config: Path | None, before: datetime | None, correspondent: str | None, reason: str | None, release: bool, dry_run: bool, as_json: bool
) -> None:  # fmt: skip
    """Retention and erasure. A running gateway erases by itself, once a day, what is older than `keep:` in city.yaml says.

    \b
    Examples:
      gateway forget                                    what is old enough to go today; erases nothing
      gateway forget --before 2026-01-01 --dry-run
      gateway forget --before 2026-01-01
      gateway forget --correspondent resident@example.org
      gateway forget --hold 'access request 2026-17'    nothing goes until:
      gateway forget --release
    """
    if sum((before is not None, correspondent is not None, reason is not None, release)) > 1:
        raise click.UsageError("--before, --correspondent, --hold and --release are four different things; name one")
    if dry_run and (reason is not None or release):
        raise click.UsageError("--dry-run says what would go, with --before or --correspondent; a hold is set or released at once")
    settings, now = settings_or_exit(config), datetime.now(UTC)
    policy = rulebook_or_exit(settings, now).policy
    with opened(config) as ledger:
        with ledger.reading():
            pass  # erasing must not create a ledger
        if reason is not None or release:
            _hold(ledger, now, reason)
            return
        held = policy.keep.get("hold") or _held(ledger)
        if held and not dry_run and (before or correspondent):
            found_wrong(f"error: a hold stands ({held}); nothing is erased until gateway forget --release, or keep: hold is taken out of city.yaml")
        if correspondent is not None:
            _person(ledger, policy, correspondent, now, dry_run=dry_run, as_json=as_json)
        else:
            _by_age(ledger, policy, now, before, dry_run=dry_run or before is None, as_json=as_json, held=held)


def login() -> str:
    """Who runs this command, for the record of look-ups; behind sudo, who called it."""
    try:
        return os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):  # a container's user has no name
        return f"uid {os.getuid()}"


def _hold(ledger: Ledger, now: datetime, reason: str | None) -> None:
    with ledger.writing() as connection:
        if reason is not None:
            if not reason.strip():
                raise click.BadParameter("say why, for whoever asks later", param_hint="--hold")
            holds.set_hold(connection, now, login(), reason.strip())
            click.echo("Nothing is erased from now on; gateway forget --release ends it.")
        else:
            click.echo(f"{holds.release(connection, now)} released.")


def _held(ledger: Ledger) -> str | None:
    with ledger.reading() as connection:
        return holds.standing(connection)


def _by_age(ledger: Ledger, policy: Policy, now: datetime, before: datetime | None, *, dry_run: bool, as_json: bool, held: str | None) -> None:
    with ledger.reading() as connection:
        due = _cutoffs(connection, policy, now, before)
        old = retention.count_old(connection, due)
    erased = old if dry_run else _erase_old(ledger, due, sum(old.values()))
    if as_json:
        since = {name: at.isoformat() for name, at in due.by_table.items()}
        click.echo(json.dumps({"dry_run": dry_run, "hold": held, "kept_since": since, "rows": erased}, indent=2))
        return
    if held:
        say([f"A hold stands: {held}"])
    for name, n in erased.items():
        click.echo(f"{n} {'would go' if dry_run else 'erased'}: {name.replace('_', ' ')}, before {_day(due, name, policy)}")
    if not erased:
        click.echo("Nothing is old enough.")


def _day(due: Cutoffs, name: str, policy: Policy) -> str:
    return f"{due.by_table.get(name, due.findings_in_messages).astimezone(policy.zone).date()}"


def _cutoffs(connection: Connection, policy: Policy, now: datetime, before: datetime | None) -> Cutoffs:
    due = retention.cutoffs(connection, policy.keep, now, policy.zone)
    if before is None:
        return due
    day = before.replace(tzinfo=policy.zone)
    safe = retention.figures_safe_before(connection, now, policy.zone).astimezone(policy.zone)
    if day > safe:
        month = f"{safe:%Y-%m}"
        found_wrong(
            f"error: {month} is not closed, and its figures would go with its messages; close it (gateway report --close {month}),"
            f" or name {safe.date()} or an earlier day"
        )
    return Cutoffs({**due.by_table, **dict.fromkeys(_BY_AGE, day)}, day)


def _erase_old(ledger: Ledger, due: Cutoffs, expected: int) -> dict[str, int]:
    erased: Counter[str] = Counter()
    with _progress() as progress:
        task = progress.add_task("Erasing", total=expected)
        while True:
            with ledger.writing() as connection:
                some = retention.forget_some(connection, due, ROWS_AT_ONCE)
            if not some:
                break
            erased.update(some)
            progress.update(task, completed=erased.total(), total=max(expected, erased.total()))
            time.sleep(PAUSE)  # leaves the ledger to a running gateway
    ledger.erase_remains()
    return dict(erased)


def _progress() -> Progress:
    return Progress(*Progress.get_default_columns(), MofNCompleteColumn(), console=Console(stderr=True), transient=True)


def _person(ledger: Ledger, policy: Policy, address: str, now: datetime, *, dry_run: bool, as_json: bool) -> None:
    hashes = ledger.pseudonyms.under_all(lambda key: key.of_address(address))
    if not hashes or "@" not in address:
        raise click.BadParameter("write an address, such as resident@example.org", param_hint="--correspondent")
    look_back = max(erasure.RULES_LOOK_BACK, policy.caps.correspondent[1] if policy.caps.correspondent else erasure.RULES_LOOK_BACK)
    unlinked = 0
    if not dry_run:
        with ledger.writing() as connection:
            look_ups.note(connection, now, login(), "erasure", hashes[0])
            erasure.ask(connection, hashes, now)
        for who in hashes:
            while some := _erase_some(ledger, who, now, look_back):
                unlinked += some
                time.sleep(PAUSE)  # leaves the ledger to a running gateway
        ledger.erase_remains()
    with ledger.reading() as connection:
        left = [sum(each) for each in zip(*(erasure.awaited(connection, who, now) for who in hashes), strict=True)]
    names = ("messages", "notices", "findings")
    if as_json:
        click.echo(json.dumps({"dry_run": dry_run, "messages_unlinked": unlinked, "left": dict(zip(names, left, strict=True))}, indent=2))
    else:
        said = ", ".join(_many(n, name) for n, name in zip(left, names, strict=True) if n)
        click.echo(f"Tied to this person: {said or 'nothing'}." if dry_run else f"{_many(unlinked, 'messages')} unlinked. {_later(said)}")
    if not unlinked and not any(left):
        found_wrong("nothing is known of that address")


def _many(n: int, things: str) -> str:
    return f"{n} {things.removesuffix('s') if n == 1 else things}"


def _erase_some(ledger: Ledger, who: str, now: datetime, look_back: timedelta) -> int:
    with ledger.writing() as connection:
        return erasure.erase_some(connection, who, now, now, ROWS_AT_ONCE, look_back)


def _later(left: str) -> str:
    if not left:
        return "Nothing is left."
    return (
        f"Left until the rules need them no more: {left} (the last days, by which repeats and loops are known, and inquiries that wait for"
        " their answer); the daily run of the gateway erases them then."
    )
