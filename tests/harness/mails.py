"""Mail to send, and readers of what comes back."""

from __future__ import annotations

import email
import email.policy
import re
from email.message import EmailMessage
from itertools import count
from uuid import uuid4

from tests.harness.hop import RecordingHop, Transaction
from tests.harness.waiting import PATIENCE, wait_for

_number = count(1)
RECEIVED = re.compile(rb"Received: [^\r\n]*\r\n(?:[ \t][^\r\n]*\r\n)*")


def new_message_id() -> str:
    return f"<{next(_number)}.{uuid4().hex[:12]}@example.org>"


def resident(message_id: str) -> bytes:
    """An address of its own for each message: nobody gets more than ten acknowledgements a day."""
    return b"resident-" + message_id.strip("<>").split("@")[0].encode() + b"@example.org"


def inquiry(
    message_id: str,
    *,
    sender: str = "",
    to: str = "hr@toronto.example",
    subject: str = "A question about a job posting",
    name: str = "A Resident",
    text: str = "Hello,\r\n\r\nis the posting for a librarian still open? I could not find it any more.\r\n\r\nThank you\r\n",
    fields: str = "",
) -> bytes:
    """What a resident writes: an inquiry that opens a case and is acknowledged. `sender` is `resident(message_id)` unless given."""
    written_by = sender or resident(message_id).decode()
    head = f"From: {name} <{written_by}>\r\nTo: {to}\r\nSubject: {subject}\r\nDate: Mon, 16 Nov 2026 10:12:00 -0500\r\nMessage-ID: {message_id}\r\n"
    mime = "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"
    return f"{head}{mime}{fields}\r\n{text}".encode()


def parsed(octets: bytes) -> EmailMessage:
    return email.message_from_bytes(octets, policy=email.policy.default)


def without_received(raw: bytes, wire: bytes) -> bytes:
    """`raw` less the one Received line that the gateway prepends; AssertionError when it is not one, or has a `for` clause.

    `wire` is what should follow: it may begin with a blank, which would read as the line's continuation.
    """
    head = raw[: len(raw) - len(wire)] if raw.endswith(wire) else raw
    found = RECEIVED.match(head)
    assert found, f"no Received line first: {raw[:200]!r}"
    assert not re.search(rb"\sfor\s", found[0]), "a Received line must not name the recipient"
    return raw[found.end() :]


def carries(transaction: Transaction, message_id: str) -> bool:
    return message_id.encode() in transaction.raw


def acknowledgements(hop: RecordingHop, message_id: str) -> list[Transaction]:
    """What the gateway wrote in answer to `message_id`, as the notices hop accepted it."""
    # Asked again and again while a test waits: only what may be it is parsed.
    return [each for each in hop.accepted if carries(each, message_id) and (parsed(each.octets)["In-Reply-To"] or "").strip() == message_id]


def wait_acknowledged(hop: RecordingHop, message_id: str, times: int = 1, within: float = PATIENCE) -> list[Transaction]:
    wait_for(lambda: len(acknowledgements(hop, message_id)) >= times, f"{times} acknowledgement(s) of one message", within)
    return acknowledgements(hop, message_id)
