"""Pages of messages as Microsoft Graph lists them, by delta queries and in order of time. Asks and reads; decides nothing about a message.

A delta query tells of new messages only (changeType=created), and the other changes that it may tell of all the same bring no
message that was given before. Its $filter is the one way to begin at now: $deltatoken=latest does not work for messages, it lists the folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from gateway.mailboxes.graph_client import IMMUTABLE, GraphClient
from gateway.mailboxes.graph_cursor import mark
from gateway.mailboxes.graph_faults import GONE, Refused
from gateway.mailboxes.mailbox import Folder, MailboxFault

NAMES: dict[Folder, str] = {"inbox": "inbox", "sent": "sentitems"}
"""Graph's well-known folder names, the same in every language."""

FRESH_PAGE, MOST_FRESH_PAGES = 500, 40
"""Of a query that is begun to take over: messages of a page, and pages until it is put off."""

_SELECT = "receivedDateTime,isDraft"


@dataclass(frozen=True, slots=True)
class Entry:
    """A message that Graph tells of."""

    identifier: str
    received_at: datetime | None
    """Aware; None where it is not said."""
    is_draft: bool = False
    is_change: bool = False
    """Graph did not say when it was received, which it says of a new one."""

    @property
    def mark(self) -> str:
        return mark(self.identifier)


@dataclass(frozen=True, slots=True)
class Page:
    """One answer. Of the two links at most one is there."""

    entries: tuple[Entry, ...]
    following: str = ""
    """The next page of this round."""
    delta: str = ""
    """The round is over; the next one begins here."""


class Pages:
    """Of one folder. All methods raise MailboxFault."""

    def __init__(self, client: GraphClient, address: str, folder: Folder) -> None:
        self._client = client
        self._user = f"/users/{quote(address, safe='@')}"
        self._folder = f"{self._user}/mailFolders/{NAMES[folder]}"

    async def server_now(self) -> datetime:
        """To the second. Finds out, too, whether the folder may be read."""
        await self._client.get(f"{self._folder}?$select=id")
        return self._client.now()

    async def begin(self, since: datetime, size: int) -> Page:
        """A new delta query: what there is that was received at or after `since` (aware), and then what comes."""
        query = {"changeType": "created", "$select": _SELECT, "$filter": f"receivedDateTime ge {_odata(since)}"}
        return await self.turn(f"{self._folder}/messages/delta?{_encoded(query)}", size)

    async def turn(self, link: str, size: int) -> Page:
        """The page behind a link."""
        page = self._page(await self._client.get(link, f"odata.maxpagesize={size}", IMMUTABLE))
        if not page.following and not page.delta:
            raise MailboxFault("malformed", "Graph's answer has neither nextLink nor deltaLink")
        if page.following == link:
            raise MailboxFault("malformed", "Graph's answer leads back to itself")
        return page

    async def fresh_link(self, since: datetime) -> str:
        """Where a new query goes on, without what it tells of at first; "" if that is a great deal."""
        page = await self.begin(since, FRESH_PAGE)
        for _ in range(MOST_FRESH_PAGES):
            if page.delta:
                return page.delta
            page = await self.turn(page.following, FRESH_PAGE)
        return ""

    async def by_time(self, since: datetime, size: int) -> Page:
        """Received at or after `since`, oldest first."""
        query = {"$select": _SELECT, "$filter": f"receivedDateTime ge {_odata(since)}", "$orderby": "receivedDateTime asc", "$top": str(size)}
        return await self.more_by_time(f"{self._folder}/messages?{_encoded(query)}")

    async def more_by_time(self, link: str) -> Page:
        return self._page(await self._client.get(link, IMMUTABLE))

    async def completed(self, entry: Entry) -> Entry | None:
        """With the time that Graph did not say; None where the message is gone."""
        if entry.received_at is not None:
            return entry
        try:
            return replace(_entry(await self._client.get(f"{self.path(entry)}?$select={_SELECT}", IMMUTABLE)), is_change=True)
        except Refused as refused:
            if refused.code in GONE:
                return None
            raise

    def path(self, entry: Entry) -> str:
        return f"{self._user}/messages/{quote(entry.identifier, safe='')}"

    def _page(self, answer: Mapping[str, Any]) -> Page:
        found = answer.get("value")
        links = [str(answer.get(name) or "") for name in ("@odata.nextLink", "@odata.deltaLink")]
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
            raise MailboxFault("malformed", "Graph's answer is no list of messages")
        if not all(self._client.is_ours(each) for each in links if each):
            raise MailboxFault("malformed", "Graph's answer leads to another server; it is not followed there")
        return Page(tuple(_entry(each) for each in found if "@removed" not in each), *links)


def _entry(message: Mapping[str, Any]) -> Entry:
    identifier, received = message.get("id"), message.get("receivedDateTime")
    if not isinstance(identifier, str) or not identifier:
        raise MailboxFault("malformed", "Graph lists a message without an id")
    try:
        received_at = datetime.fromisoformat(received) if received else None
    except (ValueError, TypeError):
        received_at = None
    if received_at is not None and received_at.tzinfo is None:
        received_at = received_at.replace(tzinfo=UTC)
    return Entry(identifier, received_at.astimezone(UTC) if received_at else None, message.get("isDraft") is True)


def _encoded(query: Mapping[str, str]) -> str:
    return urlencode(query, safe="$,:", quote_via=quote)


def _odata(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
