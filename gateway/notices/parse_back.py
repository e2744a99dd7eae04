"""Reads a notice's octets back before it is queued: what we are about to send must be exactly what we meant.

Decides whether a notice may leave; it shares no code with what wrote it, and never repairs anything. A complaint names the
rule and the field, never a value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import combinations

from gateway.ledger.records import Notice, NoticeKind

LONGEST_LINE = 998
"""Octets without CRLF (RFC 5321 §4.5.3.1.6)."""
LARGEST = 256 * 1024
LARGEST_DIGEST = 8 * 1024 * 1024
"""Octets of a notice; a digest has the whole report attached."""

_ACKNOWLEDGEMENT = (
    "From", "To", "Date", "Message-ID", "Subject", "In-Reply-To", "References", "Auto-Submitted", "X-Auto-Response-Suppress",
    "Precedence", "X-Service-Promise-Token", "Content-Language", "MIME-Version", "Content-Type",
)  # fmt: skip
_NEWS = tuple(name for name in _ACKNOWLEDGEMENT if name not in ("In-Reply-To", "References"))
_GENERATED: tuple[NoticeKind, ...] = ("news", "warning", "thanks", "cover", "digest", "reminder", "survey")
_FIELDS: Mapping[NoticeKind, tuple[str, ...]] = {"acknowledgement": _ACKNOWLEDGEMENT, **dict.fromkeys(_GENERATED, _NEWS)}
"""The fields that a kind of notice has, in order. A kind without a list is refused."""
_MAY_LACK = ("In-Reply-To", "References")
_ORDERS: Mapping[NoticeKind, frozenset[tuple[str, ...]]] = {
    kind: frozenset(tuple(name for name in names if name not in lacking) for lacking in ((), *combinations(_MAY_LACK, 1), _MAY_LACK))
    for kind, names in _FIELDS.items()
}
_AUTO_SUBMITTED: Mapping[NoticeKind, str] = {"acknowledgement": "auto-replied", **dict.fromkeys(_GENERATED, "auto-generated")}
_FIXED = {
    "X-Auto-Response-Suppress": "All",
    "Precedence": "bulk",
    "MIME-Version": "1.0",
}
_PARTS = ("text/plain; charset=utf-8", "text/html; charset=utf-8")
_ATTACHED = re.compile(
    r"Content-Type: (?:text/html|text/csv); charset=utf-8\r\nContent-Disposition: attachment;\r\n filename=\"[\w.-]+\"\r\n"
    r"Content-Transfer-Encoding: base64"
)
_MAY_HAVE_RETURN_PATH: tuple[NoticeKind, ...] = ("reminder", "digest", "survey")
"""Somebody ought to hear that these bounce; all others leave from the null reverse-path."""
_FIELD = re.compile(r"([!-9;-~]+): ([^\x00- \x7f][^\x00-\x1f\x7f]*(?:\r\n [^\r\n]*\S[^\r\n]*)*)\r\n")
"""A field with its continuation lines."""
_ONE_RECIPIENT = re.compile(r'(?:[^\s<>,;:"()\[\]\\]+|"[^"\\\r\n]+")@[^\s<>,;:"()\[\]\\@]+')
_FROM = re.compile(r"(?:[^<>@]|@(?=[^<>]* <))*<([^<>\s]+@[^<>\s]+)>")
_JOINERS = dict.fromkeys((0x200C, 0x200D))
"""Letters of some names, though nobody sees them (RFC 5892 appendix A)."""
_BOUNDARY = re.compile(r'multipart/(alternative|mixed); boundary="(=_[0-9a-z]+)"')
_LONGEST_ENCODED = 76
"""Characters of a line in quoted-printable (RFC 2045 §6.7 (5))."""
_WELL_WRAPPED = re.compile(rf"(?:[ -~]{{0,{_LONGEST_ENCODED}}}+\r\n)++")


def check(notice: Notice) -> str | None:
    """The first complaint, or None when the notice may be queued."""
    octets, largest = notice.octets, LARGEST_DIGEST if notice.kind == "digest" else LARGEST
    if not 0 < len(octets) <= largest:
        return "the notice is empty or too large"
    try:
        text = octets.decode("utf-8" if _may_be_international(notice) else "ascii")
    except UnicodeDecodeError:
        return "an octet that is not 7-bit text"
    head, _, body = text.partition("\r\n\r\n")
    if "\0" in text or not body.isascii():
        return "an octet that is not 7-bit text"
    fields = _fields(head)
    well_wrapped = _WELL_WRAPPED.fullmatch(body) is not None
    if isinstance(fields, str) or not well_wrapped or len(head) > LONGEST_LINE:  # else no single line needs to be looked at
        complaint = _lines(text)
        if complaint is not None:
            return complaint
    if notice.kind not in _ORDERS:
        return f"no list of fields for a notice of kind {notice.kind}"
    if isinstance(fields, str):
        return fields
    return _header(notice, fields) or _body(notice, fields[-1][1], body, well_wrapped=well_wrapped)


def _may_be_international(notice: Notice) -> bool:
    """Only the address in To, and only a resident's, may have letters beyond ASCII (RFC 6532)."""
    return notice.kind == "acknowledgement" and not notice.rcpt_to.isascii()


def _lines(text: str) -> str | None:
    *lines, rest = text.split("\r\n")
    if rest:
        return "the last line has no end"
    if text.count("\r") != len(lines) or text.count("\n") != len(lines):
        return "a bare CR or LF"
    if max(len(line.encode()) for line in lines) > LONGEST_LINE:
        return "a line is too long"
    return None if "\r\n\r\n" in text else "no body"


def _header(notice: Notice, fields: list[tuple[str, str]]) -> str | None:
    if tuple([name for name, _ in fields]) not in _ORDERS[notice.kind]:
        return "the header fields are not exactly those meant, once each and in order"
    found = dict(fields)
    if found["Auto-Submitted"] != _AUTO_SUBMITTED[notice.kind]:
        return "Auto-Submitted is not what it must be"
    wrong = [name for name, value in _FIXED.items() if found[name] != value]
    return f"{wrong[0]} is not what it must be" if wrong else _addresses(notice, found)


def _addresses(notice: Notice, found: Mapping[str, str]) -> str | None:
    sender = _FROM.fullmatch(found["From"])
    if sender is None or sender[1] != notice.mailbox:
        return "From is not the division's mailbox"
    if found["To"] != notice.rcpt_to or not _ONE_RECIPIENT.fullmatch(notice.rcpt_to):
        return "To is not exactly the one recipient"
    if found["Message-ID"] != notice.message_id:
        return "the Message-ID is not the one recorded"
    if notice.kind in _MAY_HAVE_RETURN_PATH:
        return None if not notice.mail_from or _ONE_RECIPIENT.fullmatch(notice.mail_from) else "the reverse-path is no address"
    return "the reverse-path is not null" if notice.mail_from else None


def _fields(head: str) -> list[tuple[str, str]] | str:
    """Names and unfolded values, or a complaint."""
    fields: list[tuple[str, str]] = _FIELD.findall(f"{head}\r\n")
    if sum([len(name) + len(value) + len(": \r\n") for name, value in fields]) != len(head) + len("\r\n"):
        return "a header line that is neither a field nor its continuation"
    shown = head.replace("\r\n", "")
    if not (shown if shown.isascii() else shown.translate(_JOINERS)).isprintable():
        return "a control character in a header field"
    if not shown.isascii() and any(not (value.isascii() or name == "To") for name, value in fields):
        return "a field other than To that is not 7-bit text"
    return [(name, value.replace("\r\n", "") if "\r" in value else value) for name, value in fields]


def _body(notice: Notice, content_type: str, body: str, *, well_wrapped: bool) -> str | None:
    """Exactly two parts, plain text first, in transfer encoding that any server passes on."""
    boundary = _BOUNDARY.fullmatch(content_type)
    if boundary is None or (boundary[1] == "mixed") != (notice.kind == "digest"):
        return "Content-Type is not what it must be"
    parts = f"\r\n{body}".split(f"\r\n--{boundary[2]}")
    if notice.kind == "digest":
        return _digest_parts(parts)
    if len(parts) != 4 or parts[0] or parts[3] != "--\r\n":
        return "the parts are not exactly two"
    for part, kind in zip(parts[1:3], _PARTS, strict=True):
        head, _, content = part.removeprefix("\r\n").partition("\r\n\r\n")
        if head != f"Content-Type: {kind}\r\nContent-Transfer-Encoding: quoted-printable" or not content or content.isspace():
            return "a part is not what it must be"
        if not well_wrapped and max(map(len, content.split("\r\n"))) > _LONGEST_ENCODED:
            return "a line of a part is too long for its transfer encoding"
    return None


def _digest_parts(parts: list[str]) -> str | None:
    """A letter, then attachments of the two kinds we make."""
    if len(parts) < 4 or parts[0] or parts[-1] != "--\r\n":
        return "the parts are not those meant"
    letter, *attached = (part.removeprefix("\r\n").partition("\r\n\r\n") for part in parts[1:-1])
    if letter[0] != f"Content-Type: {_PARTS[0]}\r\nContent-Transfer-Encoding: quoted-printable" or not letter[2].strip():
        return "the letter is not what it must be"
    if not all(_ATTACHED.fullmatch(head) and content.strip() for head, _, content in attached):
        return "an attachment is not what it must be"
    return None
