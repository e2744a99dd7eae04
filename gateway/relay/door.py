"""What one front door is: settings and limits, and what its sessions work with. Values only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from gateway.delivery.pool import Pool
from gateway.message.model import Direction
from gateway.relay.budget import Budget
from gateway.relay.certificate import Certificate
from gateway.relay.crowd import Crowd
from gateway.relay.networks import Networks
from gateway.relay.observer import Observer
from gateway.relay.turns import Turns


@dataclass(frozen=True, slots=True)
class Listener:
    """One `[[listener]]` of gateway.toml, resolved (docs/configuration.md)."""

    name: str
    bind: str
    """HOST:PORT, IPv6 in brackets; port 0 takes a free one."""
    direction: Direction = "inbound"
    allow: Networks = ()
    """Networks that may relay here; none: nobody."""
    trusted_senders: bool = False
    tls: Literal["none", "opportunistic", "required"] = "none"
    certificate: Path | None = None
    key: Path | None = None
    recipient_domains: tuple[str, ...] = ()
    """When given, only these; the null reverse-path passes `sender_domains`, since bounces and absence replies come from it."""
    sender_domains: tuple[str, ...] = ()
    require_header: str | None = None
    """`Name` or `Name: value`: a header field without which nothing is relayed."""
    received: bool = True
    """Prepend a Received field (RFC 5321 §4.4)."""
    marker: str = ""
    """`Name: value`, prepended to what is relayed; "" for none."""
    proxy_from: Networks = ()
    """Load balancers that must announce their client by the PROXY protocol; it is then the client for all that follows."""
    client_names: tuple[str, ...] = ()
    """DNS names of client certificates that may relay, wherever they come from."""
    client_ca: Path | None = None
    """Certificates that may have signed theirs; None: the system's."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one client may take. Seconds and octets; the defaults follow RFC 5321 §4.5.3 and Postfix."""

    connections: int = 1000
    """Sessions at a time on one listener; beyond them 421."""
    idle: float = 300.0
    """Seconds for one whole command line, or between two commands."""
    command_line: int = 2048
    recipients: int = 1000
    """Of one message; beyond them 452."""
    recipients_beyond: int = 1000
    """Refused ones after which each counts as a bad command (Postfix's smtpd_recipient_overshoot_limit)."""
    errors: int = 20
    """Bad commands of one session; then 421."""
    commands_without_mail: int = 200
    """Commands since the last message that was taken, RCPT and DATA not counted; then 421."""
    data_rate: float = 500.0
    """Octets a second that a message must bring on average, after a credit of `idle` seconds."""
    received_fields: int = 100
    """More than these are a loop (RFC 5321 §6.3)."""
    connections_per_address: int = 50
    """Sessions at a time of one client address; see `relay.crowd` for those that are not counted."""
    session: float = 3600.0
    """Seconds after which a session takes no further message; one whose data is coming is finished."""


@dataclass(frozen=True, slots=True)
class Door:
    """A listener at work: what each of its sessions needs."""

    listener: Listener
    pool: Pool
    observer: Observer
    clock: Callable[[], datetime]
    """Aware, UTC."""
    hostname: str
    limits: Limits
    budget: Budget
    crowd: Crowd
    certificate: Certificate | None = None
    turns: Turns = field(default_factory=Turns)
