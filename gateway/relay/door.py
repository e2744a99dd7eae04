"""What one front door is: settings and limits, and what its sessions work with. Values only."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Literal

from gateway.delivery.pool import Pool
from gateway.message.model import Direction
from gateway.relay.observer import Observer


@dataclass(frozen=True, slots=True)
class Listener:
    """One `[[listener]]` of gateway.toml, resolved (INTERFACE §4)."""

    name: str
    bind: str
    """HOST:PORT, IPv6 in brackets; port 0 takes a free one."""
    direction: Direction = "inbound"
    allow: tuple[IPv4Network | IPv6Network, ...] = ()
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
    errors: int = 20
    """Bad commands of one session; then 421."""
    commands_without_mail: int = 200
    """Commands since the last message that was taken, RCPT and DATA not counted; then 421."""
    data_rate: float = 500.0
    """Octets a second that a message must bring on average, after a credit of `idle` seconds."""
    received_fields: int = 100
    """More than these are a loop (RFC 5321 §6.3)."""


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
    tls: ssl.SSLContext | None = None
