"""How long a next hop may take. Values only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timeouts:
    """All in seconds, measured on the monotonic clock (docs/configuration.md).

    `connect` covers name resolution, TCP and, for smtps, the handshake. `command` covers greeting and EHLO together, then each reply
    from the moment it becomes the next one due, and each stall of the next hop while it takes the message. `data_end` covers the
    reply to the final dot; RFC 5321 §4.5.3.2.6 has clients wait ten minutes for it.
    """

    connect: float = 5.0
    command: float = 60.0
    data_end: float = 600.0
