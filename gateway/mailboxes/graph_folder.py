"""One folder of a mailbox in Microsoft 365 as Changes: which of the listed messages count, and what is passed over.

Decides nothing about a message. What it remembers between questions only saves work, or says which message is difficult.
"""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from gateway.mailboxes.graph_client import GraphClient
from gateway.mailboxes.graph_cursor import Cursor, Past
from gateway.mailboxes.graph_faults import GONE, ITEM_ONLY, Refused
from gateway.mailboxes.graph_pages import Entry, Page, Pages
from gateway.mailboxes.mailbox import Arrival, Changes, CursorLost, Folder, MailboxFault
from gateway.message.model import PREFIX_LIMIT

LATE = timedelta(hours=1)
"""A message may be on its way from its receipt to the folder so long."""

RENEW_AFTER = 2000
"""Messages that one delta query tells of: with $filter it may end at 5,000 (learn.microsoft.com/graph/delta-query-messages)."""

REMEMBERED = 5000
"""Messages."""

TRIES = 3
"""So many times in a row one message may fail while others are given, before it is passed over: it must not stop the mailbox for ever."""

LARGEST_TOP = 999

_MAY_BE_THE_MESSAGE = frozenset(("fault", "malformed", "unreachable"))


class FolderReader:
    """All methods raise MailboxFault."""

    def __init__(self, client: GraphClient, address: str, folder: Folder) -> None:
        self._client = client
        self._pages = Pages(client, address, folder)
        self._folder = folder
        self._told: OrderedDict[str, str] = OrderedDict()
        """Mark of a message -> the cursor behind which it was told of; to that same question it is the answer again."""
        self._failed: Counter[str] = Counter()

    async def changes(self, text: str | None, limit: int) -> Changes:
        """`Mailbox.changes`."""
        if text is None:
            return Changes((), Cursor(await self._pages.server_now()).encode())
        cursor = Cursor.decode(text)
        page = await self._page(cursor, limit)
        once = {each.mark: each for each in page.entries}
        fresh = [each for name, each in once.items() if name not in cursor.given and self._told.get(name, text) == text]
        known = [entry for each in fresh if (entry := await self._pages.completed(each))]
        counting = [each for each in known if self._counts(each, cursor)]
        arrivals, unreadable = await self._fetched(counting[:limit])
        if len(counting) > limit:
            behind, more = replace(cursor, given=(*cursor.given, *(each.mark for each in counting[:limit]))), True
        else:
            behind, more = await self._behind(cursor, page)
        self._remember([each for each in known if each not in counting[limit:]], text)
        return Changes(arrivals, behind.encode(), more, unreadable)

    async def history(self, since: datetime, text: str | None, limit: int) -> Changes:
        """`Mailbox.history`; its last cursor begins a delta query."""
        past = Past.decode(text) if text else Past(since)
        fresh, over = await self._later(past, limit)
        taken = fresh[:limit]
        arrivals, unreadable = await self._fetched([each for each in taken if not self._is_draft(each)])
        at = max((each.received_at for each in taken if each.received_at), default=past.at).replace(microsecond=0)
        if over:
            return Changes(arrivals, Cursor(max(since, at - LATE)).encode(), unreadable=unreadable)
        same_second = [each.mark for each in taken if each.received_at and each.received_at >= at]
        behind = Past(at, (*past.given, *same_second) if at == past.at else tuple(same_second))
        return Changes(arrivals, behind.encode(), True, unreadable)

    async def _page(self, cursor: Cursor, limit: int) -> Page:
        if not cursor.link:
            return await self._pages.begin(cursor.since - LATE, limit)
        if not self._client.is_ours(cursor.link):
            raise CursorLost("the place kept for this folder is one at another server")
        try:
            return await self._pages.turn(cursor.link, limit)
        except Refused as refused:
            if refused.status == 400:  # what else it may be, another link of this query would not mend it
                raise CursorLost(f"Graph does not take the place any more (HTTP 400 {refused.code})") from None
            raise

    async def _behind(self, cursor: Cursor, page: Page) -> tuple[Cursor, bool]:
        """After a page that was given to its end, and whether there is more at once."""
        told = cursor.told + len(page.entries)
        if page.following:
            return replace(cursor, link=page.following, given=(), told=told), True
        if cursor.following:
            return Cursor(cursor.since, cursor.following, listing=False), True
        ended = Cursor(cursor.since, page.delta, listing=False, told=told)
        if told < RENEW_AFTER:
            return ended, False
        # The old query is read once more behind the start of the new one: between the two nothing is missed.
        following = await self._pages.fresh_link(await self._pages.server_now() - LATE)
        return replace(ended, following=following), bool(following)

    async def _later(self, past: Past, limit: int) -> tuple[list[Entry], bool]:
        """More than `limit` messages behind that place, or all there are, and whether it is all that `limit` lets through."""
        page = await self._pages.by_time(past.at, min(limit + len(past.given) + 1, LARGEST_TOP))
        fresh: list[Entry] = []
        while True:
            fresh += [each for each in page.entries if each.mark not in past.given]
            if len(fresh) > limit or not page.following:
                break
            page = await self._pages.more_by_time(page.following)
        times = [each.received_at for each in fresh if each.received_at]
        if times != sorted(times) or len(times) < len(fresh):
            raise MailboxFault("malformed", "Graph does not list the messages in order of time")
        return fresh, len(fresh) <= limit and not page.following

    def _counts(self, entry: Entry, cursor: Cursor) -> bool:
        if entry.received_at is None:
            return True  # not readable
        since = cursor.since if cursor.listing or entry.is_change else cursor.since - LATE
        return entry.received_at >= since and not self._is_draft(entry)

    def _is_draft(self, entry: Entry) -> bool:
        """A draft that lies in the inbox was received by nobody."""
        return entry.is_draft and self._folder == "inbox"

    def _remember(self, entries: Sequence[Entry], text: str) -> None:
        for each in entries:
            self._told[each.mark] = text
        while len(self._told) > REMEMBERED:
            self._told.popitem(last=False)

    async def _fetched(self, entries: Sequence[Entry]) -> tuple[tuple[Arrival, ...], int]:
        """The messages, oldest first, and how many are passed over for good."""
        outcomes = await asyncio.gather(*(self._fetch(each) for each in entries), return_exceptions=True)
        arrivals = [each for each in outcomes if isinstance(each, Arrival)]
        failed = [(entry, each) for entry, each in zip(entries, outcomes, strict=True) if isinstance(each, BaseException)]
        for _, outcome in failed:
            if not isinstance(outcome, MailboxFault) or not (_is_the_message(outcome) or outcome.why in _MAY_BE_THE_MESSAGE):
                raise outcome
        for entry, outcome in failed:
            self._failed[entry.identifier] += 1
            if not _is_the_message(outcome) and (self._failed[entry.identifier] < TRIES or not arrivals):
                raise outcome
        for each in entries:
            self._failed.pop(each.identifier, None)
        gone = sum(1 for _, outcome in failed if isinstance(outcome, Refused) and outcome.code in GONE)
        return tuple(sorted(arrivals, key=lambda each: each.received_at)), len(failed) - gone

    async def _fetch(self, entry: Entry) -> Arrival:
        if entry.received_at is None:
            raise MailboxFault("malformed", "Graph does not say when a message was received")
        octets, size = await self._client.octets(f"{self._pages.path(entry)}/$value", PREFIX_LIMIT)
        if not octets:
            raise MailboxFault("malformed", "Graph gives nothing for a message")
        return Arrival(octets, size, entry.received_at)


def _is_the_message(outcome: BaseException) -> bool:
    """Surely; the mailbox is well."""
    return isinstance(outcome, Refused) and outcome.code in ITEM_ONLY | GONE
