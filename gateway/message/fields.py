"""Slices a header block into fields (RFC 5322 §2.2), bounded and total.

Decides where a header ends and what its fields are; never interprets a value, never raises.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from gateway.message.model import Field

HEADER_LIMIT = 64 * 1024
"""Octets of a message's header that are read."""
VALUE_LIMIT = 8 * 1024
"""Octets of one field value that are kept."""
FIELD_LIMIT = 1000
"""Fields of a message's header that are kept."""

# Possessive quantifiers: no input makes this look at an octet more than twice.
_FIELD = re.compile(rb"([!-9;-~]{1,1000}+)[ \t]*+:([^\n]*+(?:\n[ \t][^\n]*+)*+)\n?")
_END = re.compile(rb"\n\r?\n")
_CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")

_ORDINARY_FIELD = re.compile(r"([!-9;-~]{1,1000}+)[ \t]*+:([^\n]*+(?:\n[ \t][^\n]*+)*+)\n|([\s\S]++)")
"""`_FIELD` in text of bare line feeds; the last group holds what is no field and all after it: going on would try a name at every octet."""
_NOT_ORDINARY = bytes([*range(9), *range(11, 32), 127])
"""Controls, the carriage returns of line ends among them."""


class Header(NamedTuple):
    """A header block as read: its fields, where the body begins, and whether a bound cut it."""

    fields: tuple[Field, ...]
    body_start: int
    cut: str | None = None
    """Which bound cut it, in short English words."""


def first_line(octets: bytes) -> int:
    """Where the header begins: after a byte order mark, blank lines and the "From " line of an mbox."""
    start = 3 if octets.startswith(b"\xef\xbb\xbf") else 0
    start = _after_blank_lines(octets, start)
    if octets.startswith((b"From ", b">From "), start):
        end = octets.find(b"\n", start)
        start = _after_blank_lines(octets, end + 1) if end >= 0 else len(octets)
    return start


def _after_blank_lines(octets: bytes, start: int) -> int:
    while octets.startswith((b"\n", b"\r\n"), start):
        start += 1 if octets[start] == 10 else 2
    return start


def slice_header(octets: bytes, start: int, end: int, *, header_limit: int = HEADER_LIMIT, field_limit: int = FIELD_LIMIT) -> Header:
    """Fields from `start`, up to the blank line, `end`, or the first line that is no field (there the body begins, as in Postfix)."""
    limit = min(end, start + header_limit)
    return _ordinary(octets, start, limit, field_limit) or _sliced(octets, start, end, limit, field_limit)


def _ordinary(octets: bytes, start: int, limit: int, field_limit: int) -> Header | None:
    """Most headers: ASCII without controls, nothing but fields, a blank line, and all within the bounds; read in one go. None for any other."""
    blank = _END.search(octets, start, limit)
    if blank is None:
        return None
    raw = octets[start : blank.start() + 1]
    kept = raw.translate(None, _NOT_ORDINARY)
    if not raw.isascii() or len(kept) + raw.count(b"\r\n") != len(raw):
        return None
    found = _ORDINARY_FIELD.findall(kept.decode("ascii"))
    if not found or found[-1][2] or len(found) > field_limit:
        return None
    # Each line was one octet longer.
    if len(kept) > VALUE_LIMIT // 2 and any(len(value) > VALUE_LIMIT // 2 for _, value, _ in found):
        return None
    fields = [Field(name, name.lower(), (value.replace("\n", "") if "\n" in value else value).strip()) for name, value, _ in found]
    return Header(tuple(fields), blank.end())


def _sliced(octets: bytes, start: int, end: int, limit: int, field_limit: int) -> Header:
    fields: list[Field] = []
    at, cut = start, None
    while (found := _FIELD.match(octets, at, limit)) is not None:
        if found.end() == limit < end:
            cut = "header longer than its bound"
            break
        if len(fields) == field_limit:
            cut = "more fields than the bound"
            break
        name, value = found.groups()
        if len(value) > VALUE_LIMIT:
            value, cut = _shorten(name, value), "field longer than the bound"
        fields.append(_field(name, value))
        at = found.end()
        if octets.startswith((b"\n", b"\r\n"), at):
            break
    return Header(tuple(fields), _body_start(octets, at, end, skip=cut is not None and found is not None), cut)


def _body_start(octets: bytes, at: int, end: int, *, skip: bool) -> int:
    for blank in (b"\n", b"\r\n"):
        if octets.startswith(blank, at):
            return min(at + len(blank), end)
    if skip:
        rest = _END.search(octets, at, end)
        return rest.end() if rest else end
    return min(at, end)


def _shorten(name: bytes, value: bytes) -> bytes:
    if name.lower() == b"references":
        return b"".join(value[-VALUE_LIMIT:].split(None, 1)[-1:])  # the nearest message stands last
    return value[:VALUE_LIMIT].rpartition(b",")[0] or value[:VALUE_LIMIT]  # no address cut into another one


def _field(name: bytes, raw: bytes) -> Field:
    if b"\n" in raw:
        raw = raw.replace(b"\r\n", b"").replace(b"\n", b"")
    try:
        value = raw.decode("utf-8")
    except UnicodeDecodeError:
        value = raw.decode("latin-1")
    if _CONTROLS.search(value):
        value = _CONTROLS.sub(" ", value)
    text = name.decode("ascii")
    return Field(text, text.lower(), value.strip())
