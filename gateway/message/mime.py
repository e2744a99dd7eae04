"""MIME structure (RFC 2045, 2046, 2231): the tree of parts and the text of its `text/*` leaves.

Bounded by depth, number of parts and length of text; beyond a bound a part is opaque, which is noted. Never raises. The header
of an embedded message (`message/rfc822`) stays with that part: nothing of it shows as a field of the message around it.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

import re2

from gateway.message.charset import decode_text, is_ascii
from gateway.message.encoded_words import base64_octets, decode_words
from gateway.message.fields import slice_header
from gateway.message.model import Field, Part

DEPTH_LIMIT = 20
PART_LIMIT = 200
TEXT_LIMIT = 256 * 1024
"""Octets of one part, its transfer encoding undone, that are read as text."""
DELIMITER_LIMIT = 10_000
"""Lines of a message that are looked at as possible boundary delimiters."""
PART_HEADER_LIMIT = 32 * 1024
PART_FIELD_LIMIT = 200

_PARAMETER = re.compile(r';\s*+([^\s=;"]++)\s*+=\s*+(?:"((?:[^"\\]|\\.)*+)"?|([^;]*+))', re.DOTALL)
_CONTINUED = re.compile(r"([^*]++)(?:\*(\d{1,3}))?(\*)?")
_COMMENT = re.compile(r"\s\([^()]*+\)\s*$")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_LONE_RETURN = re2.compile(rb"\r(?:[^\n]|\z)")
_EMBEDDED = {"message/rfc822", "message/global", "message/news"}
_OPAQUE_SIGNED = {"application/pkcs7-mime", "application/x-pkcs7-mime"}


class _Span(NamedTuple):
    octets: bytes
    start: int
    end: int


@dataclass(slots=True)
class PartReader:
    """Reads one message's parts and keeps count of what the bounds left out."""

    defects: dict[str, None] = field(default_factory=dict)
    """In order of appearance."""
    cut: bool = False
    _parts: int = 0
    _delimiters: int = 0

    def read(self, fields: tuple[Field, ...], octets: bytes, start: int, end: int) -> Part:
        """The root part, whose header is already read, with everything below it."""
        return self._part(fields, _Span(octets, start, end), 0, "text/plain")

    def _part(self, fields: tuple[Field, ...], body: _Span, depth: int, default: str) -> Part:
        self._parts += 1
        first = {key: value for _, key, value in reversed(fields) if key.startswith("content-")}
        kind, parameters = parse_parameters(first.get("content-type", ""))
        if kind.count("/") != 1 or kind.startswith("/") or kind.endswith("/"):
            kind = default
        encoding = first.get("content-transfer-encoding", "").split("(")[0].strip().lower()
        disposition, placing = parse_parameters(first["content-disposition"]) if "content-disposition" in first else (None, {})
        part = {
            "content_type": kind,
            "parameters": parameters,
            "disposition": disposition or None,
            "filename": placing.get("filename") or parameters.get("name") or None,
            "content_id": first.get("content-id"),
        }
        text = _text(body, encoding, parameters.get("charset")) if kind.startswith("text/") else None
        signed = _decoded(body, encoding)[:TEXT_LIMIT] if kind in _OPAQUE_SIGNED else None
        return Part(**part, fields=fields, text=text, octets=signed, children=self._children(kind, parameters, encoding, body, depth))  # type: ignore[arg-type]

    def _children(self, kind: str, parameters: dict[str, str], encoding: str, body: _Span, depth: int) -> tuple[Part, ...]:
        if not kind.startswith("multipart/") and kind not in _EMBEDDED:
            return ()
        if depth >= DEPTH_LIMIT:
            self._note("nested deeper than the bound", cut=True)
            return ()
        if kind in _EMBEDDED:
            if encoding in ("base64", "quoted-printable"):  # RFC 2046 §5.2.1 forbids it, some senders do it
                content = _decoded(body, encoding)
                body = _Span(content, 0, len(content))
            return (self._entity(body, depth + 1, "text/plain"),) if self._parts < PART_LIMIT else ()
        spans = list(self._split(body, parameters.get("boundary", "").rstrip()))
        if not spans:
            self._note("multipart without its boundary")
            self._parts += 1
            return (Part(text=_text(body, encoding, None)),)
        default = "message/rfc822" if kind == "multipart/digest" else "text/plain"
        children = []
        for span in spans:
            if self._parts >= PART_LIMIT:
                self._note("more parts than the bound", cut=True)
                break
            children.append(self._entity(span, depth + 1, default))
        return tuple(children)

    def _entity(self, span: _Span, depth: int, default: str) -> Part:
        octets, start, end = span
        header = slice_header(octets, start, end, header_limit=PART_HEADER_LIMIT, field_limit=PART_FIELD_LIMIT)
        if header.cut:
            self._note(header.cut, cut=True)
        return self._part(header.fields, _Span(octets, header.body_start, end), depth, default)

    def _split(self, body: _Span, boundary: str) -> Iterator[_Span]:
        """The spans between boundary delimiters; RFC 2046 §5.1.1: the line break before a delimiter belongs to it."""
        octets, at, end = body
        delimiter = b"--" + boundary.encode("utf-8", "replace")
        opened: int | None = None
        while boundary:
            self._delimiters += 1
            if self._delimiters > DELIMITER_LIMIT:
                self._note("more delimiter lines than the bound", cut=True)
                break
            at = octets.find(delimiter, at, end)
            if at < 0:
                break
            closing, after = _delimiter_line(octets, at, at + len(delimiter), end, body.start)
            if after:
                if opened is not None:
                    yield _Span(octets, opened, max(opened, _before_line_break(octets, at)))
                opened, at = (None if closing else after), after
                if closing:
                    return
            else:
                at += len(delimiter)
        if opened is not None:
            if not self.cut:
                self._note("multipart without its end")
            yield _Span(octets, opened, end)

    def _note(self, defect: str, *, cut: bool = False) -> None:
        self.defects[defect] = None
        self.cut = self.cut or cut


def _delimiter_line(octets: bytes, at: int, after: int, end: int, start: int) -> tuple[bool, int]:
    """Whether the delimiter at `at` closes, and where its line ends; 0 when it is no delimiter line."""
    if at > start and octets[at - 1] != 10:
        return False, 0
    line_end = octets.find(b"\n", after, min(end, after + 200))
    rest = octets[after : line_end if line_end >= 0 else min(end, after + 200)].rstrip()
    if rest not in (b"", b"--") and not (rest.startswith(b"--") and line_end < 0):
        return False, 0
    return rest.startswith(b"--"), line_end + 1 if line_end >= 0 else end


def _before_line_break(octets: bytes, at: int) -> int:
    if octets.endswith(b"\r\n", 0, at):
        return at - 2
    return at - 1 if octets.endswith(b"\n", 0, at) else at


def _decoded(body: _Span, encoding: str) -> bytes:
    octets = body.octets[body.start : body.end]
    if encoding == "base64":
        return base64_octets(octets)
    return binascii.a2b_qp(octets) if encoding == "quoted-printable" else octets


def _text(body: _Span, encoding: str, charset: str | None) -> str:
    octets = _decoded(body, encoding)[:TEXT_LIMIT]
    if is_ascii(octets) and _LONE_RETURN.search(octets) is None:
        return octets.replace(b"\r", b"").decode("ascii")
    text = decode_text(octets, charset)
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def parse_parameters(value: str) -> tuple[str, dict[str, str]]:
    """A `Content-Type` or `Content-Disposition` value: its lower-cased first token, and its decoded parameters (RFC 2231; 2047 as mail has it)."""
    main = value.partition(";")[0].partition("(")[0].strip().lower()
    if ";" not in value:
        return main, {}
    plain: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[bool, str]]] = {}
    for match in _PARAMETER.finditer(value):
        name, quoted, bare = match[1].lower(), match[2], match[3]
        content = _ESCAPED.sub(r"\1", quoted) if quoted is not None else _COMMENT.sub("", bare).strip()
        continued = _CONTINUED.fullmatch(name)
        if continued is None or (continued[2] is None and continued[3] is None):
            plain.setdefault(name, decode_words(content))
        else:
            pieces.setdefault(continued[1], {}).setdefault(int(continued[2] or 0), (bool(continued[3]), content))
    return main, plain | {name: _joined(found) for name, found in pieces.items()}


def _joined(pieces: dict[int, tuple[bool, str]]) -> str:
    """RFC 2231 §3 and §4: numbered pieces in order, each percent-encoded or not; the charset stands in the first."""
    charset, octets = None, b""
    for number in sorted(pieces):
        encoded, content = pieces[number]
        if encoded and number == min(pieces) and content.count("'") >= 2:
            charset, _, content = content.split("'", 2)
        octets += unquote_to_bytes(content) if encoded else content.encode("utf-8", "replace")
    return decode_words(decode_text(octets, charset))
