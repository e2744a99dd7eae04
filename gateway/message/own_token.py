"""Marks on the mail that we write, by which we know it again whatever a middlebox strips.

Decides whether a Message-ID or an `X-Service-Promise-Token` is ours (keyed, so nobody can make one); never says whom the
mail was for: both marks are digests of the notice's key. Each verifies by itself, so one survivor is enough.
"""

from __future__ import annotations

import hmac
import re
from datetime import datetime

from gateway.message.model import Message

MARK_FIELD = "X-Service-Promise-Token"

_TIME = 8
_OPAQUE = 32
_PROOF = 24
_MESSAGE_ID = re.compile(rf"<?spg\.([0-9a-f]{{{_OPAQUE}}}(?:[0-9a-f]{{{_TIME}}})?)\.([0-9a-f]{{{_PROOF}}})@[^\s<>@]+>?", re.IGNORECASE)
_TOKEN = re.compile(rf"([0-9a-f]{{{_OPAQUE}}})\.([0-9a-f]{{{_PROOF}}})", re.IGNORECASE)


def notice_message_id(secret: bytes, key: str, domain: str, at: datetime | None = None) -> str:
    """The Message-ID of the notice with this key, with angle brackets; the same key and moment always give the same one.

    `domain` is our own (RFC 5322 §3.6.4 wants the right-hand side to be the maker's); it takes no part in the proof. `at`: aware; it
    stands in front, in seconds, so that Message-IDs of one day are near each other wherever they are sorted.
    """
    opaque = (seconds(at) if at else "") + _digest(secret, "notice", key, _OPAQUE)
    return f"<spg.{opaque}.{_digest(secret, 'message-id', opaque, _PROOF)}@{domain}>"


def seconds(at: datetime) -> str:
    """A moment (aware) as eight hex digits, which sort by time until 2106; the nearest there is for one that they cannot say."""
    return f"{min(max(int(at.timestamp()), 0), 0xFFFFFFFF):0{_TIME}x}"


def made_at(message_id: str) -> str:
    """The `seconds` that a Message-ID of our form begins with, proven or not; "" where it has none."""
    message_id = message_id.strip()
    found = _MESSAGE_ID.fullmatch(message_id) if "spg." in message_id[:5].lower() else None
    return found[1][:_TIME].lower() if found and len(found[1]) > _OPAQUE else ""


def is_own_message_id(secret: bytes, message_id: str) -> bool:
    """Whether we made it; with or without angle brackets, in any case of letters."""
    return _proven(secret, "message-id", _MESSAGE_ID.fullmatch(message_id.strip()))


def looks_like_own(message_id: str) -> bool:
    """Whether it has the form of ours, proven or not."""
    return _MESSAGE_ID.fullmatch(message_id.strip()) is not None


def loop_token(secret: bytes, message_id: str) -> str:
    """Value of our token field for the notice with this Message-ID; valid also once that Message-ID was rewritten."""
    opaque = _digest(secret, "loop", message_id, _OPAQUE)
    return f"{opaque}.{_digest(secret, 'token', opaque, _PROOF)}"


def own_token_valid(secret: bytes, message: Message) -> bool:
    """Whether any token field of the message is one of ours."""
    return any(_proven(secret, "token", _TOKEN.fullmatch(value.strip())) for value in message.all(MARK_FIELD))


def _proven(secret: bytes, purpose: str, found: re.Match[str] | None) -> bool:
    if found is None:
        return False
    opaque, proof = found[1].lower(), found[2].lower()
    return hmac.compare_digest(proof, _digest(secret, purpose, opaque, _PROOF))


def _digest(secret: bytes, purpose: str, value: str, length: int) -> str:
    octets = f"{purpose}\0{value}".encode("utf-8", "surrogatepass")
    return hmac.digest(secret, octets, "sha256").hex()[:length]
