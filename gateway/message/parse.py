"""Octets to a `Message`: total and bounded.

Decides nothing about a message; whatever the octets are, a `Message` comes back, with its defects named. A reading, never a
substitute: what is relayed is always the octets.
"""

from __future__ import annotations

import re

from gateway.message.addresses import ADDRESS_LIMIT, DomainNames, parse_addresses
from gateway.message.dates import parse_date
from gateway.message.encoded_words import decode_words
from gateway.message.fields import first_line, slice_header
from gateway.message.mime import PartReader
from gateway.message.model import PREFIX_LIMIT, Address, Field, Message

ADDRESS_FIELDS = frozenset(
    [
        "from",
        "sender",
        "reply-to",
        "to",
        "cc",
        "bcc",
        "resent-from",
        "resent-sender",
        "resent-reply-to",
        "resent-to",
        "resent-cc",
        "resent-bcc",
        "return-path",
        "delivered-to",
        "x-original-to",
        "envelope-to",
        "apparently-to",
        "errors-to",
        "disposition-notification-to",
    ]
)
"""Lower-cased names of the fields that are read into `Message.addresses`."""

_BRACKETED_ID = re.compile(r"<[^<>\s]{1,996}+>")
_BARE_ID = re.compile(r"[^<>\s@]{1,500}+@[^<>\s@]{1,490}+")


def parse(octets: bytes, *, complete: bool = True) -> Message:
    """Reads at most `PREFIX_LIMIT` octets of a message (LF, CRLF or mixed line ends). Never raises.

    `complete=False` says that the caller saw only a prefix. Bounds: `fields`, `mime` and `addresses` state theirs.
    """
    if len(octets) > PREFIX_LIMIT:
        octets, complete = octets[:PREFIX_LIMIT], False
    header = slice_header(octets, first_line(octets), len(octets))
    parts = PartReader()
    root = parts.read(header.fields, octets, header.body_start, len(octets))
    values = {key: value for _, key, value in reversed(header.fields)}
    defects = [header.cut] if header.cut else []
    if not complete:
        parts.defects.pop("multipart without its end", None)  # we saw only its beginning
    return Message(
        fields=header.fields,
        root=root,
        complete=complete and not header.cut and not parts.cut,
        defects=(*defects, *(defect for defect in parts.defects if defect not in defects)),
        addresses=_addresses(header.fields),
        subject=decode_words(values.get("subject", "")),
        message_id=_message_id(values.get("message-id", "")),
        in_reply_to=_ids(values.get("in-reply-to", "")),
        references=_ids(values.get("references", "")),
        date=parse_date(values.get("date")),
    )


def _addresses(fields: tuple[Field, ...]) -> dict[str, tuple[Address, ...]]:
    found: dict[str, tuple[Address, ...]] = {}
    names = DomainNames()
    for each in fields:
        if each.key in ADDRESS_FIELDS:
            earlier = found.get(each.key, ())
            found[each.key] = (earlier + parse_addresses(each.value, names))[:ADDRESS_LIMIT] if len(earlier) < ADDRESS_LIMIT else earlier
    return found


def _ids(value: str) -> tuple[str, ...]:
    return tuple(_BRACKETED_ID.findall(value))


def _message_id(value: str) -> str | None:
    bracketed = _BRACKETED_ID.search(value)
    if bracketed:
        return bracketed[0]
    bare = _BARE_ID.fullmatch(value)
    return f"<{value}>" if bare else None
