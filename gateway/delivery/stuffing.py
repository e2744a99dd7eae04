"""Dot-stuffing, both ways (RFC 5321 §4.5.2). Only CRLF ends a line; every other octet passes as it is."""

from __future__ import annotations

import re

_STUFFED = re.compile(rb"\r\n\.")


def stuff(octets: bytes) -> bytes:
    """A message as it goes on the wire, without its final dot; a missing last CRLF is added."""
    stuffed = octets.replace(b"\r\n.", b"\r\n..") if _STUFFED.search(octets) else octets
    if stuffed.startswith(b"."):
        stuffed = b"." + stuffed
    return stuffed if not stuffed or stuffed.endswith(b"\r\n") else stuffed + b"\r\n"


def unstuff(octets: bytes) -> bytes:
    """The message that `octets` (from its beginning) carry: the first dot of each line is taken away."""
    plain = octets.replace(b"\r\n.", b"\r\n") if _STUFFED.search(octets) else octets
    return plain[1:] if plain.startswith(b".") else plain


class Unstuffer:
    """The same for a message that comes in pieces."""

    def __init__(self) -> None:
        self._before = b"\r\n"

    def feed(self, octets: bytes) -> bytes:
        """What `octets` carry, given all that came before."""
        if not octets:
            return b""
        before = self._before
        joined = before + octets
        self._before = joined[-2:]
        return _STUFFED.sub(b"\r\n", joined)[len(before) :]
