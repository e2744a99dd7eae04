"""Which message this is, which ones it answers, which case its subject names.

Decides sameness by what the author's software wrote, never by the envelope, trace fields or the octets: the same mail seen
through two doors, re-encoded or refolded on the way, is one message (docs/promises.md, P3).
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC

from gateway.message.model import Message
from gateway.message.text import readable_leaves

ANSWERED_LIMIT = 50
"""Message-IDs that `answered_ids` returns at most."""
REFERENCE_ALPHABET = "234679CDFGHJKMNPQRTVWXY"
"""Characters of our case references: none that is mistaken for another, no vowel that makes a word."""

_REFERENCE = re.compile(rf"(?<![^\W_])([A-Z]{{2}})[-\u2010\u2011\u2013]([{REFERENCE_ALPHABET}]{{4,6}})(?![^\W_])(?!-)", re.IGNORECASE | re.ASCII)
_SUBJECT_REFERENCES = 10


def identity(message: Message) -> str:
    """Hex SHA-256 over Message-ID, From and Date; without a Message-ID over From, To, Date, Subject and decoded text."""
    if message.message_id is not None:
        known = ["id", message.message_id, _addresses(message, "from"), _date(message)]
    else:
        known = ["text", _addresses(message, "from"), _addresses(message, "to"), _date(message), _words(message.subject), _text(message)]
    return hashlib.sha256("\0".join(known).encode("utf-8", "surrogatepass")).hexdigest()


def answered_ids(message: Message) -> tuple[str, ...]:
    """Message-IDs that this message answers, nearest first: In-Reply-To, then References from the last (RFC 5322 §3.6.4)."""
    return tuple(dict.fromkeys((*message.in_reply_to, *reversed(message.references))))[:ANSWERED_LIMIT]


def subject_references(subject: str) -> tuple[str, ...]:
    """Case references like `HR-4K7M` in a subject, upper-cased, in order, with or without brackets; whether it is ours is the ledger's to say."""
    if "-" not in subject and subject.isascii():
        return ()
    found = (f"{prefix}-{code}".upper() for prefix, code in _REFERENCE.findall(subject))
    return tuple(dict.fromkeys(found))[:_SUBJECT_REFERENCES]


def _addresses(message: Message, name: str) -> str:
    # Display names are re-encoded and requoted on the way; addresses are not.
    return " ".join(address.key for address in message.of(name)) or _words(message.first(name) or "")


def _date(message: Message) -> str:
    if message.date is not None:
        return message.date.astimezone(UTC).isoformat()
    return _words(message.first("date") or "")


def _text(message: Message) -> str:
    return "\1".join(_words(part.text or "") for part in readable_leaves(message.root))


def _words(text: str) -> str:
    return " ".join(text.split())
