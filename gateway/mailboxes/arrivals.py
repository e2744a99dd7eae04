"""From a message in a watched mailbox to the sighting that intake records. Pure: values in, values out.

Settles what SMTP would have said: who sent it, who received it, which way it went. A mailbox knows less than a relay: of its inbox only that its own
address received the message, and of the envelope sender what Return-Path keeps (RFC 5321 §4.4). Nothing is guessed that a reply could go to.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from gateway.mailboxes.mailbox import Arrival, Folder
from gateway.message.addresses import parse_addresses
from gateway.message.fields import first_line, slice_header
from gateway.message.model import Envelope, MeasuredOnly, Message
from gateway.message.parse import parse
from gateway.rulebook import Sighting
from gateway.settings.mailboxes import WatchedMailbox

DOOR = "mailbox"

CLOCKS_DIFFER = timedelta(minutes=15)
"""How far a mail server's clock may be behind ours, before its newest mail looks older than the watch."""

_RECIPIENTS = ("to", "cc", "bcc")


def sighting_of(arrival: Arrival, folder: Folder, mailbox: WatchedMailbox, *, began_at: datetime | None) -> Sighting:
    """`began_at`: when the mailbox was first watched (aware); None: it is imported."""
    header = _header(arrival.octets)
    why: MeasuredOnly = "imported"
    if began_at is not None:
        why = "before-watch" if arrival.received_at < began_at - CLOCKS_DIFFER else ""
    envelope = _sent(header, arrival, mailbox, why) if folder == "sent" else _received(header, arrival, mailbox, why)
    return Sighting(arrival.octets, arrival.complete, arrival.size, envelope)


def relay_knows_more(sighting: Sighting, own_domains: tuple[str, ...]) -> bool:
    """Whether the relay, had it the same message, would judge it better: it has the envelope, and listeners that vouch for staff."""
    if sighting.envelope.direction == "outbound" or sighting.envelope.is_history:
        return False
    senders = {each.domain for each in _header(sighting.octets).of("from")}
    return sighting.envelope.measured_only == "no-return-path" or not senders.isdisjoint(own_domains)


def _received(header: Message, arrival: Arrival, mailbox: WatchedMailbox, why: MeasuredOnly) -> Envelope:
    reverse_path = return_path(header)
    if reverse_path is None:
        author = header.of("from")
        reverse_path = author[0].spec if author else ""
        if mailbox.without_return_path == "record":
            why = why or "no-return-path"
    if not _lies_in(arrival.octets, reverse_path.rpartition("@")[0]):
        why = why or "no-return-path"
    return Envelope(reverse_path, (mailbox.address,), "inbound", arrival.received_at, mailbox.name, door=DOOR, measured_only=why)


def _lies_in(octets: bytes, local: str) -> bool:
    """Whether a local part stands there in UTF-8. What was read as Latin-1, for want of it, names an address that nobody wrote."""
    return local.isascii() or local.encode("utf-8", "surrogatepass") in octets


def _sent(header: Message, arrival: Arrival, mailbox: WatchedMailbox, why: MeasuredOnly) -> Envelope:
    recipients = dict.fromkeys(each.spec for name in _RECIPIENTS for each in header.of(name))
    return Envelope(
        mailbox.address, tuple(recipients), "outbound", arrival.received_at, mailbox.name, trusted_senders=True, door=DOOR, measured_only=why
    )


def return_path(header: Message) -> str | None:
    """The topmost Return-Path, "" for the null one; None where there is none that can be read. Exchange writes it without brackets."""
    written = header.first("return-path")
    if written is None:
        return None
    if written.strip().lower() in ("<>", "<mailer-daemon>"):
        return ""
    found = parse_addresses(written)
    return found[0].spec if len(found) == 1 and found[0].domain else None


def _header(octets: bytes) -> Message:
    """The header alone: the text is read later, once."""
    return parse(octets[: slice_header(octets, first_line(octets), len(octets)).body_start])
