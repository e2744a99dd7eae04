"""`gateway demo --history`: a ledger with invented history, to try reports on."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from gateway.cli.diagnostics import rulebook_or_exit
from gateway.ledger.key_file import read_or_create_key
from gateway.ledger.ledger import Ledger
from gateway.ledger.synthetic import History
from gateway.rulebook_loading import KEY_FILE
from gateway.settings import Settings


def write_history(settings: Settings, folder: Path, configuration: str, messages: int, seed: int) -> None:
    """Into a fresh ledger in `folder`, with a gateway.toml for `gateway report`."""
    now = datetime.now(UTC)
    policy = rulebook_or_exit(settings, now).policy
    (folder / "gateway.toml").write_text(configuration, encoding="utf-8")
    ledger = Ledger(f"sqlite:///{folder / 'gateway.db'}", key=read_or_create_key(folder / KEY_FILE), clock=lambda: now)
    ledger.open()
    ledger.spare_nothing()
    bars = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]:,.0f}/s"), TimeRemainingColumn())
    start = time.monotonic()
    with Progress(*bars, console=Console(stderr=True)) as progress:
        task = progress.add_task("Inventing", total=messages, rate=0.0)
        history = History(policy, messages, now, seed)
        progress.update(task, description="Writing")
        history.write(ledger, lambda done: progress.update(task, completed=done, rate=done / (time.monotonic() - start)))
    ledger.close()
    took = time.monotonic() - start
    click.echo(f"{messages:,} messages in {took:.1f} s ({messages / took:,.0f}/s). Nobody is meant by any of them. Look at them:")
    click.echo(f"gateway report --config {folder / 'gateway.toml'}")
