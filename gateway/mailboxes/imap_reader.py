"""A folder read page by page behind a cursor, in the mailbox's own thread: what is taken, what is passed over, where the cursor stands.

The cursor is UIDVALIDITY and UID, so it survives a restart, and a server that renumbers its messages is noticed. Of one message
that the server lists and does not give, it takes the others first, tries a few times, then passes it over.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.mailboxes.imap_client import Client
from gateway.mailboxes.imap_folder import Described, Standing, beginnings, describe, examine, uids_after
from gateway.mailboxes.mailbox import Arrival, Changes, CursorLost, MailboxFault
from gateway.message.model import PREFIX_LIMIT

PAGE_OCTETS = 8 << 20
"""Octets of message that one page fetches, unless a single one has more."""

MOST_TRIES = 4
"""Connections that may fail at one message, and at nothing before it; at the next one it is passed over, if the server gives another."""


@dataclass(frozen=True, slots=True)
class Place:
    """Behind which message we stand."""

    validity: int
    uid: int

    def __str__(self) -> str:
        return f"{self.validity}:{self.uid}"

    @classmethod
    def read(cls, cursor: str) -> Place:
        """Raises CursorLost for a text that is none of ours: the mailbox was of another kind before."""
        if not (found := re.fullmatch(r"(\d{1,10}):(\d{1,10})", cursor)):
            raise CursorLost("the place kept for this folder is not of an IMAP server")
        return cls(int(found[1]), int(found[2]))

    def must_be_known_to(self, standing: Standing) -> None:
        """Raises CursorLost."""
        if standing.validity != self.validity:
            raise CursorLost(f'the server has numbered the folder "{standing.name}" anew (UIDVALIDITY)')
        if standing.promised and self.uid >= standing.next_uid:
            raise CursorLost(f'the folder "{standing.name}" has lost its newest messages, as after a restore from backup (UIDNEXT)')


@dataclass(frozen=True, slots=True)
class _Page:
    arrivals: tuple[Arrival, ...]
    last: int
    """The UID it stands behind."""
    unreadable: int = 0


class FolderReader:
    """One folder. What it remembers between pages only saves work, or says which message is difficult."""

    def __init__(self) -> None:
        self.seen: Standing | None = None
        """As the folder stood at the last look."""
        self._quiet: tuple[Place, int | None] | None = None
        self._ahead: tuple[tuple[str, datetime | None], tuple[list[int], int]] | None = None
        self._alone_until = 0
        self._failures: Counter[int] = Counter()

    def changes(self, client: Client, name: str, cursor: str | None, limit: int) -> Changes:
        """`Mailbox.changes`."""
        standing = self._stand(client, name, cursor, None)
        if cursor is None:
            return Changes((), str(Place(standing.validity, standing.next_uid - 1)))
        place = Place.read(cursor)
        place.must_be_known_to(standing)
        if standing.modseq is not None and self._quiet == (place, standing.modseq):
            return Changes((), cursor)
        uids, _ = found = self._search(client, standing, place, None)
        if not uids:
            # Not moved on to UIDNEXT: a cursor stands behind what was seen, not behind what a server says should not be there.
            self._quiet = (place, standing.modseq)
            return Changes((), cursor)
        page, more = self._page(client, standing, found, limit)
        return Changes(page.arrivals, str(Place(standing.validity, page.last)), more, page.unreadable)

    def history(self, client: Client, name: str, since: datetime, cursor: str | None, limit: int) -> Changes:
        """`Mailbox.history`."""
        standing = self._stand(client, name, cursor, since)
        place = Place.read(cursor) if cursor else Place(standing.validity, 0)
        place.must_be_known_to(standing)
        found = self._search(client, standing, place, since)
        page, more = self._page(client, standing, found, limit, since) if found[0] else (_Page((), 0), False)
        # At the end behind all that is there, so that `changes` does not bring what is older than `since`.
        last = page.last if more else max(standing.next_uid - 1, place.uid)
        return Changes(page.arrivals, str(Place(standing.validity, last)), more, page.unreadable)

    def _stand(self, client: Client, name: str, cursor: str | None, since: datetime | None) -> Standing:
        """A page that only goes on needs no new look at the folder, which may be slow."""
        goes_on = self._ahead and self._ahead[0] == (cursor, since)
        if self.seen is None or not goes_on or client.selected is not self.seen:
            self.seen = examine(client, name)
        return self.seen

    def _search(self, client: Client, standing: Standing, place: Place, since: datetime | None) -> tuple[list[int], int]:
        """UIDs behind `place`, and up to which UID that is all; what the last page left need not be searched for again."""
        if self._ahead and self._ahead[0] == (str(place), since):
            return self._ahead[1]
        return uids_after(client, standing, place.uid, since)

    def _page(
        self, client: Client, standing: Standing, found: tuple[list[int], int], limit: int, since: datetime | None = None
    ) -> tuple[_Page, bool]:
        """What is taken of `found`, and whether there is more at once."""
        uids, until = found
        together = uids[: 1 if uids[0] <= self._alone_until else limit]
        proven = False
        try:
            proven = self._failures[uids[0]] >= MOST_TRIES and _gives_another(client, uids, self._failures[uids[0]])
            page = _take(client, together, since)
        except MailboxFault as fault:
            self._note(together)
            if fault.why == "throttled" or not proven:
                raise
            page = _Page((), uids[0], 1)
        del self._failures[uids[0]]
        rest = [each for each in uids if each > page.last]
        self._ahead = ((str(Place(standing.validity, page.last)), since), (rest, until)) if rest else None
        return page, bool(rest) or until < standing.next_uid - 1

    def _note(self, failed: Sequence[int]) -> None:
        """Several: from now on one after the other, to find out which it is."""
        if len(failed) > 1:
            self._alone_until = failed[-1]
        else:
            self._failures[failed[0]] += 1


def _gives_another(client: Client, uids: Sequence[int], turn: int) -> bool:
    """Whether it is the first message that is difficult, and not the server: a sick store may list all messages and give none."""
    others = uids[1:]
    return bool(others) and any(beginnings(client, [others[turn % len(others)]]).values())


def _take(client: Client, uids: Sequence[int], since: datetime | None) -> _Page:
    """As many of them as fit into PAGE_OCTETS. Who was expunged since the search is silently left out."""
    described = describe(client, uids)
    last, octets, wanted = 0, 0, list[int]()
    for uid in uids:
        if (one := described.get(uid)) and _is_wanted(one, since):
            octets += min(one.size, PREFIX_LIMIT)
            if wanted and octets > PAGE_OCTETS:
                break
            wanted.append(uid)
        last = uid
    bodies = beginnings(client, wanted)
    arrivals = [_arrival(described[uid], bodies[uid]) for uid in wanted if uid in bodies]
    readable = tuple(each for each in arrivals if each)
    undated = sum(1 for uid in uids if uid <= last and uid in described and described[uid].received_at is None)
    return _Page(readable, last, len(arrivals) - len(readable) + undated)


def _is_wanted(one: Described, since: datetime | None) -> bool:
    return one.received_at is not None and (since is None or one.received_at >= since)


def _arrival(one: Described, octets: bytes | None) -> Arrival | None:
    """None: it cannot be read. What a server says of sizes is believed only of what it was not asked for (some count wrongly)."""
    if octets is None or one.received_at is None or (not octets and one.size):
        return None
    return Arrival(octets, max(one.size, len(octets)) if len(octets) >= PREFIX_LIMIT else len(octets), one.received_at)
