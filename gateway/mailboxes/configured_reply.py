"""The automatic reply that a mailbox has ready, as the message that it would send: judged by the very rules that judge one that was sent.

Pure. Colleagues first, so that the rules see what the outside is told less. A text that is empty is sent to nobody, and not judged.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from datetime import datetime
from email.utils import format_datetime
from zoneinfo import ZoneInfo

from gateway.mailboxes.mailbox import AutomaticReply
from gateway.message.model import PREFIX_LIMIT, Envelope
from gateway.rulebook import Sighting
from gateway.settings.mailboxes import WatchedMailbox

DOOR = "automatic-reply"

_OUTSIDE = "anybody@outside.invalid"
_HTML = re.compile(r"<(?:!doctype|html|head|body|div|p|br|span|table)\b", re.IGNORECASE)


def in_force(reply: AutomaticReply | None, now: datetime) -> AutomaticReply | None:
    """The reply, if anybody may come to read it; None where it is off, over, or has no text."""
    if reply is None or not reply.enabled or (reply.ends_at is not None and reply.ends_at <= now):
        return None
    return reply if reply.internal.strip() or reply.external.strip() else None


def fingerprint(reply: AutomaticReply, now: datetime, zone: ZoneInfo) -> str:
    """What must be judged anew when it changes: the texts, their time, and the local day (a return date passes). To be kept as a keyed hash only."""
    day = now.astimezone(zone).date().isoformat()
    return "\0".join((reply.internal, reply.external, str(reply.starts_at), str(reply.ends_at), day))


def sightings(reply: AutomaticReply, mailbox: WatchedMailbox, inside: str, key: str, now: datetime, zone: ZoneInfo) -> Iterator[Sighting]:
    """`inside`: one of our own domains; `key`: hash of the fingerprint. The same key gives the same messages."""
    midnight = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    begins = reply.starts_at.astimezone(zone) if reply.starts_at is not None and reply.starts_at > now else midnight
    for audience, text, recipient in (("internal", reply.internal, f"colleague@{inside}"), ("external", reply.external, _OUTSIDE)):
        if text.strip():
            octets = _message(text, mailbox.address, recipient, f"<{audience}.{key}@{DOOR}.invalid>", begins)[:PREFIX_LIMIT]
            yield Sighting(
                octets, True, len(octets),
                Envelope("", (recipient,), "outbound", now, mailbox.name, trusted_senders=True, door=DOOR, measured_only="configured-reply"),
            )  # fmt: skip


def _message(text: str, author: str, recipient: str, message_id: str, date: datetime) -> bytes:
    kind = "html" if _HTML.search(text) else "plain"
    header = (
        f"From: <{author}>", f"To: <{recipient}>", "Subject: Automatic reply", f"Date: {format_datetime(date)}", f"Message-ID: {message_id}",
        "Auto-Submitted: auto-replied", "X-Auto-Response-Suppress: All", "MIME-Version: 1.0", f"Content-Type: text/{kind}; charset=utf-8",
        "Content-Transfer-Encoding: base64", "",
    )  # fmt: skip
    return "\r\n".join(header).encode() + b"\r\n" + base64.encodebytes(text.encode("utf-8", "replace")).replace(b"\n", b"\r\n")
