"""`gateway replay`: what the policies would have done with mail of the past, and what other policies would do differently."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from gateway.cli.course import Course
from gateway.cli.diagnostics import cannot_run, config_option, found_wrong, rulebook_or_exit, say, settings_or_exit
from gateway.cli.given import Given, envelope_of
from gateway.ledger.errors import LedgerUnavailable
from gateway.mailboxes.archive import Place, complaint, places, read, read_header
from gateway.mailboxes.time_order import TimeOrder
from gateway.message.parse import parse
from gateway.message.receipt import receipt_time
from gateway.reports import difference
from gateway.reports.difference import Differences, printable
from gateway.reports.replay import Mail, as_text
from gateway.rulebook import Read, Rulebook, Sighting
from gateway.settings import Settings

TOGETHER, OCTETS_TOGETHER = 200, 16 << 20
"""Messages, and octets of them, held at one time."""
MOST_COMPLAINTS = 20
"""Unreadable files that are named one by one."""
IN_MEMORY = 1 << 20
"""Characters of rows; more go into a temporary file."""


@dataclass
class Replay:
    """One run: the mail, the courses of one or two policy folders through it, and where they part."""

    settings: Settings
    ours: Course
    theirs: Course | None
    now: datetime
    rows: IO[str]
    mail: Mail = field(default_factory=Mail)
    differences: Differences = field(default_factory=Differences)
    complaints: list[str] = field(default_factory=list)

    def find(self, sources: Iterable[Path], order: TimeOrder, advance: Callable[[], None]) -> None:
        """First pass: where each message lies, and when it came."""
        for source in sources:
            for place in places(source, self._unreadable):
                try:
                    at = receipt_time(read_header(place))
                except OSError as error:
                    self._unreadable(str(place), error)
                    continue
                self.mail.undated += at is None
                order.add(at or self.now, place)
                advance()

    def judge(self, order: TimeOrder, advance: Callable[[int], None]) -> None:
        """Second pass: read and judge in order of time."""
        for batch in self._batches(order):
            found, sightings, read = zip(*batch, strict=True)
            before = self.ours.take(sightings, read)
            after = self.theirs.take(sightings, read) if self.theirs else before
            for place, sighting, (ours, repeated), (theirs, _) in zip(found, sightings, before, after, strict=True):
                self.mail.add(sighting.envelope.received_at, repeated=repeated)
                if self.theirs and (row := difference.difference(ours, theirs, self.ours.rulebook.policy.zone)):
                    self._note(place, ours, row)
            advance(len(batch))

    def document(self) -> dict[str, Any]:
        """docs/replay.md, without the rows."""
        return {
            "messages": self.mail.document(self.ours.rulebook.policy.zone),
            "replayed": self.ours.tally.document(self.ours.cases(self.mail)),
            "against": self.theirs.tally.document(self.theirs.cases(self.mail)) if self.theirs else None,
            "differences": self.differences.document() if self.theirs else None,
        }

    def _batches(self, order: TimeOrder) -> Iterator[list[tuple[Place, Sighting, Read]]]:
        batch: list[tuple[Place, Sighting, Read]] = []
        octets = 0
        for place in order:
            try:
                sighting, message = self._seen(place)
            except OSError as error:
                self._unreadable(str(place), error)
                continue
            batch.append((place, sighting, message))
            octets += len(sighting.octets)
            if len(batch) == TOGETHER or octets > OCTETS_TOGETHER:
                yield batch
                batch, octets = [], 0
        if batch:
            yield batch

    def _seen(self, place: Place) -> tuple[Sighting, Read]:
        octets, size = read(place)
        message = parse(octets, complete=size == len(octets))
        envelope = envelope_of(message, Given(Path(place.file)), self.settings, self.ours.rulebook.policy, self.now)
        return Sighting(octets, size == len(octets), size, envelope), Read.of(message, envelope.mail_from)

    def _note(self, place: Place, outcome: difference.Outcome, row: dict[str, Any]) -> None:
        examination = outcome.verdict.examination
        about = {
            "file": place.file,
            "position": place.position or None,
            "message_id": examination.message.message_id,
            "received": examination.envelope.received_at.astimezone(self.ours.rulebook.policy.zone).isoformat(),
        }
        self.differences.add(row)
        self.rows.write(json.dumps(about | row) + "\n")

    def _unreadable(self, where: str, error: OSError) -> None:
        self.mail.unreadable += 1
        if self.mail.unreadable <= MOST_COMPLAINTS:
            self.complaints.append(f"{printable(where)}: error: cannot be read: {(error.strerror or type(error).__name__).lower()}")


@click.command()
@click.argument("sources", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="SOURCE...")
@config_option
@click.option("--policies", type=click.Path(path_type=Path), default=None, metavar="DIR", help="Policy folder (default: the configured one).")
@click.option("--against", type=click.Path(path_type=Path), default=None, metavar="DIR", help="Another policy folder: what would it do differently?")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output, nothing else.")
def replay(sources: tuple[Path, ...], config: Path | None, policies: Path | None, against: Path | None, as_json: bool) -> None:
    """Run stored mail through the policies as history. It goes in order of time. Nothing is sent, and no ledger is read or written.

    A SOURCE is an mbox, a Maildir, a message, or a folder of any of them. What it says: docs/replay.md.

    \b
    Examples:
      gateway replay ~/Maildir last-month.mbox
      gateway replay exported-mail/ --against policies-new      what would my edit have changed?
      gateway replay last-month.mbox --policies old --against policies --json
    """
    settings = settings_or_exit(config)
    now = datetime.now(UTC)
    ours, theirs = _rulebook(settings, policies, now), _rulebook(settings, against, now) if against else None
    if bad := [line for source in sources if (line := complaint(source))]:
        found_wrong(*bad)
    with ExitStack() as stack:
        run = Replay(
            settings,
            ours=stack.enter_context(closing(Course(str(policies or settings.paths.policies), ours))),
            theirs=stack.enter_context(closing(Course(str(against), theirs))) if theirs else None,
            now=now,
            rows=stack.enter_context(tempfile.SpooledTemporaryFile(IN_MEMORY, "w+", encoding="ascii")),
        )
        try:
            _run(run, sources)
            found = run.document()
        except LedgerUnavailable:
            _no_room()
        except OSError as error:  # of temporary files: those of the mail are counted
            _no_room(error.strerror)
        run.rows.seek(0)
        _show(found, run.rows, as_json=as_json)
    sys.exit(1 if run.mail.unreadable else 0)


def _rulebook(settings: Settings, folder: Path | None, now: datetime) -> Rulebook:
    """Of the configured policies, or of those in `folder`, with the configured texts; exits where they have errors."""
    if folder:
        settings = settings.model_copy(update={"paths": settings.paths.model_copy(update={"policies": folder})})
    return rulebook_or_exit(settings, now)


def _run(run: Replay, sources: tuple[Path, ...]) -> None:
    with closing(TimeOrder()) as order, _progress() as progress:
        finding = progress.add_task("Finding messages", total=None)
        run.find(sources, order, lambda: progress.advance(finding))
        progress.update(finding, total=len(order))
        judging = progress.add_task("Judging", total=len(order))
        run.judge(order, lambda count: progress.advance(judging, count))
    say(run.complaints)
    if (more := run.mail.unreadable - len(run.complaints)) > 0:
        say([f"error: {more} more cannot be read"])
    if not len(order):
        say([f"warning: no messages in {', '.join(map(str, sources))}: name an mbox, a Maildir or a folder of .eml files"])


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        rate = task.finished_speed or task.speed
        return Text(f"{rate:.0f}/s" if rate else "")


def _progress() -> Progress:
    """On standard error, where that is a terminal."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
    return Progress(*columns, console=console, disable=not console.is_terminal)


def _show(found: dict[str, Any], rows: Iterable[str], *, as_json: bool) -> None:
    """The rows come from a file: there may be more than memory holds."""
    if not as_json:
        for row in rows:
            click.echo(difference.as_text(json.loads(row)) + "\n")
        click.echo(as_text(found))
        return
    click.echo("{" + "".join(f"{json.dumps(key)}: {json.dumps(value)},\n" for key, value in found.items()) + '"changes": [', nl=False)
    for number, row in enumerate(rows):
        click.echo(("," if number else "") + "\n" + row.rstrip("\n"), nl=False)
    click.echo("]}")


def _no_room(why: str | None = None) -> None:
    cannot_run(f"error: temporary files cannot be written ({why or 'no room'}); set TMPDIR to a folder with more room")
