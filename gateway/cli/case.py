"""`gateway case`: what a person knows of a case and no mail tells: answered by telephone, another division's, of another kind."""

from __future__ import annotations

import difflib
import getpass
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import NoReturn
from zoneinfo import ZoneInfo

import click

from gateway.cli.diagnostics import cannot_run, config_option, found_wrong, rulebook_or_exit, settings_or_exit
from gateway.cli.local_times import city_zone, local
from gateway.cli.outbox import opened
from gateway.judgement import declare
from gateway.judgement.declare import CHANNELS, LONGEST_WHY, NotDeclared
from gateway.judgement.declared import CaseState, Change
from gateway.ledger import declarations
from gateway.ledger.declarations import Declared
from gateway.policy.model import Policy

_CONTACT = re.compile(r"\S@\S|(?:\d[\s.()-]*){7,}")
Judge = Callable[[CaseState, datetime, datetime], Change]
"""State, when it happened, now."""

reference_argument = click.argument("reference", metavar="REFERENCE")
by_option = click.option("--by", "channel", type=click.Choice(CHANNELS), default=None, help="The way in which it happened.")
at_option = click.option("--at", default=None, metavar="TIME", help="When: ISO 8601; without an offset, in the division's zone (default: now).")
why_option = click.option("--why", default=None, metavar="TEXT", help=f"Up to {LONGEST_WHY} characters, kept with the case. Never name a resident.")
json_option = click.option("--json", "as_json", is_flag=True, help="JSON on standard output, nothing else.")


@click.group()
def case() -> None:
    """Declare what no mail tells. Counted apart, as declared; nothing is sent to anybody.

    \b
    Examples:
      gateway case close HR-4K7M --by telephone --at 2026-11-16T15:20
      gateway case close HR-4K7M --by no-answer-needed --why "a thank-you"
      gateway case move HR-4K7M --to strategic-communications --why "a journalist asks"
      gateway case kind HR-4K7M --kind correspondence
      gateway case reopen HR-4K7M      take back what was declared last
      gateway case show HR-4K7M

    A case is always judged by the standard at its receipt. Who declares (login name) and when is kept.
    Never name a resident in --why.
    """


@case.command()
@reference_argument
@click.option("--by", "channel", type=click.Choice(CHANNELS), required=True, help="How it was answered, or that no answer is called for.")
@at_option
@why_option
@config_option
@json_option
def close(reference: str, channel: str, at: str | None, why: str | None, config: Path | None, as_json: bool) -> None:
    """A person answered, elsewhere than by mail through this gateway. Of a followed-up case: the follow-up."""
    policy = _policy(config)
    _declare(reference, config, as_json, why, at, policy, lambda state, when, now: declare.closed(state, channel, when, now, _zone(state, policy)))


@case.command()
@reference_argument
@click.option("--to", "slug", required=True, metavar="DIVISION", help="Slug or name of the division that it is for.")
@by_option
@at_option
@why_option
@config_option
@json_option
def move(reference: str, slug: str, channel: str | None, at: str | None, why: str | None, config: Path | None, as_json: bool) -> None:
    """It is another division's. The case goes there with its reference and its receipt, under that division's standard."""
    policy = _policy(config)
    division = declare.named_division(slug, policy.divisions.values()) or _no_such("--to", slug, policy.divisions)
    _declare(reference, config, as_json, why, at, policy, lambda state, when, now: declare.moved(state, division, policy, when, now), channel)


@case.command()
@reference_argument
@click.option("--kind", "slug", required=True, metavar="KIND", help="Such as inquiry or correspondence.")
@by_option
@at_option
@why_option
@config_option
@json_option
def kind(reference: str, slug: str, channel: str | None, at: str | None, why: str | None, config: Path | None, as_json: bool) -> None:
    """It is of another kind. The standard for that one holds, from the receipt on."""
    policy = _policy(config)

    def judge(state: CaseState, when: datetime, now: datetime) -> Change:
        division = policy.divisions.get(state.division)
        known = declare.known_kinds(division) if division else frozenset((slug,))
        return declare.of_kind(state, slug if slug in known else _no_such("--kind", slug, known), policy, when, now)

    _declare(reference, config, as_json, why, at, policy, judge, channel)


@case.command()
@reference_argument
@why_option
@config_option
@json_option
def reopen(reference: str, why: str | None, config: Path | None, as_json: bool) -> None:
    """Take back what was declared last. Once more: what was declared before it."""
    policy = _policy(config)
    _declare(reference, config, as_json, why, None, policy, lambda state, _, now: declare.undone(state, now))


@case.command()
@reference_argument
@config_option
@json_option
def show(reference: str, config: Path | None, as_json: bool) -> None:
    """What the case says now, and what was declared of it."""
    with opened(config) as ledger, ledger.reading() as connection:
        state = declarations.find(connection, _plain(reference)) or _unknown(
            _plain(reference), declarations.resembling(connection, _plain(reference))
        )
        told = declarations.declared(connection, state.case_id)
        zone = city_zone(settings_or_exit(config), connection)
    _tell(state, told, zone, as_json)


def _declare(
    reference: str, config: Path | None, as_json: bool, why: str | None, at: str | None, policy: Policy, judge: Judge, channel: str | None = None
) -> None:
    """Judge and write in one transaction, beside a gateway that runs."""
    said, wanted, now = _why(why), _plain(reference), datetime.now(UTC)
    refused, effect = None, ""
    with opened(config) as ledger:
        with ledger.writing() as connection:
            state = declarations.find(connection, wanted, lock=True)
            near = [] if state else declarations.resembling(connection, wanted)
            if state is not None:
                try:
                    change = judge(state, _moment(at, _zone(state, policy)) or now, now)
                    change = replace(change, channel=channel or change.channel)
                    effect = _effect(state, change, policy.zone)
                    if not declarations.write(connection, state, change, who=_login(), why=said, now=now):
                        raise NotDeclared("answered", f"{wanted} has just been answered by mail")
                except NotDeclared as error:
                    refused = f"{error}; this changes nothing, and is not recorded" if error.slug == "answered" else str(error)
        if state is None:
            _unknown(wanted, near)
        if refused is None:
            with ledger.reading() as connection:
                after = declarations.states(connection, [state.case_id])[state.case_id]
                told = declarations.declared(connection, state.case_id)
    if refused is not None:
        found_wrong(f"error: {refused}")
    _tell(after, told, policy.zone, as_json, effect)


def _effect(state: CaseState, change: Change, zone: tzinfo) -> str:
    """What closing a case does to which a mail has answered already: nobody sees it in the case itself."""
    if change.what != "close" or state.responded_at is None:
        return ""
    if change.follow_up_id is not None and state.follow_up is not None:
        return f"This answers the follow-up of {local(state.follow_up.reopened_at, zone)}; the first answer stays as it was."
    return f"This came before the mail of {local(state.responded_at, zone)}, which counts as the answer no more; gateway case reopen takes it back."


def _policy(config: Path | None) -> Policy:
    return rulebook_or_exit(settings_or_exit(config), datetime.now(UTC)).policy


def _zone(state: CaseState, policy: Policy) -> ZoneInfo:
    division = policy.divisions.get(state.division)
    return division.calendar.zone if division else policy.zone


def _moment(text: str | None, zone: ZoneInfo) -> datetime | None:
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text.strip())
        return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise click.BadParameter(f"'{text}' is not a time; write it like 2026-11-16T15:20", param_hint="--at") from None


def _why(text: str | None) -> str | None:
    """Short, one line, and nobody's address or number."""
    if text is None or not (line := " ".join(text.split())):
        return None
    if len(line) > LONGEST_WHY:
        raise click.BadParameter(f"{len(line)} characters; {LONGEST_WHY} are kept: say it shorter", param_hint="--why")
    if _CONTACT.search(line):
        raise click.BadParameter("it holds an address or a telephone number; say it without, and name no resident", param_hint="--why")
    return line


def _plain(reference: str) -> str:
    return reference.strip().strip("[]").upper()


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return "unknown"


def _unknown(reference: str, near: list[str]) -> NoReturn:
    hint = f"did you mean {' or '.join(near)}?" if near else "is this the right ledger? (--config FILE)"
    found_wrong(f"error: no case has the reference {reference}; {hint}")


def _no_such(option: str, word: str, known: Iterable[str]) -> NoReturn:
    names = sorted(known)
    close_ = difflib.get_close_matches(word.lower(), names, n=1)
    hint = f"did you mean '{close_[0]}'?" if close_ else f"there are {', '.join(names)}"
    cannot_run(f"error: {option}: there is no '{word}'; {hint}")


_SHOWN = (
    "reference", "division", "mailbox", "audience", "kind", "standard", "opened_at", "acknowledge_by", "respond_by", "acknowledged_at",
    "acknowledged_by", "responded_at", "declared_channel", "moved_from",
)  # fmt: skip


def _tell(state: CaseState, told: list[Declared], zone: tzinfo | None, as_json: bool, effect: str = "") -> None:
    shown = {name: getattr(state, name) for name in _SHOWN}
    shown["answered_by"] = None if state.responded_at is None else "mail" if state.responded_by is not None else "declared"
    shown["follow_up"] = asdict(state.follow_up) if state.follow_up else None
    if as_json:
        click.echo(json.dumps({**shown, "declared": [asdict(each) for each in told]}, default=datetime.isoformat, indent=2, ensure_ascii=False))
        return
    click.echo("\n".join([*_lines(state, told, zone), *([f"  {effect}"] if effect else [])]))


def _lines(state: CaseState, told: list[Declared], zone: tzinfo | None) -> list[str]:
    answer = "open" if state.responded_at is None else f"answered {local(state.responded_at, zone)}"
    how = "" if state.responded_at is None else " by mail" if state.responded_by is not None else f" ({state.declared_channel}, declared)"
    lines = [
        f"{state.reference}  {state.division}, {state.kind} ({state.standard})",
        f"  received {local(state.opened_at, zone)}, acknowledge by {local(state.acknowledge_by, zone)}, answer by {local(state.respond_by, zone)}",
        f"  {answer}{how}",
    ]
    if state.follow_up:
        lines.append(f"  followed up {local(state.follow_up.reopened_at, zone)}, answer by {local(state.follow_up.respond_by, zone)}")
    for each in told:
        words = [each.what, f"at {local(each.happened_at, zone)}", f"declared {local(each.declared_at, zone)} by {each.declared_by}"]
        words += [each.channel or "", f'"{each.why}"' if each.why else "", f"undone {local(each.undone_at, zone)}" if each.undone_at else ""]
        lines.append("  " + ", ".join(word for word in words if word))
    return lines
