"""One page of a folder of an Exchange server as Changes: which items count, in which portions their messages are fetched, what is
passed over. Decides nothing about a message.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from gateway.mailboxes.ews_cursor import LARGEST, Cursor
from gateway.mailboxes.ews_exchange import PAGE, Exchange, Listed, Page
from gateway.mailboxes.ews_lines import Lines
from gateway.mailboxes.mailbox import Arrival, AutomaticReply, Changes, Folder, MailboxFault
from gateway.message.model import PREFIX_LIMIT
from gateway.settings.mailboxes import EwsMailbox

PORTION, PORTION_OCTETS = 50, 8 << 20
"""Messages, and octets by Exchange's count, asked for in one question."""

WHOLE = 32 << 20
"""Octets of a message up to which it is fetched: EWS gives all of it or nothing, and it is in memory four times. Beyond, its header serves."""


class Reader:
    """One thread at a time."""

    def __init__(self, settings: EwsMailbox, lines: Lines, failed: Counter[str]) -> None:
        """Raises MailboxFault, as all of its methods do."""
        self._exchange = Exchange(settings, lines, failed)
        self._lines = lines
        self._most = PAGE  # what does not count is passed quickly; a backlog, in pages that are all taken
        self.is_fresh = self._exchange.is_fresh
        self.close = self._exchange.close

    def first(self, folder: Folder) -> Changes:
        """A cursor that stands at now, without any message. In a large folder, the rest of the list follows by `read`."""
        page = self._exchange.page(folder, "", PAGE)
        return self._changes((), Cursor(since=self._lines.now()), page, 0)

    def read(self, folder: Folder, cursor: Cursor, limit: int) -> Changes:
        """At most `limit` messages behind `cursor`."""
        page = self._exchange.page(folder, cursor.state, self._most)
        counting = _counting(page, cursor)
        if len(counting) < limit:
            self._most = PAGE
        elif len(counting) > limit:
            self._most = min(limit, PAGE)
            page = self._exchange.page(folder, cursor.state, self._most)
            counting = _counting(page, cursor)
        arrivals = tuple(self._fetched([each for each in counting if each.is_mail and each.received_at]))
        return self._changes(arrivals, cursor, page, len(counting) - len(arrivals))

    def automatic_reply(self) -> AutomaticReply:
        return self._exchange.automatic_reply(self._lines.now)

    def _changes(self, arrivals: tuple[Arrival, ...], cursor: Cursor, page: Page, unreadable: int) -> Changes:
        if len(page.state) > LARGEST:
            raise MailboxFault("fault", f"the server's sync state has {len(page.state)} characters; it is not kept")
        behind = cursor.behind(page.state, more=page.more).encode()
        return Changes(tuple(sorted(arrivals, key=lambda each: each.received_at)), behind, page.more, unreadable)

    def _fetched(self, listed: Sequence[Listed]) -> Iterator[Arrival]:
        for portion in _portions(listed):
            octets = [self._exchange.header(portion[0])] if portion[0].size > WHOLE else self._exchange.mime(portion)
            for each, message in zip(portion, octets, strict=True):
                if message and each.received_at:
                    size = each.size if each.size > WHOLE else len(message)
                    yield Arrival(message[:PREFIX_LIMIT], size, each.received_at)


def _counting(page: Page, cursor: Cursor) -> list[Listed]:
    return [each for each in page.listed if not cursor.since or not each.received_at or each.received_at >= cursor.since]


def _portions(listed: Iterable[Listed]) -> Iterator[list[Listed]]:
    portion: list[Listed] = []
    for each in listed:
        if portion and (len(portion) == PORTION or sum(other.size for other in portion) + each.size > PORTION_OCTETS):
            yield portion
            portion = []
        portion.append(each)
    if portion:
        yield portion
