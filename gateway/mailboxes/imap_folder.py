"""What is in a folder, and what came after a UID: examined read-only, fetched with PEEK, at most the beginning of each message.

Runs in the mailbox's own thread; every failure is a MailboxFault. Marks, moves and deletes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.mailboxes.imap_client import Client
from gateway.mailboxes.imap_faults import judged
from gateway.mailboxes.mailbox import MailboxFault
from gateway.message.model import PREFIX_LIMIT

AT_ONCE = 100_000
"""UIDs of one search."""

MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


@dataclass(frozen=True, slots=True)
class Standing:
    """What EXAMINE says of a folder."""

    name: str
    validity: int
    exists: int
    next_uid: int
    """UIDNEXT: all that are there have smaller UIDs."""
    promised: bool
    """False where the server left UIDNEXT out (RFC 3501 §7.1 allows it) and `next_uid` only stands behind the last message."""
    modseq: int | None
    """HIGHESTMODSEQ (RFC 7162): changes with every change. None where the server has none for this folder."""


@dataclass(frozen=True, slots=True)
class Described:
    """What the server says of one message without giving it. `size` in octets (RFC822.SIZE)."""

    size: int
    received_at: datetime | None
    """INTERNALDATE, in UTC; None: the server says none, or one that is no time."""


def examine(client: Client, name: str) -> Standing:
    """Select it, to read only. Its messages keep their UIDs as long as it stays selected."""
    client.selected = None
    with judged("folder", name):
        said = client.select_folder(name, readonly=True)
        validity, exists = said.get(b"UIDVALIDITY"), said[b"EXISTS"]
        if not validity:
            raise MailboxFault("malformed", f'the server has no UIDVALIDITY for the folder "{name}", so no place in it can be kept')
        promised = said.get(b"UIDNEXT")
        next_uid = promised or (max(_search(client, "UID *"), default=0) + 1 if exists else 1)
        client.selected = standing = Standing(name, validity, exists, next_uid, promised is not None, said.get(b"HIGHESTMODSEQ"))
    return standing


def sent_folder(client: Client) -> str:
    """The folder marked \\Sent, else one of the usual names."""
    with judged("message"):
        found = client.find_special_folder(b"\\Sent")
    if found is None:
        raise MailboxFault("missing", 'the server marks no folder as \\Sent, and there is none called "Sent"; name it in sent_folder')
    return str(found)


def uids_after(client: Client, standing: Standing, uid: int, since: datetime | None = None) -> tuple[list[int], int]:
    """UIDs after `uid`, ascending, and the UID up to which that is all of them; a large folder is searched piece by piece.

    `since`: may leave out what arrived before. SINCE has whole days, of the server's zone: the exact filter is the caller's.
    """
    received = f" SINCE {_day(since.astimezone(UTC) - timedelta(days=1))}" if since else ""
    first = uid + 1
    while first < standing.next_uid:
        last = standing.next_uid - 1 if standing.exists <= AT_ONCE else min(first + AT_ONCE, standing.next_uid) - 1
        with judged("message"):
            # Never "n:*": it names the last message even where its UID is below n (RFC 3501 §6.4.8).
            found = sorted({each for each in _search(client, f"UID {first}:{last}{received}") if first <= each <= last})
        if found or last + 1 >= standing.next_uid:
            return found, last
        first = last + 1
    return [], uid


def _search(client: Client, criteria: str) -> list[int]:
    """imapclient's own refuses an answer in several lines, which no RFC forbids."""
    kind, data = client.wire.uid("SEARCH", criteria)
    if kind != "OK":
        raise Client.Error(*data)
    words = b" ".join(each for each in data if each).partition(b"(")[0].split()  # behind it: MODSEQ (RFC 7162)
    return [int(each) for each in words]


def _day(at: datetime) -> str:
    """As of RFC 3501's `date`, in no locale's language."""
    return f"{at.day}-{MONTHS[at.month - 1]}-{at.year}"


def describe(client: Client, uids: Sequence[int]) -> dict[int, Described]:
    """Without those that have been expunged meanwhile."""
    if not uids:
        return {}
    with judged("message"):
        answered = client.fetch(uids, ["RFC822.SIZE", "INTERNALDATE"])
    return {uid: _described(said) for uid, said in answered.items()}


def _described(said: dict[bytes, Any]) -> Described:
    size, received_at = said.get(b"RFC822.SIZE"), said.get(b"INTERNALDATE")
    return Described(size, _in_utc(received_at)) if isinstance(size, int) else Described(0, None)


def beginnings(client: Client, uids: Iterable[int]) -> dict[int, bytes | None]:
    """The first PREFIX_LIMIT octets of each, without those that have been expunged meanwhile; None: the server will not give it."""
    with judged("message"):
        answered = client.fetch(list(uids), [f"BODY.PEEK[]<0.{PREFIX_LIMIT}>"])
        return {uid: _body(said) for uid, said in answered.items()}


def _body(said: dict[bytes, Any]) -> bytes | None:
    body = next((value for key, value in said.items() if key.startswith(b"BODY[]")), None)
    return body[:PREFIX_LIMIT] if isinstance(body, bytes) else None


def _in_utc(value: object) -> datetime | None:
    try:
        return value.astimezone(UTC) if isinstance(value, datetime) and value.tzinfo else None
    except (ValueError, OverflowError):  # a zone of days, the year 1
        return None
