"""A mailbox in Microsoft 365, by Microsoft Graph: delta queries, MIME, automatic replies, change notifications. Reads only.

After a fault its connections are let go of, and the next call makes new ones. Who waits how long between is not decided here.
"""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import quote

from gateway.mailboxes.graph_automatic_reply import automatic_reply
from gateway.mailboxes.graph_client import GraphClient
from gateway.mailboxes.graph_folder import FolderReader
from gateway.mailboxes.graph_notifications import Notifications
from gateway.mailboxes.mailbox import AutomaticReply, Changes, Folder, MailboxFault
from gateway.settings.mailboxes import GraphMailbox

T = TypeVar("T")


def open_mailbox(settings: GraphMailbox) -> GraphReading:
    """Not connected yet."""
    return GraphReading(settings)


class GraphReading:
    """A `gateway.mailboxes.mailbox.Mailbox`."""

    def __init__(self, settings: GraphMailbox) -> None:
        self._address = settings.address
        self._client = GraphClient(settings)
        self._readers: dict[Folder, FolderReader] = {
            "inbox": FolderReader(self._client, settings.address, "inbox"),
            "sent": FolderReader(self._client, settings.address, "sent"),
        }
        self._notifications = Notifications(settings, self._client)
        self.heard = self._notifications.heard

    async def changes(self, folder: Folder, cursor: str | None, limit: int) -> Changes:
        return await self._ask(self._readers[folder].changes(cursor, limit))

    async def history(self, folder: Folder, since: datetime, cursor: str | None, limit: int) -> Changes:
        return await self._ask(self._readers[folder].history(since.astimezone(UTC), cursor, limit))

    async def wait(self, seconds: float) -> None:
        await self._notifications.wait(seconds)

    async def automatic_reply(self) -> AutomaticReply | None:
        return await self._ask(self._automatic_reply())

    async def close(self) -> None:
        await self._client.close()

    async def _automatic_reply(self) -> AutomaticReply:
        setting = await self._client.get(f"/users/{quote(self._address, safe='@')}/mailboxSettings/automaticRepliesSetting", 'outlook.timezone="UTC"')
        try:
            return automatic_reply(setting)
        except ValueError as error:
            raise MailboxFault("malformed", f"Graph's automaticRepliesSetting makes no sense: {error}") from None

    async def _ask(self, question: Awaitable[T]) -> T:
        try:
            return await question
        except MailboxFault:
            await self._client.close()
            raise
