"""Octets of a notice: header fields and multipart/alternative, 7-bit safe but for an address in To, from values that we chose.

Decides how a value is written down so that no value can begin a field, a line or a part of its own; never what is said.
Own writer, because the standard library's refolds, and raises on values that real mail contains.
"""

from __future__ import annotations

import base64
import binascii
import re
from datetime import datetime, timedelta, timezone
from functools import lru_cache

from gateway.judgement.canonical import is_readable
from gateway.message.own_token import MARK_FIELD

LONGEST_LINE = 998
"""Octets of a line without its CRLF (RFC 5322 §2.1.1)."""

_FOLD_AT = 76
_ENCODED_WORD_OCTETS = 42
"""Octets of UTF-8 in one encoded word: in base64 with its frame this stays below 75 characters (RFC 2047 §2)."""

_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_QUOTED = r'"[ !#-\[\]-~]{1,62}"'
"""A quoted local part without quoting inside: the kind that people have (RFC 5321 §4.1.2)."""
_ADDRESS = re.compile(rf"(?:[A-Za-z0-9!#$%&'*+/=?^_`{{|}}~.-]{{1,128}}|{_QUOTED})@(?:{_LABEL}\.)*{_LABEL}")
_BEYOND = r"\x80-\U0010ffff"
_INTERNATIONAL = re.compile(
    rf"(?:[A-Za-z0-9!#$%&'*+/=?^_`{{|}}~.{_BEYOND}-]{{1,64}}"
    rf'|"[ !#-\[\]-~{_BEYOND}]{{1,62}}")@(?:{_LABEL}\.)*{_LABEL}'
)
"""The same with any letters in the local part (RFC 6531 §3.3, RFC 6532 §3.2)."""
_LONGEST_ADDRESS = 254
_QUOTED_PRINTABLE = "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,248}>")
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def is_address(value: str) -> bool:
    """An addr-spec that can stand in a header and in an envelope everywhere: ASCII, a host name, at most simple quotes around the local part."""
    return len(value) <= _LONGEST_ADDRESS and _ADDRESS.fullmatch(value) is not None


def needs_smtputf8(address: str) -> bool:
    """Whether only servers with SMTPUTF8 take mail for it; its domain stands in A-labels."""
    return not address.isascii()


def is_recipient(value: str) -> bool:
    """The same, or an address of which only the local part is beyond ASCII."""
    if not needs_smtputf8(value):
        return is_address(value)
    return _INTERNATIONAL.fullmatch(value) is not None and is_readable(value) and len(value.encode()) <= _LONGEST_ADDRESS


def is_message_id(value: str) -> bool:
    """Anything printable in angle brackets: a thread holds by exact repetition, also of ids that break the grammar."""
    return _MESSAGE_ID.fullmatch(value) is not None


def text_field(name: str, value: str) -> str:
    """An unstructured field (RFC 5322 §3.6.5), in encoded words where it is not plain ASCII. `value` is one line."""
    plain = value.isascii() and value.isprintable() and "=?" not in value
    return _folded(name, value.split(" ") if plain else _encoded_words(value))


def mailbox_field(name: str, display_name: str, address: str) -> str:
    """A field with one mailbox. Raises ValueError for an address that `is_address` refuses."""
    if not is_address(address):
        raise ValueError("not an address that can stand in a header")
    if not display_name:
        return _folded(name, [address])
    return _folded(name, [*_phrase(display_name), f"<{address}>"])


def to_field(address: str) -> str:
    """To, with one mailbox and no name; in UTF-8 (RFC 6532) where the address needs it. Raises ValueError for what `is_recipient` refuses."""
    if not is_recipient(address):
        raise ValueError("not an address that can stand in a header")
    return _folded("To", [address])


def ids_field(name: str, ids: tuple[str, ...]) -> str:
    """In-Reply-To or References. Raises ValueError for what `is_message_id` refuses."""
    if not all(is_message_id(each) for each in ids):
        raise ValueError("not a Message-ID that can stand in a header")
    return _folded(name, list(ids))


def date_value(at: datetime) -> str:
    """RFC 5322 §3.3, in the zone of `at`; own names of days and months, whatever the locale."""
    return (
        f"{_WEEKDAYS[at.weekday()]}, {at.day} {_MONTHS[at.month - 1]} {at.year:04} {at.hour:02}:{at.minute:02}:{at.second:02} {_zone(at.utcoffset())}"
    )


@lru_cache(64)
def _zone(offset: timedelta | None) -> str:
    return "" if offset is None else f"{datetime.min.replace(tzinfo=timezone(offset)):%z}"


def automatic_fields(kind: str, token: str, language: str) -> str:
    """What every mail of ours says of itself, so that no machine answers it and we know it again. `kind`: auto-replied or
    auto-generated (RFC 3834 §5)."""
    return (
        f"Auto-Submitted: {kind}\r\n"
        "X-Auto-Response-Suppress: All\r\n"
        # RFC 3834 §3.1.8 leaves it to us; Mailman's replybot, old vacation programs and help desks obey nothing else
        "Precedence: bulk\r\n"
        f"{MARK_FIELD}: {token}\r\n"
        f"Content-Language: {language}\r\n"
        "MIME-Version: 1.0\r\n"
    )


def two_parts(text: str, html: str, message_id: str) -> str:
    """Content-Type, the empty line and the body. The boundary comes from our own Message-ID, so that one key gives one text."""
    return two_encoded_parts(quoted_printable(text), quoted_printable(html), message_id)


def two_encoded_parts(text: str, html: str, message_id: str) -> str:
    """The same of what is quoted-printable already; the plain text first (RFC 2046 §5.1.4)."""
    boundary = f"=_{message_id[5:37]}"
    return (
        f'Content-Type: multipart/alternative;\r\n boundary="{boundary}"\r\n\r\n'
        f"--{boundary}\r\nContent-Type: text/plain; charset=utf-8\r\n{_QUOTED_PRINTABLE}{text}\r\n"
        f"--{boundary}\r\nContent-Type: text/html; charset=utf-8\r\n{_QUOTED_PRINTABLE}{html}\r\n"
        f"--{boundary}--\r\n"
    )


def attachment(kind: str, filename: str, content: str) -> str:
    """A part to be saved (RFC 2183 §2.2). `filename`: plain ASCII without blanks or quotes."""
    encoded = base64.encodebytes(content.encode()).decode("ascii").replace("\n", "\r\n")
    return (
        f'Content-Type: {kind}; charset=utf-8\r\nContent-Disposition: attachment;\r\n filename="{filename}"\r\n'
        f"Content-Transfer-Encoding: base64\r\n\r\n{encoded}"
    )


def with_attachments(text: str, attachments: list[str], message_id: str) -> str:
    """Content-Type, the empty line and the body of multipart/mixed: the letter first, then what `attachment` made."""
    boundary = f"=_{message_id[5:37]}"
    letter = f"Content-Type: text/plain; charset=utf-8\r\n{_QUOTED_PRINTABLE}{quoted_printable(text)}"
    parts = "".join(f"--{boundary}\r\n{part}\r\n" for part in (letter, *attachments))
    return f'Content-Type: multipart/mixed;\r\n boundary="{boundary}"\r\n\r\n{parts}--{boundary}--\r\n'


def quoted_printable(text: str) -> str:
    """With CRLF. It never contains `=_`, so a boundary that does cannot stand in it. Lines (`\\n`) are written each by itself (RFC 2045 §6.7),
    so that whole lines may be encoded apart from each other."""
    return binascii.b2a_qp(text.encode(), istext=True).decode("ascii").replace("\r\n", "\n").replace("\n", "\r\n")


def _phrase(display_name: str) -> list[str]:
    """A display name as atoms, a quoted string, or encoded words (RFC 5322 §3.2.5, RFC 2047 §5 (3))."""
    if not display_name.isascii() or not display_name.isprintable() or "=?" in display_name:
        return _encoded_words(display_name)
    if _ATOMS.fullmatch(display_name):
        return display_name.split(" ")
    quoted = display_name.replace("\\", "\\\\").replace('"', '\\"')
    return [f'"{quoted}"']


def _encoded_words(value: str) -> list[str]:
    """Never splits a character between two words (RFC 2047 §5)."""
    octets = value.encode("utf-8", "replace")
    chunks: list[bytes] = []
    start = 0
    while start < len(octets) or not chunks:
        end = start + _ENCODED_WORD_OCTETS
        while end < len(octets) and octets[end] & 0xC0 == 0x80:  # in the middle of a character
            end -= 1
        chunks.append(octets[start:end])
        start = end
    return [f"=?utf-8?b?{base64.b64encode(chunk).decode('ascii')}?=" for chunk in chunks]


def _folded(name: str, words: list[str]) -> str:
    """`Name: words` with CRLF, folded between words only; a word longer than a line stays whole."""
    whole = f"{name}: {' '.join(words)}\r\n"
    if len(whole) <= _FOLD_AT + 2:
        return whole
    lines, line = [], f"{name}:"
    for word in words:
        if len(line) + 1 + len(word) > _FOLD_AT and line != f"{name}:":
            lines.append(line)
            line = ""
        line = f"{line} {word}"
    return "\r\n".join([*lines, line]) + "\r\n"
