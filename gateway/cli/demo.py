"""`gateway demo`: in one minute, without any server, what the gateway does with a dozen sample messages."""

from __future__ import annotations

import os
import shutil
import signal
import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.progress import track
from rich.table import Table

from gateway.cli.diagnostics import cannot_run, rulebook_or_exit, settings_or_exit
from gateway.cli.tables import show, table
from gateway.ledger import watch_rows
from gateway.ledger.counts import counts
from gateway.ledger.key_file import read_or_create_key
from gateway.ledger.ledger import Ledger
from gateway.ledger.outbox_rows import waiting
from gateway.ledger.reads import Event, timeline
from gateway.message.model import Message
from gateway.message.parse import parse
from gateway.message.thread import identity
from gateway.rulebook_loading import KEY_FILE
from gateway.settings import Settings

PATIENCE = 25.0
"""Seconds for the gateway to start, and for the acknowledgements to go out."""


@dataclass(frozen=True)
class Stage:
    """Where the demonstration plays."""

    folder: Path
    inbound: int
    outbound: int
    page: int

    @property
    def watched(self) -> Path:
        """The mailbox of a division whose mail does not come through the relay."""
        return self.folder / "watched" / "internal-audit"

    @property
    def ledger(self) -> Ledger:
        return Ledger(f"sqlite:///{self.folder / 'gateway.db'}", key=read_or_create_key(self.folder / KEY_FILE), clock=lambda: datetime.now(UTC))

    def configuration(self, settings: Settings) -> str:
        """A gateway.toml of its own: free loopback ports, Maildirs, the policies of this place."""
        paths = settings.paths
        return f"""\
organization_domains = ["toronto.example"]
[[listener]]
name = "inbound"
bind = "127.0.0.1:{self.inbound}"
[[listener]]
name = "outbound"
bind = "127.0.0.1:{self.outbound}"
direction = "outbound"
[next_hop]
inbound = "maildir:///{str(self.folder).strip("/")}/mail"
outbound = "maildir:///{str(self.folder).strip("/")}/mail"
notices = "maildir:///{str(self.folder).strip("/")}/notices"
[ledger]
url = "sqlite:///{self.folder / "gateway.db"}"
[paths]
policies = "{paths.policies}"
templates = "{paths.templates}"
signatures = "{paths.signatures}"
directory = "{files("gateway") / "demo_mail" / "staff.csv"}"
state = "{self.folder}"
[web]
bind = "127.0.0.1:{self.page}"
[[mailbox]]
name = "internal-audit"
address = "internal-audit@toronto.example"
source = "maildir"
folder = "{self.watched}"
"""


@click.command()
@click.option(
    "--folder", type=click.Path(path_type=Path), default=Path("var/demo"), show_default=True, help="Where mail and ledger of the demonstration go."
)
@click.option("--history", type=click.IntRange(1, 100_000_000), metavar="N", help="Instead: a ledger of N invented messages of the last 12 months.")
@click.option("--seed", type=int, default=1, show_default=True, help="Of the chance that invents them: the same seed, the same history.")
def demo(folder: Path, history: int | None, seed: int) -> None:
    """Sample mail through a real gateway, and what it decides. It takes free loopback ports, and needs no server and no network.

    \b
    Examples:
      gateway demo
      gateway demo --folder /tmp/demo
      gateway demo --history 100000 --folder /tmp/history    then: gateway report --config /tmp/history/gateway.toml
    """
    settings = settings_or_exit(None)
    zone = rulebook_or_exit(settings, datetime.now(UTC)).policy.zone
    console = Console()
    stage = Stage(_emptied(folder).resolve(), *_free_ports(3))
    if history is not None:
        from gateway.cli.synthetic_history import write_history  # noqa: PLC0415 - numpy is for this alone

        write_history(settings, stage.folder, stage.configuration(settings), history, seed)
        return
    samples = [(each.name, each.read_bytes()) for each in sorted(_samples(), key=lambda each: each.name)]
    for leaf in ("tmp", "new", "cur"):
        (stage.watched / leaf).mkdir(parents=True)
    with _gateway(stage, settings):
        for _, octets in track(samples, description="Sending sample mail", console=console):
            _send(stage, octets)
        _until_nothing_waits(stage, len(samples))
    show(_decisions(stage, samples, zone))
    _show_acknowledgement(console, stage, parse(samples[0][1]))
    _show_where(console, stage)


def _samples() -> Iterator[Path]:
    yield from (Path(str(each)) for each in (files("gateway") / "demo_mail").iterdir() if each.name.endswith(".eml"))


def _emptied(folder: Path) -> Path:
    """A fresh folder; only one that an earlier demonstration made is emptied."""
    if folder.exists() and any(folder.iterdir()) and not (folder / "gateway.toml").is_file():
        cannot_run(f"{folder}: error: it holds something that is not a demonstration; name another folder with --folder")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports: list[int] = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


@contextmanager
def _gateway(stage: Stage, settings: Settings) -> Iterator[None]:
    """The real service as a process of its own, ended by its pid."""
    (stage.folder / "gateway.toml").write_text(stage.configuration(settings), encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    with (stage.folder / "gateway.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "gateway", "serve", "--config", stage.folder / "gateway.toml"], stdout=log, stderr=log, env=environment
        )
        try:
            _until_listening(stage, process)
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(PATIENCE)


def _until_listening(stage: Stage, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", stage.outbound), 0.2).close()
            return
        except OSError:
            time.sleep(0.05)  # a look, bounded by PATIENCE
    cannot_run(f"error: the gateway did not start; see {stage.folder / 'gateway.log'}")


def _send(stage: Stage, octets: bytes) -> None:
    """Through the listener that its author would use; what has a Return-Path was delivered already, and lies in the watched mailbox."""
    message = parse(octets)
    author = message.of("from")[0]
    if message.of("return-path"):
        _deliver(stage, octets)
        return
    sender = "" if message.first("Return-Path") == "<>" else author.spec
    recipients = [each.spec for name in ("to", "cc") for each in message.of(name)]
    with smtplib.SMTP("127.0.0.1", stage.outbound if author.domain == "toronto.example" else stage.inbound) as client:
        client.sendmail(sender, recipients, octets)


def _deliver(stage: Stage, octets: bytes) -> None:
    """As a mail server does, once somebody watches: what lay there before is history."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with stage.ledger.reading() as connection:
            if any(each.places for each in watch_rows.every(connection, datetime.now(UTC)).values()):
                break
        time.sleep(0.05)  # a look, bounded by PATIENCE
    name = f"{time.time():.0f}.demo"
    (stage.watched / "tmp" / name).write_bytes(octets)
    (stage.watched / "tmp" / name).rename(stage.watched / "new" / name)


def _until_nothing_waits(stage: Stage, messages: int) -> None:
    """Every message is recorded (a slow machine brings some back from the journal), and what is due has gone out."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with stage.ledger.reading() as connection:
            seen = counts(connection)["messages seen"]
            # What staff are told waits for an open day.
            owed = any(each.kind in ("acknowledgement", "copy") or each.due_at <= datetime.now(UTC) for each in waiting(connection))
        if seen >= messages and not owed:
            return
        time.sleep(0.05)  # a look, bounded by PATIENCE


def _decisions(stage: Stage, samples: list[tuple[str, bytes]], zone: ZoneInfo) -> Table:
    made = table("sample", "decision", "case", "answer due", title="What was decided")
    ledger = stage.ledger
    for name, octets in samples:
        message = parse(octets)
        with ledger.reading() as connection:
            events = timeline(connection, ledger.pseudonyms, message.message_id or "")
        made.add_row(name.removesuffix(".eml"), *_row(message, events, zone))
    return made


def _row(message: Message, events: tuple[Event, ...], zone: ZoneInfo) -> tuple[str, str, str]:
    # A thread brings its other messages along.
    seen = next((each for each in events if each.what == "seen" and each.detail["identity"] == identity(message)), None)
    if seen is None:
        return "not recorded: see gateway.log", "", ""
    mine = seen.message
    opened = [each for each in events if each.what == "case-opened" and each.message == mine]
    answered = [each for each in events if each.what == "answered" and each.message == mine]
    reason = "answers a case" if answered else "acknowledged" if seen.detail["reason"] == "new-inquiry" else seen.detail["reason"]
    cases = [each.reference or "" for each in (opened or answered)]
    due = [each.detail["respond_by"] for each in opened if each.detail["respond_by"]]
    return reason, "\n".join(cases), "\n".join(f"{at.astimezone(zone):%a %b %d, %H:%M %Z}" for at in due)


def _show_acknowledgement(console: Console, stage: Stage, inquiry: Message) -> None:
    """What the author of this one received; a slow machine may not have sent it yet."""
    for each in sorted((stage.folder / "notices" / inquiry.of("from")[0].key / "new").glob("*"))[:1]:
        found = message_from_bytes(each.read_bytes(), policy=policy.default)
        body = found.get_body(("plain",))
        console.rule("One of the acknowledgements")
        console.print(f"From: {found['from']}\nSubject: {found['subject']}\n\n{body.get_content() if body else ''}", markup=False, highlight=False)


def _show_where(console: Console, stage: Stage) -> None:
    notices = sorted((stage.folder / "notices").glob("*/new/*"))
    console.rule("Where to look")
    console.print(f"Acknowledgements   {stage.folder}/notices/<address>/new/   ({len(notices)})", soft_wrap=True)
    console.print(f"Warnings to staff  {stage.folder}/notices/kim.sample@toronto.example/new/   (on a closed day it waits)", soft_wrap=True)
    console.print(f"Relayed mail       {stage.folder}/mail/<address>/new/", soft_wrap=True)
    console.print(f"The report         {_report(stage)}   (of today and yesterday; a city publishes a month)", soft_wrap=True)
    console.print(f"A watched mailbox  {stage.watched}/   (gateway mailbox list --config {stage.folder}/gateway.toml)", soft_wrap=True)
    console.print(f"Why, in full       gateway trace '<demo-06@newsletter.example>' --config {stage.folder}/gateway.toml", soft_wrap=True)


def _report(stage: Stage) -> Path:
    """Made by the command that an officer would use; a demonstration goes on without it."""
    page, now = stage.folder / "report.html", datetime.now(UTC)
    since, until = ((now - timedelta(days=days)).date().isoformat() for days in (1, 0))  # wherever the City's midnight is
    command = [sys.executable, "-m", "gateway", "report", "--since", since, "--until", until, "--output", str(page)]
    command += ["--config", str(stage.folder / "gateway.toml")]
    with (stage.folder / "report.log").open("wb") as said:
        subprocess.run(command, stdout=said, stderr=said, timeout=PATIENCE, check=False)
    return page
