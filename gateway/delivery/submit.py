"""Sends one notice of ours to the notices hop (docs/promises.md, P4: from the null reverse-path, and asking for no report)."""

from __future__ import annotations

from gateway.delivery.hop import Unavailable
from gateway.delivery.path import is_mailbox
from gateway.delivery.pool import Pool
from gateway.delivery.reply import Reply, own
from gateway.delivery.stuffing import stuff
from gateway.delivery.transaction import Transaction

_NO_ADDRESS = own(553, "1.3", "The address cannot be used")
_NO_UTF8 = own(553, "6.7", "The next hop does not take internationalised mail")
_NO_UTF8_NOW = own(451, "6.7", "This next hop does not take internationalised mail, another may")

__all__ = ["Unavailable", "submit"]


async def submit(hop: Pool, mail_from: str, rcpt_to: str, octets: bytes) -> Reply:
    """One transaction with one recipient. The reply is the first refusal, or the answer to the end of data.

    `mail_from` "" is the null reverse-path; `octets` have CRLF line ends and no dot-stuffing (ledger.records.Notice). NOTIFY=NEVER where
    the next hop offers DSN (RFC 3834 §3.3), SMTPUTF8 only where addresses or header need it (RFC 6531 §3.2), BODY=8BITMIME likewise.
    Where it is needed and not offered, nothing is said to the next hop: 553 5.6.7; 451 4.6.7 where the list has others, which may offer it.
    Raises Unavailable when no answer came; after the final dot that means an unknown outcome, so repeat with the same Message-ID.
    """
    # What is no Unicode text becomes no UTF-8 here, and is refused below.
    sender, recipient = mail_from.encode("utf-8", "surrogatepass"), rcpt_to.encode("utf-8", "surrogatepass")
    if (sender and not is_mailbox(sender, utf8=True)) or not is_mailbox(recipient, utf8=True):
        return _NO_ADDRESS
    transaction = await Transaction.begin(hop)
    try:
        return await _submit(transaction, sender, recipient, octets, _NO_UTF8 if hop.is_one else _NO_UTF8_NOW)
    except BaseException:
        transaction.abort()
        raise


async def _submit(transaction: Transaction, sender: bytes, recipient: bytes, octets: bytes, no_utf8: Reply) -> Reply:
    needs = set() if octets.isascii() or "8BITMIME" not in transaction.extensions else {"8BITMIME"}
    if not (sender + recipient + _header(octets)).isascii():
        needs.add("SMTPUTF8")
        if "SMTPUTF8" not in transaction.extensions:
            await transaction.reset()
            return no_utf8
    parameters = (b" BODY=8BITMIME" if "8BITMIME" in needs else b"") + (b" SMTPUTF8" if "SMTPUTF8" in needs else b"")
    never = b" NOTIFY=NEVER" if "DSN" in transaction.extensions else b""
    mail = b"MAIL FROM:<" + sender + b">" + parameters, needs
    refused = await _refusal(transaction, mail, (b"RCPT TO:<" + recipient + b">" + never, set()), (b"DATA", set()))
    if refused is None:
        return await transaction.end(stuff(octets))
    await transaction.reset()  # cuts the connection where the next hop wants the message all the same
    return refused


async def _refusal(transaction: Transaction, *commands: tuple[bytes, set[str]]) -> Reply | None:
    """The first one: the commands go out in one group where the next hop takes groups (RFC 2920), else one by one."""
    together = [transaction.send(*each) for each in commands] if transaction.pipelining else []
    refused: Reply | None = None
    for at, command in enumerate(commands):
        reply = await transaction.reply(together[at] if together else transaction.send(*command))
        if refused is None and not (reply.positive or reply.code == 354):
            refused = reply
            if not together:
                break
    return refused


def _header(octets: bytes) -> bytes:
    return octets.partition(b"\r\n\r\n")[0]
