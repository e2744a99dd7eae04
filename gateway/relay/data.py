"""The octets between 354 and the end mark: where they end, what in them looks like an end, what their header forbids.

Only CRLF.CRLF ends a message (RFC 5321 §4.1.1.4). A lone dot between line breaks of which one is bare is an end for some servers and
none for others (SMTP smuggling, CVE-2023-51764 and its kin); such a message is refused, every other octet passes (docs/relay.md). Pure.
"""

from __future__ import annotations

import re

from gateway.delivery.reply import Reply, own
from gateway.delivery.stuffing import unstuff
from gateway.message.model import PREFIX_LIMIT

# With a literal beginning, re searches twice as fast as bytes.find on mail: 12 µs for 40 KB.
_DOT = re.compile(rb"\n\.")
_END = re.compile(rb"\r\n\.\r\n")
_DOT_AFTER_LF = re.compile(rb"\n\.[\r\n]")
_DOT_AFTER_CR = re.compile(rb"\r\.[\r\n]")
_STUFFED = b"\r\n."

_HELD = 4
"""Octets that may begin an end mark, true or false, if there is a line break among them: one less than CRLF.CRLF."""


def _passing(octets: bytes) -> int:
    """How much of it needs not be kept back. Mostly all: then a large message passes in the pieces that it came in, and none is copied."""
    held = octets[-_HELD:]
    return len(octets) - len(held) if b"\n" in held or b"\r" in held else len(octets)


class EndOfData:
    """Splits the client's stream at the end mark, however the stream was cut into pieces."""

    def __init__(self) -> None:
        self._tail = b"\r\n"
        self._unreal = 2  # the line break before the first octet is the DATA command's, no part of the message
        self.stuffed = 0
        """Dots so far that only stand for another one."""
        self._passed = 0
        self.ended = False
        self.lone_dot = False
        """A lone dot beside a bare line break was seen; nothing is passed on from there."""
        self.rest = b""
        """What came after the end mark."""

    @property
    def size(self) -> int:
        """Octets of the message so far, dot-stuffing not counted; exact once `ended`."""
        return self._passed - self.stuffed

    def feed(self, octets: bytes) -> bytes:
        """What may be passed on now, dot-stuffed as it came; once `ended`, all that was held back, the final dot not included."""
        joined = self._tail + octets
        # Base64 has no dot anywhere, and most of a large message is base64: then there is nothing to find, and no search to pay for.
        keep = self._searched(joined) if b"." in joined else _passing(joined)
        skipped = min(self._unreal, keep)
        self._unreal -= skipped
        self._tail = joined[keep:] if not self.ended else b""
        self._passed += keep - skipped
        return b"" if self.lone_dot else joined[skipped:keep]

    def _searched(self, joined: bytes) -> int:
        """How much of it may be passed on, once all that a dot can mean has been looked for."""
        dot = _DOT.search(joined)  # most mail has this one line that begins with a dot, its end mark
        since = max(0, dot.start() - 1) if dot is not None else len(joined)
        end = _END.search(joined, since)
        if end is not None:
            self.ended = True
            self.rest = joined[end.end() :]
            until = keep = end.start() + 2
        else:
            until, keep = len(joined), _passing(joined)
        self.lone_dot = self.lone_dot or bool(_DOT_AFTER_CR.search(joined, 0, until)) or _has_lone_dot(joined, since, until, self.ended)
        self.stuffed += joined.count(_STUFFED, since, until) - self._tail.count(_STUFFED)
        return keep


def _has_lone_dot(octets: bytes, since: int, until: int, ended: bool) -> bool:
    found = _DOT_AFTER_LF.search(octets, since, until)
    if found is None:
        return False
    # CRLF "." CR at the very end may still become the end mark; the next piece tells.
    undecided = not ended and found.end() == until and octets.endswith(b"\r\n.\r")
    return not undecided


class Prefix:
    """The beginning of a message, kept for observation: PREFIX_LIMIT octets without dot-stuffing, as the next hop will store them."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._size = 0
        self._full = False

    def feed(self, octets: bytes, stuffed: int) -> None:
        """What passed next; `stuffed` counts the dots in all that passed so far that will be taken away, or more."""
        if self._full or not octets:
            return
        room = PREFIX_LIMIT + stuffed - self._size
        self._pieces.append(octets[:room])
        self._size += len(self._pieces[-1])
        self._full = len(octets) >= room

    def __len__(self) -> int:
        return self._size

    def take(self, *, stuffed: bool = True) -> bytes:
        """For once: the pieces are given up. Not `stuffed`: no line of them begins with a dot, so that none need be looked for."""
        octets = b"".join(self._pieces)
        self._pieces.clear()
        return (unstuff(octets) if stuffed else octets)[:PREFIX_LIMIT]


_HEADER_END = re.compile(rb"\n\r?\n")
_LOOP = own(554, "4.6", "Too many hops, this message is in a loop")
_NO_HEADER = own(550, "7.1", "Relaying is not allowed for this message")


def refusal(prefix: bytes, received_fields: int, require_header: str | None) -> Reply | None:
    """What the header forbids: a loop (RFC 5321 §6.3), or relaying without the field that `require_header` names.

    `require_header` is `Name` or `Name: value`; names and the spaces around a value do not count, the value is compared exactly.
    """
    header = _header(prefix)
    if header.count(b"\n") > received_fields and header.lower().count(b"\nreceived:") > received_fields:
        return _LOOP
    if require_header is None:
        return None
    name, _, value = require_header.encode("utf-8").partition(b":")
    for field in re.finditer(rb"\n" + re.escape(name.strip()) + rb"[ \t]*:([^\n]*)", header, re.IGNORECASE):
        if not value.strip() or field[1].strip() == value.strip():
            return None
    return _NO_HEADER


def _header(prefix: bytes) -> bytes:
    """Each of its fields with the line break before it."""
    if prefix.startswith((b"\n", b"\r\n")):
        return b"\n"
    end = _HEADER_END.search(prefix)
    return b"\n" + (prefix[: end.start() + 1] if end else prefix)
