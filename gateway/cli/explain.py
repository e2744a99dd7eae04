"""`gateway explain`: what would happen to a message and why, without doing it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from gateway.cli.diagnostics import cannot_run, config_option, rulebook_or_exit, settings_or_exit
from gateway.cli.given import CannotRead, Given, sighting_of
from gateway.judgement.verdict import Examination, History
from gateway.ledger.lookup import HistoryReader
from gateway.ledger.references import candidates
from gateway.reports.explanation import as_text, document
from gateway.rulebook import Rulebook
from gateway.settings import Settings


@dataclass(frozen=True)
class Explainer:
    """The live rules over files: nothing is written, nothing is sent."""

    settings: Settings
    rulebook: Rulebook
    history: HistoryReader | None
    now: datetime

    def explain(self, given: Given) -> dict[str, Any]:
        """What `gateway schema explain` describes, without id and file. Raises CannotRead."""
        policy = self.rulebook.policy
        sighting = sighting_of(given, self.settings, policy, self.now)
        examination = self.rulebook.examine(sighting)
        history = self.history.of(examination) if self.history else alone(examination, self.rulebook.secret)
        judged = self.rulebook.judge_and_compose(examination, history, sighting.envelope.received_at)
        return document(judged.verdict, judged.composed, policy.zone, judged.told)


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="FILE...")
@config_option
@click.option("--mail-from", default=None, metavar="A", help='Envelope sender; "" is the null reverse-path.')
@click.option("--rcpt-to", multiple=True, metavar="A", help="Envelope recipient; may be repeated.")
@click.option("--listener", type=click.Choice(["inbound", "outbound"]), default=None)
@click.option("--at", default=None, metavar="TIME", help="Moment of receipt, ISO 8601; without an offset, in the division's zone.")
@click.option("--history", is_flag=True, help="Judge with what the ledger knows; without it, each message is the first of its thread.")
@click.option("--batch", type=click.Path(path_type=Path), default=None, metavar="CASES.jsonl", help="One JSON object a line; one line out for each.")
@click.option("--json", "as_json", is_flag=True, help="JSON on standard output, nothing else.")
def explain(
    files: tuple[Path, ...],
    config: Path | None,
    mail_from: str | None,
    rcpt_to: tuple[str, ...],
    listener: str | None,
    at: str | None,
    history: bool,
    batch: Path | None,
    as_json: bool,
) -> None:
    """What would happen to this message and why, without doing it.

    \b
    Examples:
      gateway explain message.eml
      gateway explain message.eml --rcpt-to hr@toronto.example --at 2026-11-16T10:12
      gateway explain --batch cases.jsonl --json
    """
    if bool(files) == bool(batch):
        raise click.UsageError("name message files, or --batch CASES.jsonl")
    explainer = _explainer(config, history)
    if batch:
        sys.exit(_explain_batch(explainer, batch))
    given = [Given(file, mail_from, rcpt_to or None, listener, at) for file in files]
    sys.exit(_explain_files(explainer, given, as_json))


def _explainer(config: Path | None, history: bool) -> Explainer:
    settings = settings_or_exit(config)
    now = datetime.now(UTC)
    rulebook = rulebook_or_exit(settings, now)
    reader = HistoryReader.open(settings.ledger.url, rulebook.secret, caps=rulebook.policy.caps, old_keys=rulebook.old_secrets) if history else None
    return Explainer(settings, rulebook, reader, now)


def _explain_files(explainer: Explainer, given: list[Given], as_json: bool) -> int:
    status = 0
    found: list[dict[str, Any]] = []
    for each in given:
        try:
            found.append({"id": each.file.stem, "file": str(each.file), **explainer.explain(each)})
        except CannotRead as error:
            click.echo(f"error: {error}", err=True)
            status = 1
    if as_json:
        documents = [json.dumps(each, ensure_ascii=False, indent=2) for each in found]
        click.echo(documents[0] if len(given) == 1 and documents else "[" + ",\n".join(documents) + "]")
    else:
        click.echo("\n\n".join(as_text(each) for each in found))
    return status


def _explain_batch(explainer: Explainer, batch: Path) -> int:
    status = 0
    for line in _lines(batch):
        answer = _explain_line(explainer, line, batch.parent)
        status = 1 if "error" in answer else status
        click.echo(json.dumps(answer))  # ASCII: a lone surrogate in an id, or U+2028 in a subject, must not break a line
    return status


def _lines(batch: Path) -> Iterator[str]:
    try:
        with batch.open(encoding="utf-8-sig", errors="replace") as stream:
            yield from (line for line in stream if line.strip())
    except OSError as error:
        cannot_run(f"{batch}: error: {error.strerror}; name a readable file of JSON lines")


def _explain_line(explainer: Explainer, line: str, folder: Path) -> dict[str, Any]:
    name: object = None
    try:
        case = json.loads(line)
        if not isinstance(case, dict):
            raise CannotRead("a line must be one JSON object")
        name = case.get("id")
        return {"id": name, "file": case.get("file"), **explainer.explain(_given(case, folder))}
    except json.JSONDecodeError as error:
        return {"id": name, "error": f"not JSON: {error}"}
    except RecursionError:
        return {"id": name, "error": "not JSON of any sensible depth"}
    except CannotRead as error:
        return {"id": name, "error": str(error)}


def _given(case: dict[str, Any], folder: Path) -> Given:
    file, recipients = case.get("file"), case.get("rcpt_to")
    if not isinstance(file, str) or not file or "\0" in file:
        raise CannotRead('"file" is missing or no file name; name the message, relative to the batch file')
    if isinstance(recipients, str):
        recipients = [recipients]
    if recipients is not None and not (isinstance(recipients, list) and all(isinstance(each, str) for each in recipients)):
        raise CannotRead('"rcpt_to" must be a list of addresses')
    for key in ("mail_from", "listener", "at"):
        if not isinstance(case.get(key), str | None):
            raise CannotRead(f'"{key}" must be text')
    return Given(folder / file, case.get("mail_from"), recipients, case.get("listener"), case.get("at"))


def alone(examination: Examination, key: bytes) -> History:
    """The history of a message that is the first of its thread, with the references that its cases would get."""
    cases = examination.cases
    return History(
        references={case.mailbox: next(iter(candidates(key, examination.identity, case.mailbox, case.reference_prefix))) for case in cases}
    )
