"""What a command was told of a message, and what it reads from the message itself where it was told nothing (docs/explain.md)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from gateway.judgement.circumstances import division_of
from gateway.message.model import PREFIX_LIMIT, Envelope, Message
from gateway.message.parse import parse
from gateway.message.receipt import receipt_time
from gateway.policy.model import Policy
from gateway.rulebook import Sighting
from gateway.settings import Settings

EARLIEST, LATEST = 1971, 2199
"""Years a message may be explained for."""


class CannotRead(Exception):
    """One line for the user: what could not be used, and what to do."""


@dataclass(frozen=True, slots=True)
class Given:
    """Options of `explain`, or one line of its batch. None = read it from the message; mail_from "" = the null reverse-path."""

    file: Path
    mail_from: str | None = None
    rcpt_to: Sequence[str] | None = None
    listener: str | None = None
    at: str | None = None


def sighting_of(given: Given, settings: Settings, policy: Policy, now: datetime) -> Sighting:
    """The message with its envelope, as live intake would have seen it. Raises CannotRead."""
    octets, size = _prefix(given.file)
    envelope = envelope_of(parse(octets, complete=size == len(octets)), given, settings, policy, now)
    return Sighting(octets, size == len(octets), size, envelope)


def envelope_of(message: Message, given: Given, settings: Settings, policy: Policy, now: datetime) -> Envelope:
    """What was given, and for the rest what the message says. Raises CannotRead."""
    direction = given.listener or _listener(message, settings)
    if direction not in ("inbound", "outbound"):
        raise CannotRead(f'"{direction}" is not a listener; write inbound or outbound')
    recipients = tuple(_recipients(message) if given.rcpt_to is None else given.rcpt_to)
    trusted = next((each.trusts_senders for each in settings.listener if each.direction == direction), direction == "outbound")
    return Envelope(
        mail_from=_reverse_path(message) if given.mail_from is None else given.mail_from.strip("<>"),
        rcpt_to=recipients,
        direction="outbound" if direction == "outbound" else "inbound",
        received_at=_moment(given.at, _zone(recipients, policy)) if given.at else receipt_time(message.fields) or now,
        listener=direction,
        trusted_senders=trusted,
        door="explain",
    )


def _prefix(file: Path) -> tuple[bytes, int]:
    try:
        with file.open("rb") as stream:
            octets = stream.read(PREFIX_LIMIT)
            return octets, max(file.stat().st_size, len(octets))
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        why = error.strerror if isinstance(error, OSError) else "it is no file name"
        raise CannotRead(f"{file}: {why}; name a readable message file") from None


def _listener(message: Message, settings: Settings) -> str:
    return "outbound" if any(each.domain in settings.organization_domains for each in message.of("from")) else "inbound"


def _reverse_path(message: Message) -> str:
    if (path := message.first("Return-Path")) is not None and path.strip().startswith("<>"):
        return ""
    return next((found[0].spec for name in ("return-path", "sender", "from") if (found := message.of(name))), "")


def _recipients(message: Message) -> list[str]:
    for name in ("delivered-to", "x-original-to"):
        if found := message.of(name):
            return [found[0].spec]
    return list(dict.fromkeys(each.spec for name in ("to", "cc") for each in message.of(name)))


def _zone(recipients: Sequence[str], policy: Policy) -> ZoneInfo:
    """Of the first division that is written to; without one, the City's."""
    division = next((found for each in recipients if (found := division_of(each, policy)) is not None), None)
    return division.calendar.zone if division else policy.zone


def _moment(text: str, zone: ZoneInfo) -> datetime:
    """ISO 8601; without an offset it is in the division's zone."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise CannotRead(f'"{text}" is not a time; write one such as 2026-11-16T10:12 or 2026-11-16T10:12-05:00') from None
    if not EARLIEST <= at.year <= LATEST:
        raise CannotRead(f'"{text}" is not a time that a message could have; write one from {EARLIEST} to {LATEST}')
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
