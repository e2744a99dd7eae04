"""Change notifications of Microsoft Graph for one mailbox: makes and renews the subscriptions, and wakes whoever waits.

A notification brings no message: the delta query that follows does, and would have brought it at the next poll. So nothing that fails here is a
fault of the mailbox; it is said once in the log. Without `notification_url`, it only waits.
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode

import structlog

from gateway.mailboxes.graph_client import GraphClient
from gateway.mailboxes.graph_faults import Refused
from gateway.mailboxes.graph_pages import NAMES
from gateway.mailboxes.mailbox import Folder, MailboxFault
from gateway.settings.mailboxes import GraphMailbox

ASKED = timedelta(minutes=4200)
"""How long a subscription shall live: Graph's least upper bound for messages is 4,230 minutes. What it answers counts."""

RETRY = 900.0
"""Seconds until a subscription that was refused is asked for again."""

MOST_OLD = 50
"""Subscriptions of earlier processes that are ended at most."""

log = structlog.get_logger()


class Notifications:
    """Each process has a clientState of its own, drawn by chance and kept nowhere: who does not know it rings in vain."""

    def __init__(self, settings: GraphMailbox, client: GraphClient) -> None:
        self._settings = settings
        self._client = client
        self._client_state = secrets.token_urlsafe(32)
        self._folders: tuple[Folder, ...] = tuple(each for each in settings.watch if each != "automatic_reply")
        query = urlencode({"mailbox": settings.name})
        self._url = f"{settings.notification_url}{'&' if '?' in settings.notification_url else '?'}{query}" if settings.notification_url else ""
        self._subscriptions: dict[Folder, str] = {}
        self._swept = False
        self._due = 0.0
        self._said = ""
        self._news = asyncio.Event()

    def heard(self, client_state: str, lifecycle: bool) -> bool:
        """A notification came; False if it is not Graph's. `lifecycle`: it is about a subscription, which is seen to before the next wait."""
        if not hmac.compare_digest(client_state.encode("utf-8", "replace"), self._client_state.encode()):
            return False
        if lifecycle:
            self._due = 0.0
        self._news.set()
        return True

    async def wait(self, seconds: float) -> None:
        """Until a notification, or for `seconds`. Raises nothing."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while not self._news.is_set() and loop.time() < end:
            if self._url and self._folders:
                await self._see_to_subscriptions(loop)
            until = min(end, self._due) if self._url and self._folders else end
            with suppress(TimeoutError):
                async with asyncio.timeout_at(until):
                    await self._news.wait()
        self._news.clear()

    async def _see_to_subscriptions(self, loop: asyncio.AbstractEventLoop) -> None:
        if loop.time() < self._due:
            return
        try:
            await self._sweep()
            lives = [await self._see_to(each) for each in self._folders]
        except MailboxFault as fault:
            self._due = loop.time() + max(RETRY, fault.retry_after or 0.0)
            if fault.said != self._said:
                log.warning("mailbox-notifications-unavailable", mailbox=self._settings.name, why=fault.why, said=fault.said)
            self._said = fault.said
            return
        self._due = loop.time() + max(1.0, min(lives) / 2)
        self._said = ""

    async def _sweep(self) -> None:
        """End what an earlier process left behind: its clientState is unknown now, and Graph would tell us everything twice."""
        if self._swept:
            return
        with suppress(Refused):  # the right to list them is another one
            answer = await self._client.get("/subscriptions")
            old = [each.get("id") for each in answer.get("value") or () if isinstance(each, dict) and each.get("notificationUrl") == self._url]
            for each in old[:MOST_OLD]:
                await self._client.send("DELETE", f"/subscriptions/{quote(str(each), safe='')}")
        self._swept = True

    async def _see_to(self, folder: Folder) -> float:
        """Renew the subscription, or make one. Seconds that it will live."""
        expiration = {"expirationDateTime": f"{self._client.now() + ASKED:%Y-%m-%dT%H:%M:%SZ}"}
        if known := self._subscriptions.get(folder):
            try:
                return self._life(await self._client.send("PATCH", f"/subscriptions/{quote(known, safe='')}", expiration))
            except Refused as refused:
                if refused.status != 404:
                    raise
        resource = f"users/{self._settings.address}/mailFolders('{NAMES[folder]}')/messages"
        asked = {"changeType": "created", "notificationUrl": self._url, "lifecycleNotificationUrl": self._url, "resource": resource}
        made = await self._client.send("POST", "/subscriptions", {**asked, **expiration, "clientState": self._client_state})
        if not isinstance(made.get("id"), str):
            raise MailboxFault("malformed", "Graph's answer names no subscription")
        self._subscriptions[folder] = str(made["id"])
        return self._life(made)

    def _life(self, subscription: dict[str, object]) -> float:
        try:
            expires = datetime.fromisoformat(str(subscription.get("expirationDateTime")))
        except ValueError:
            raise MailboxFault("malformed", "Graph's answer does not say until when a subscription lives") from None
        expires = expires if expires.tzinfo else expires.replace(tzinfo=UTC)
        return (expires - self._client.now()).total_seconds()
