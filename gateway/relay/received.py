"""The lines that the relay writes before a message: one Received field, and a marker where one is set. Pure."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import lru_cache

_UNFIT = re.compile(r"[^A-Za-z0-9.:\[\]_-]")
"""What no EHLO argument of a well-behaved client has; a comment or a second field could be made of it."""

HELO_LIMIT = 255


def received_field(*, helo: str, peer: str, hostname: str, protocol: str, number: str, now: datetime) -> bytes:
    """RFC 5321 §4.4, without a `for` clause (it would tell recipients of each other). `now` is aware; `protocol` as in RFC 3848, 6531."""
    name = _UNFIT.sub("?", helo[:HELO_LIMIT]) or "unknown"
    literal = f"IPv6:{peer}" if ":" in peer else peer
    date = _date(now.replace(microsecond=0), now.utcoffset())
    lines = f"Received: from {name} ([{literal}])\r\n\tby {hostname} with {protocol} id {number};\r\n\t{date}\r\n"
    return lines.encode("ascii", "replace")


@lru_cache(maxsize=2)
def _date(second: datetime, offset: timedelta | None) -> str:
    """Many messages come in one second. `offset` is `second`'s own: the same moment of two zones is equal, and is written differently."""
    return format_datetime(second)


def protocol(*, extended: bool, encrypted: bool, utf8: bool) -> str:
    """The `with` keyword: SMTP, ESMTP, ESMTPS (RFC 3848), UTF8SMTP, UTF8SMTPS (RFC 6531 §4.3)."""
    if not extended:
        return "SMTP"
    return ("UTF8SMTP" if utf8 else "ESMTP") + ("S" if encrypted else "")


def marker_field(marker: str) -> bytes:
    """`Name: value` as a field, or nothing. Raises ValueError when it is no header field in printable ASCII."""
    if not marker:
        return b""
    if not re.fullmatch(r"[!-9;-~]+: ?[ -~]+", marker) or len(marker) > 900:
        raise ValueError(f'"{marker}" is no header field; write "Name: value" in ASCII')
    return marker.encode("ascii") + b"\r\n"
