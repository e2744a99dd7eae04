"""What every backend offers of one watched mailbox, and how it says what is wrong. No backend decides anything about a message.

A backend reads: it never marks a message as seen, moves, deletes or sends one. Its cursors are opaque texts which the watcher keeps
in the ledger, in the same transaction order as the messages: first recorded, then the cursor. What is seen twice (after a kill, or
because a server lost its own place) is one message all the same, by its identity (docs/promises.md, P3).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, runtime_checkable

Folder = Literal["inbox", "sent"]
Why = Literal["credentials", "forbidden", "missing", "throttled", "unreachable", "certificate", "malformed", "fault"]
"""credentials: the login, token or secret is refused or expired · forbidden: it is good, and may not read this mailbox · missing: no such
mailbox or folder · throttled: the server asks for patience · unreachable: no connection, or it broke or timed out · certificate: TLS that
cannot be trusted · malformed: answers that make no sense · fault: anything else."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message of a folder."""

    octets: bytes
    """As the server keeps it, at most `message.model.PREFIX_LIMIT`."""
    size: int
    """Octets of the whole message."""
    received_at: datetime
    """Aware: when the server took it (INTERNALDATE, receivedDateTime, DateTimeReceived; a Maildir file's own time), never its Date field."""

    @property
    def complete(self) -> bool:
        """Whether `octets` is all of it."""
        return len(self.octets) >= self.size


@dataclass(frozen=True, slots=True)
class Changes:
    """What came after a cursor, oldest first."""

    arrivals: tuple[Arrival, ...]
    cursor: str
    """Stands behind the last of them."""
    more: bool = False
    """There is more at once: ask again from `cursor`."""
    unreadable: int = 0
    """Messages that the server listed and would not give, passed over for good."""


@dataclass(frozen=True, slots=True)
class AutomaticReply:
    """The configured out-of-office texts, as the person sees them; "" is none. HTML or plain, as the server gives it."""

    enabled: bool
    """True only where it answers now, or will from `starts_at` on."""
    external: str = ""
    internal: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    """Aware. None: switched by hand, without schedule."""


class Mailbox(Protocol):
    """One mailbox at one server. All methods are safe to cancel; one call at a time, except that `close` may come beside any of them.

    After a fault the next call tries afresh: it connects again, and reads the credential's file again. The watcher waits between the two.
    """

    async def changes(self, folder: Folder, cursor: str | None, limit: int) -> Changes:
        """At most `limit` messages that came after `cursor`. Without one: none at all, and a cursor that stands at now.

        Raises MailboxFault; CursorLost where the server no longer knows the place.
        """

    async def history(self, folder: Folder, since: datetime, cursor: str | None, limit: int) -> Changes:
        """Messages received at or after `since` (aware), oldest first or in the server's order, page by page by a cursor of its own
        kind; the last page has more=False, and its cursor may be handed to `changes`, which misses nothing that arrived meanwhile."""

    async def wait(self, seconds: float) -> None:
        """Return when something may have changed (IDLE, a streaming notification, inotify), or after `seconds`. Raises MailboxFault."""

    async def automatic_reply(self) -> AutomaticReply | None:
        """What is configured; None where this kind of server has no such thing to read (IMAP, Maildir)."""

    async def close(self) -> None:
        """Let go of connections and threads, within seconds; never raises."""


@runtime_checkable
class Notified(Protocol):
    """A mailbox whose server may tell us by itself that there is news, at an address of ours (Graph)."""

    def heard(self, client_state: str, lifecycle: bool) -> bool:
        """Somebody says so; False where `client_state` does not prove that it is the server. Ends a `wait`."""


class MailboxFault(Exception):
    """The mailbox cannot be read now. `why` is a slug; `said` one line for an admin, naming no credential and no resident."""

    def __init__(self, why: Why, said: str, retry_after: float | None = None) -> None:
        super().__init__(f"{why}: {said}")
        self.why = why
        self.said = said
        self.retry_after = retry_after
        """Seconds that the server asked for; None where it said nothing."""


class CursorLost(MailboxFault):
    """The server has forgotten the place (UIDVALIDITY changed, 410 Gone, an invalid sync state): read again by `history`."""

    def __init__(self, said: str) -> None:
        super().__init__("fault", said)
