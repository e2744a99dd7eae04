"""What every way out offers, whether it speaks SMTP, LMTP or writes a Maildir, and how it says that it cannot.

Nothing here does I/O; `gateway.delivery.session` and `gateway.delivery.maildir` are the two kinds.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

from gateway.delivery.extensions import Extensions
from gateway.delivery.reply import Reply, own
from gateway.delivery.timeouts import Timeouts


class Unavailable(Exception):
    """The next hop cannot be reached, fell silent, left, or said what is no SMTP.

    `reply` is what a client may be told; it is always 451. The cause stays in `cause`, as words of ours: no text of a next hop
    and no address ever gets into this exception. After the final dot it means that the outcome is unknown.
    """

    def __init__(self, cause: str, reply: Reply) -> None:
        super().__init__(cause)
        self.cause = cause
        self.reply = reply


def unreachable(cause: str) -> Unavailable:
    """No connection: RFC 3463 X.4.1."""
    return Unavailable(cause, own(451, "4.1", "The next hop cannot be reached, try again later"))


def broken(cause: str) -> Unavailable:
    """A connection that failed: RFC 3463 X.4.2."""
    return Unavailable(cause, own(451, "4.2", "The connection to the next hop failed, try again later"))


class HopSession(Protocol):
    """One connection, for one transaction at a time; replies come in the order of the commands."""

    extensions: Extensions
    reused: bool
    """It has carried a transaction before, so the next hop may have closed it meanwhile."""
    one_recipient: bool
    """LMTP: replies after the dot come for each recipient, which an SMTP client cannot be told."""

    @property
    def closed(self) -> bool: ...

    def command(self, line: bytes) -> asyncio.Future[Reply]:
        """Ask MAIL, RCPT, DATA or RSET (a line without CRLF); `flush` before waiting. The future raises Unavailable."""
        ...

    def flush(self) -> None:
        """Send the commands asked since the last flush, in one piece (RFC 2920 §3.1)."""
        ...

    def write(self, octets: bytes) -> None:
        """Octets of the message after 354, dot-stuffed as on the wire. On a closed session they are dropped: `end` says so."""
        ...

    async def drain(self) -> None:
        """Wait until the next hop has taken enough of what was written; returns at once on a closed session."""
        ...

    def end(self, last: bytes = b"") -> asyncio.Future[Reply]:
        """Write `last` and the final dot; `last`, or what was written before, ends with CRLF or is empty."""
        ...

    def rest(self, seconds: float) -> bool:
        """Wait for a next transaction at most so long; False when this kind of session is not kept."""
        ...

    def quit(self) -> None:
        """Leave politely, in the background; never after DATA without its end."""
        ...

    def abort(self) -> None:
        """Cut the connection; inside DATA that is the only way to leave without delivering."""
        ...


class NextHop(Protocol):
    """Where a session can be opened."""

    async def open(self, timeouts: Timeouts, hostname: str) -> HopSession:
        """Connect and greet. Raises Unavailable."""
        ...
