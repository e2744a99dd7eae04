"""What one message is, once read: values only, no I/O, no clock.

A `Message` is made by `gateway.message.parse.parse`, which is total (never raises) and bounded. It is a reading of the
octets, never a substitute for them: what is relayed is always the octets (docs/promises.md, P1).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple

from gateway.message.once import once
from gateway.message.value import value

PREFIX_LIMIT = 1 << 20
"""Octets of a message that intake and `explain` look at, so that both see the same (1 MiB)."""

Direction = Literal["inbound", "outbound"]

MeasuredOnly = Literal["", "no-return-path", "before-watch", "imported", "configured-reply"]
"""no-return-path: nobody knows where a reply may go; `mail_from` is then From's, for counting · before-watch: it lay in the mailbox before
that was watched · imported: history that an admin has counted · configured-reply: no message, but the automatic reply a mailbox has ready."""


class Address(NamedTuple):
    """One mailbox of an address header: RFC 5322 §3.4. `local` keeps its case; `domain` is lower-cased (A-labels)."""

    display_name: str
    local: str
    domain: str

    @property
    def spec(self) -> str:
        """`local@domain`, as one would write it in an envelope."""
        return f"{self.local}@{self.domain}" if self.domain else self.local

    @property
    def key(self) -> str:
        """For comparisons: the whole address without case."""
        return self.spec.casefold()


class Field(NamedTuple):
    """One header field. `value` is unfolded and stripped; octets over 127 were read as UTF-8, else as Latin-1.

    RFC 2047 encoded words are *not* decoded in `value`; `Message.subject` and `Address.display_name` are.
    """

    name: str
    key: str
    value: str


@value(frozen=True, slots=True)
class Part:
    """One MIME entity. `text` is the decoded text of a `text/*` leaf (bounded), else None."""

    content_type: str = "text/plain"
    parameters: Mapping[str, str] = field(default_factory=dict)
    disposition: str | None = None
    filename: str | None = None
    content_id: str | None = None
    fields: tuple[Field, ...] = ()
    text: str | None = None
    children: tuple[Part, ...] = ()
    octets: bytes | None = None
    """Decoded content of an `application/pkcs7-mime` leaf (bounded), so that an opaque signature can be unwrapped; else None."""

    def walk(self) -> Iterator[Part]:
        """This part and all below it, depth first."""
        yield self
        for child in self.children:
            yield from child.walk()


@value(frozen=True)
class Message:
    """A message as read. Every derived property is total: absent or unreadable is None or empty, never an exception."""

    fields: tuple[Field, ...]
    root: Part
    complete: bool = True
    """False when only a prefix of the octets was seen, or a bound cut the reading short."""
    defects: tuple[str, ...] = ()
    """Short English words on what could not be read; never content."""
    addresses: Mapping[str, tuple[Address, ...]] = field(default_factory=dict)
    """Lower-cased name of an address field -> its addresses, groups flattened, all occurrences in order."""
    subject: str = ""
    """Decoded (RFC 2047), unfolded, control characters removed."""
    message_id: str | None = None
    """With its angle brackets; None when absent or unusable."""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    date: datetime | None = None
    """Aware; None when absent or unreadable."""

    @once
    def _by_key(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for _, key, text in self.fields:
            found[key] = (*found[key], text) if key in found else (text,)
        return found

    def all(self, name: str) -> tuple[str, ...]:
        """Every occurrence of a field, in order; `name` in any case."""
        return self._by_key.get(name.lower(), ())

    @once
    def sender(self) -> Address | None:
        """The one mailbox in From; None where From is missing or names several (RFC 5322 §3.6.2)."""
        found = self.of("from")
        return found[0] if len(found) == 1 and found[0].domain and len(self.all("from")) == 1 else None

    def first(self, name: str) -> str | None:
        """The topmost occurrence of a field, or None."""
        values = self.all(name)
        return values[0] if values else None

    def of(self, name: str) -> tuple[Address, ...]:
        """The addresses of an address field (From, Sender, Reply-To, To, Cc, Bcc, Resent-*, Return-Path …)."""
        return self.addresses.get(name.lower(), ())

    def names_among(self, names: AbstractSet[str]) -> AbstractSet[str]:
        """Which of these lower-cased field names occur."""
        return self._by_key.keys() & names

    @property
    def attachments(self) -> tuple[str, ...]:
        """File names of the parts that have one."""
        return tuple(part.filename for part in self.root.walk() if part.filename)


@dataclass(frozen=True, slots=True)
class Envelope:
    """What SMTP said of a message, and which door it came through. The null reverse-path is `""` (never `"<>"`)."""

    mail_from: str
    rcpt_to: tuple[str, ...]
    """Recipients that the next hop accepted, in order."""
    direction: Direction
    received_at: datetime
    """Aware. The moment of receipt on which all clocks are computed."""
    listener: str = ""
    trusted_senders: bool = False
    """The listener vouches for senders in our own domains (docs/configuration.md)."""
    door: str = "relay"
    measured_only: MeasuredOnly = ""
    """Why nothing may be sent because of this sighting, whatever the message says."""

    @property
    def is_history(self) -> bool:
        """It was received before we had anything to do with its mailbox."""
        return self.measured_only in ("imported", "before-watch")
