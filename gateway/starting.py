"""Opens what the service needs: keys, ledger, journal, next hops, ports.

Says in one line what cannot be had, and goes on without what mail can do without.
"""

from __future__ import annotations

import resource
import socket
from collections.abc import Awaitable, Iterator
from pathlib import Path
from typing import TypeVar

import structlog

from gateway import telemetry
from gateway.delivery.next_hop import parse_next_hops
from gateway.delivery.pool import Pool
from gateway.delivery.timeouts import Timeouts
from gateway.ledger.dialect import dialect_of
from gateway.ledger.errors import JournalFailed, LedgerUnavailable, NewerLedger
from gateway.ledger.journal import Journal
from gateway.ledger.key_file import UnusableKey, old_keys
from gateway.ledger.ledger import Ledger
from gateway.rulebook_loading import key_path, keys_before
from gateway.settings import Settings

T = TypeVar("T")

OWN_DESCRIPTORS = 256
"""For ledger, journal, logs, page and notices; each session takes one, and its next hop another."""

log = structlog.get_logger()


class CannotServe(Exception):
    """One line that says what to do; the command exits with 2."""


def earlier_keys(settings: Settings) -> tuple[bytes, ...]:
    """Keys that were put aside; without them the service goes on, and recognises nobody whom it knew under them."""
    try:
        old_keys(key_path(settings))
    except UnusableKey as error:
        log.error("old-keys-unusable", said=str(error))
    return keys_before(settings)


def open_ledger(ledger: Ledger) -> None:
    """Open and migrate; an unreachable ledger starts degraded, one of a newer gateway must not be written at all."""
    try:
        ledger.open()
    except NewerLedger as error:
        raise CannotServe(str(error)) from None
    except LedgerUnavailable:
        log.error("ledger-unavailable", why=ledger.state.why, said="mail flows; what is seen waits in the journal")


def open_journal(settings: Settings) -> Journal:
    """The journal, with its reserve taken where the disk allows it."""
    journal = Journal(settings.paths.state / "journal")
    try:
        journal.open()
    except JournalFailed as error:
        telemetry.fault("journal", error)
    return journal


def unusable(settings: Settings) -> Iterator[tuple[tuple[int | str, ...], str]]:
    """(place, what to do) for each value that is well written and yet cannot be used: `serve` would not start with it."""
    for name, hops in settings.next_hop:
        try:
            parse_next_hops(hops)
        except ValueError as error:
            yield ("next_hop", name), str(error)
    try:
        dialect_of(settings.ledger.url)
    except ValueError as error:
        yield ("ledger", "url"), str(error)
    for number, listener in enumerate(settings.listener):
        for key in ("certificate", "key", "client_ca"):
            file: Path | None = getattr(listener, key)
            if listener.tls != "none" and file is not None and not file.is_file():
                yield ("listener", number, key), f'listener "{listener.name}": there is no file {file}'


def pool_of(settings: Settings, name: str) -> Pool:
    """Connections to one of the next hops. Raises CannotServe."""
    given = settings.timeouts
    try:
        hops = parse_next_hops(getattr(settings.next_hop, name))
    except ValueError as error:
        raise CannotServe(f"next_hop.{name}: {error}") from None
    return Pool(hops, Timeouts(given.connect, given.command, given.data_end), hostname(settings))


def allow_descriptors(settings: Settings) -> None:
    """Room for all sessions at once, as far as the system's hard limit goes: the usual soft one, 1024, ends before max_connections does."""
    wanted = OWN_DESCRIPTORS + 2 * settings.relay.max_connections * len(settings.listener)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, allowed), hard))
        except (OSError, ValueError):  # the kernel's own limit (fs.nr_open) may be lower than the hard one says
            allowed = soft
        if allowed < wanted:
            log.warning("few-descriptors", wanted=wanted, allowed=allowed, said="raise LimitNOFILE, or lower relay.max_connections")


def hostname(settings: Settings) -> str:
    """In the greeting, EHLO and Received; an address literal where the machine has no usable name (RFC 5321 §4.1.3)."""
    name = settings.relay.hostname or socket.getfqdn()
    return name if name.isascii() and "." in name else f"{name or 'gateway'}.localdomain"


async def listening(what: str, bind: str, start: Awaitable[T]) -> T:
    """Bind, or say which port is taken. Raises CannotServe."""
    try:
        return await start
    except OSError as error:
        raise cannot_listen(what, bind, error) from None


def cannot_listen(what: str, bind: str, error: OSError) -> CannotServe:
    """Why, and what to do."""
    reason = "the port is in use: stop what listens there, or choose another" if error.errno == 98 else (error.strerror or type(error).__name__)
    return CannotServe(f"{what}: cannot listen on {bind}: {reason}")
