"""Where the messages of an mbox file begin and end, and their octets without its quoting. Reads only, in bounded memory.

A separator is a line `From ` that carries a date as asctime or RFC 5322 write it (RFC 4155 appendix A, and what mail programs
write beside it); a line of text that merely begins with "From " is none. Content-Length is not believed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

CHUNK = 1 << 20
LONGEST_SEPARATOR = 1000
"""Octets of a From_ line."""

_FROM_LINE = re.compile(
    rb"\nFrom [^\n]{0,700}?(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? {1,2}"
    rb"(?:(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) {1,2}\d{1,2}|\d{1,2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec))"
    rb"[ ,][^\n]{0,20}?\d\d?:\d\d[^\n]{0,40}(?=\n)"
)
_QUOTED = re.compile(rb"^>(?=>*From )", re.MULTILINE)


def is_mbox(stream: BinaryIO) -> bool:
    """Whether the file begins with a separator; leaves the stream at its beginning."""
    beginning = b"\n" + stream.read(LONGEST_SEPARATOR)
    stream.seek(0)
    return _FROM_LINE.match(beginning) is not None


def messages(stream: BinaryIO) -> Iterator[tuple[int, int]]:
    """Offset and length of each message, separators not included."""
    begins = None
    for separator, after in _separators(stream):
        if begins is not None:
            yield begins, separator - begins
        begins = after
    if begins is not None:
        yield begins, max(stream.seek(0, 2) - begins, 0)


def _separators(stream: BinaryIO) -> Iterator[tuple[int, int]]:
    """Where each From_ line begins, and where the line after it does."""
    base, buffer = -1, b"\n"  # as if a line had ended before the first one
    while chunk := stream.read(CHUNK):
        buffer += chunk
        for found in _FROM_LINE.finditer(buffer):
            yield base + found.start() + 1, base + found.end() + 1
        unfinished = buffer.rfind(b"\n")
        if unfinished < 0 or len(buffer) - unfinished > LONGEST_SEPARATOR:
            unfinished = len(buffer)
        base, buffer = base + unfinished, buffer[unfinished:]


def unquoted(octets: bytes) -> bytes:
    """Without the `>` that mboxo and mboxrd set before lines that begin with "From "."""
    return _QUOTED.sub(b"", octets)
