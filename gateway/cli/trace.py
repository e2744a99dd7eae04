"""`gateway trace`: everything the ledger knows of one message, case or correspondent, as a timeline."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from gateway.cli.diagnostics import cannot_run, config_option, found_wrong, say, settings_or_exit
from gateway.cli.forget import login
from gateway.cli.local_times import city_zone, local
from gateway.cli.outbox import opened
from gateway.judgement.verdict import Step
from gateway.ledger import look_ups
from gateway.ledger.errors import LedgerUnavailable
from gateway.ledger.ledger import Ledger
from gateway.ledger.reads import MOST_MESSAGES, Event, asks_of, hashes_of, timeline


@click.command()
@click.argument("question", metavar="MESSAGE-ID|REFERENCE|ADDRESS", required=False)
@config_option
@click.option("--lookups", "looked", is_flag=True, help="Who asked what is known of whom, instead; of QUESTION only, where it is given.")
@click.option("--json", "as_json", is_flag=True, help="JSON on standard output, nothing else.")
def trace(question: str | None, config: Path | None, looked: bool, as_json: bool) -> None:
    """Why an acknowledgement was sent, or not. Everything the ledger knows, oldest first.

    The ledger holds no addresses and no Message-IDs, only keyed hashes: what you ask for is hashed and looked up.
    Each look-up is recorded with your login. With --json, the answer for an ADDRESS is all that is kept of that person.

    \b
    Examples:
      gateway trace '<20261116.1@example.org>'
      gateway trace HR-4K7M
      gateway trace resident@example.org --json
      gateway trace --lookups                     the newest 1000 look-ups
    """
    if looked:
        _look_ups(config, question, as_json)
        return
    if not question:
        raise click.UsageError("name a Message-ID, the reference of a case, or an address")
    with opened(config) as ledger:
        with ledger.reading() as connection:
            events = timeline(connection, ledger.pseudonyms, question, most=None if as_json else MOST_MESSAGES)
            zone = city_zone(settings_or_exit(config), connection)
        record_look_up(ledger, asks_of(question), hashes_of(ledger.pseudonyms, question))
    if as_json:
        click.echo(json.dumps([_document(each) for each in events], default=_plain, indent=2, ensure_ascii=False))
    elif events:
        click.echo("\n".join(_lines([_on_the_clock_of(zone, each) for each in events])))
    if not events:
        found_wrong("nothing is known of that; was it relayed here, and is this the right ledger? (gateway trace --config FILE)")


def record_look_up(ledger: Ledger, what: look_ups.What, hashes: Sequence[str]) -> None:
    """Before the answer is shown. A person's data are not shown without it; a message's are, since that may be why the ledger is looked at."""
    try:
        with ledger.writing() as connection:
            look_ups.note(connection, datetime.now(UTC), login(), what, hashes[0] if hashes else None)
    except LedgerUnavailable as error:
        if what not in ("message", "case"):
            cannot_run(f"error: each look-up of a person is recorded, and the ledger takes no record now ({error.why}); try again when it is well")
        say([f"warning: the ledger takes no record of this look-up now ({error.why})"])


def _look_ups(config: Path | None, question: str | None, as_json: bool) -> None:
    with opened(config) as ledger, ledger.reading() as connection:
        found = look_ups.listed(connection, hashes_of(ledger.pseudonyms, question) if question else None)
        zone = city_zone(settings_or_exit(config), connection)
    if as_json:
        click.echo(json.dumps([asdict(each) for each in found], default=_plain, indent=2))
        return
    for each in found:
        click.echo(f"{local(each.at, zone, seconds=True)}  {each.who}  {each.what}  {each.asked_of or '(erased)'}")


def _document(event: Event) -> dict[str, Any]:
    detail = {**event.detail, "trace": [asdict(_step(each)) for each in event.detail["trace"]]} if "trace" in event.detail else event.detail
    return {**asdict(event), "detail": dict(detail)}


def _step(stored: Sequence[Any]) -> Step:
    """As `ledger.batch` stores it: the fields of a Step in order."""
    return Step(*stored)


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _on_the_clock_of(zone: ZoneInfo | None, event: Event) -> Event:
    detail = {name: value.astimezone(zone) if isinstance(value, datetime) else value for name, value in event.detail.items()}
    return replace(event, at=event.at.astimezone(zone), detail=detail)


def _lines(events: Sequence[Event]) -> list[str]:
    lines: list[str] = []
    for event in events:
        about = f" {event.reference}" if event.reference else ""
        lines.append(f"{local(event.at, event.at.tzinfo, seconds=True)}  {event.what}{about}{_SAID.get(event.what, _nothing)(event.detail)}")
        if event.what == "seen":
            lines += [f"    {_told(_step(each))}" for each in event.detail.get("trace") or ()]
            lines.append("    pass  every other rule that was asked (gateway explain lists them)")
    return lines


def _seen(detail: Mapping[str, Any]) -> str:
    kind = detail.get("automatic_type") or "written by a person"
    evidence = f" ({detail['evidence']})" if detail.get("evidence") else ""
    defects = f"; not readable: {', '.join(detail['defects'])}" if detail.get("defects") else ""
    return f": {detail['direction']}, {detail['audience']}, {kind}; decision {detail['reason']}{evidence}{defects}; policy {detail['policy_version']}"


def _told(step: Step) -> str:
    why = "; ".join(part for part in (step.evidence, step.source) if part)
    return f"{step.outcome:5} {step.rule}{f' ({why})' if why else ''}"


def _opened(detail: Mapping[str, Any]) -> str:
    printed = _when(detail.get("printed_respond_by"))
    after_all = " (excluded at first; measured after all, because a person answered)" if detail.get("opened_by_answer") else ""
    return (
        f"{after_all}: {detail['division']}, {detail['kind']} ({detail['standard']}); acknowledge by {_when(detail.get('acknowledge_by'))}, "
        f"answer by {_when(detail.get('respond_by'))}, date told {printed}"
    )


def _settled(detail: Mapping[str, Any]) -> str:
    answer = detail.get("last_problem") or detail.get("last_code") or "-"
    tries = "1 try" if detail["attempts"] == 1 else f"{detail['attempts']} tries"
    return f": {detail['kind']} {detail['state']} after {tries}, last answer {answer}"


def _by(detail: Mapping[str, Any]) -> str:
    return f" by {detail['by']}"


def _reopened(detail: Mapping[str, Any]) -> str:
    return f" by a follow-up: answer by {_when(detail['respond_by'])}"


def _addressed(detail: Mapping[str, Any]) -> str:
    return f": {detail['mailbox'] or 'no mailbox of a division'}, through {detail['door']}"


def _written(detail: Mapping[str, Any]) -> str:
    return f": {detail['kind']} from {detail['mailbox']}, Message-ID {detail['internet_message_id']}"


def _finding(detail: Mapping[str, Any]) -> str:
    lacking = f" ({', '.join(detail['detail'])})" if detail["detail"] else ""
    return f": {detail['kind']}{lacking}, finding {detail['finding']}, {detail['division']}"


def _looked_up(detail: Mapping[str, Any]) -> str:
    return f" by {detail['by']} ({detail['what']})"


def _reminded(detail: Mapping[str, Any]) -> str:
    return f": {detail['division']}, {detail['occasion']}"


def _declared(detail: Mapping[str, Any]) -> str:
    more = [detail[name] for name in ("channel", "why") if detail[name]]
    return f": {', '.join((detail['what'], *more))}, at {_when(detail['happened_at'])}, by {detail['declared_by']}"


def _nothing(_: Mapping[str, Any]) -> str:
    return ""


def _when(at: datetime | None) -> str:
    return local(at, None if at is None else at.tzinfo)


_SAID = {
    "seen": _seen,
    "addressed": _addressed,
    "case-opened": _opened,
    "notice-written": _written,
    "notice-settled": _settled,
    "acknowledged": _by,
    "answered": _by,
    "reopened": _reopened,
    "answered-again": _by,
    "reminded": _reminded,
    "declared": _declared,
    "undone": _declared,
    "found": _finding,
    "told": _finding,
    "mended": _finding,
    "disputed": _finding,
    "looked-up": _looked_up,
}
