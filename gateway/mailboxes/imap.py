"""IMAP (RFC 3501): a mailbox watched over one connection, in a thread of its own. Reads only: EXAMINE and BODY.PEEK.

A connection that fails is dropped as a whole, with its thread; the next call makes a new one. Who waits how long between is not decided here.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import TypeVar

from gateway.mailboxes.imap_client import Client
from gateway.mailboxes.imap_faults import judged
from gateway.mailboxes.imap_folder import examine, sent_folder
from gateway.mailboxes.imap_line import Line
from gateway.mailboxes.imap_login import log_in
from gateway.mailboxes.imap_reader import FolderReader
from gateway.mailboxes.mailbox import AutomaticReply, Changes, CursorLost, Folder, MailboxFault
from gateway.mailboxes.own_thread import OwnThread
from gateway.settings.mailboxes import ImapMailbox

CALL = 180.0
"""Seconds for one page, its connection and login included."""

RENEW = 300.0
"""Seconds of one IDLE: below the 29 minutes after which a server may hang up (RFC 2177) and what a firewall keeps a silent connection; its end
must be answered, so a connection that is half dead is noticed."""

FAREWELL, LET_GO = 2.0, 5.0
"""Seconds for LOGOUT, and until a thread whose connection was cut has ended."""

T = TypeVar("T")


def open_mailbox(settings: ImapMailbox) -> ImapReading:
    """Not connected yet."""
    return ImapReading(settings)


class _Connection:
    """A thread with its line, and what speaks on it once it is logged in."""

    def __init__(self, name: str) -> None:
        self.line = Line()
        self.thread = OwnThread(f"imap {name}")
        self.client: Client | None = None
        self.busy = False

    def drop(self) -> None:
        """From the loop, at any time: whatever the thread waits for ends."""
        self.line.cut()
        self.thread.do(self.line.close).add_done_callback(lambda done: done.cancelled() or done.exception())
        self.thread.end()


class ImapReading:
    """A `gateway.mailboxes.mailbox.Mailbox`."""

    def __init__(self, settings: ImapMailbox) -> None:
        self._settings = settings
        self._readers: dict[Folder, FolderReader] = {"inbox": FolderReader(), "sent": FolderReader()}
        self._sent_folder = settings.sent_folder
        self._connection: _Connection | None = None
        self._before: _Connection | None = None
        self._closed = False

    async def changes(self, folder: Folder, cursor: str | None, limit: int) -> Changes:
        return await self._ask(lambda client: self._readers[folder].changes(client, self._name(client, folder), cursor, limit), CALL)

    async def history(self, folder: Folder, since: datetime, cursor: str | None, limit: int) -> Changes:
        return await self._ask(lambda client: self._readers[folder].history(client, self._name(client, folder), since, cursor, limit), CALL)

    async def wait(self, seconds: float) -> None:
        left = await self._ask(lambda client: self._idle(client, seconds), CALL + seconds)
        await asyncio.sleep(left)

    async def automatic_reply(self) -> AutomaticReply | None:
        """None: IMAP has none."""
        return None

    async def close(self) -> None:
        self._closed = True
        connection, self._connection = self._connection or self._before, None
        if connection is None:
            return
        if not connection.busy and (client := connection.client):
            with suppress(MailboxFault, TimeoutError):
                await asyncio.wait_for(connection.thread.do(lambda: _say_goodbye(client)), FAREWELL)
        connection.drop()
        await connection.thread.ended(LET_GO)

    def _name(self, client: Client, folder: Folder) -> str:
        if folder == "inbox":
            return self._settings.inbox_folder
        self._sent_folder = self._sent_folder or sent_folder(client)
        return self._sent_folder

    def _idle(self, client: Client, seconds: float) -> float:
        """Seconds that are left to wait in some other way; 0: something may have changed."""
        end = time.monotonic() + seconds
        folder: Folder = "inbox" if "inbox" in self._settings.watch else "sent"
        while (left := end - time.monotonic()) > 0:
            standing, seen = examine(client, self._name(client, folder)), self._readers[folder].seen
            if seen and (seen.validity, seen.next_uid) != (standing.validity, standing.next_uid):
                return 0  # came since we looked
            with judged("message"):
                found = client.wire.idle(min(left, RENEW), standing.exists) if client.has_capability("IDLE") else None
            if found is not False:
                return 0 if found else max(end - time.monotonic(), 0)
        return 0

    async def _ask(self, work: Callable[[Client], T], within: float) -> T:
        try:
            async with asyncio.timeout(within):
                kept = self._connection
                try:
                    return await self._do(kept or await self._connect(), work)
                except MailboxFault as fault:
                    if kept is None or fault.why != "unreachable":
                        raise
                # A server may end a connection that has waited: that is no fault yet.
                return await self._do(await self._connect(), work)
        except TimeoutError:
            raise MailboxFault("unreachable", "the server does not answer in time") from None

    async def _connect(self) -> _Connection:
        """Not before the thread of the last one has ended: there is never more than one."""
        if self._before and not await self._before.thread.ended(LET_GO):
            raise MailboxFault("unreachable", "the last attempt to connect has not ended yet")
        if self._closed:
            raise MailboxFault("unreachable", "closed")
        self._connection = self._before = _Connection(self._settings.name)
        return self._connection

    async def _do(self, connection: _Connection, work: Callable[[Client], T]) -> T:
        def run() -> T:
            if connection.client is None:
                connection.client = log_in(self._settings, connection.line)
            return work(connection.client)

        connection.busy = True
        try:
            done = await connection.thread.do(run)
        except BaseException as error:
            if isinstance(error, MailboxFault) and (isinstance(error, CursorLost) or (error.why == "missing" and connection.client)):
                connection.busy = False
            else:  # or a time limit, or nobody waits any more: in the middle of an exchange it cannot be used again
                self._drop(connection)
            raise
        connection.busy = False
        return done

    def _drop(self, connection: _Connection) -> None:
        connection.drop()
        self._sent_folder = self._settings.sent_folder
        if self._connection is connection:
            self._connection = None


def _say_goodbye(client: Client) -> None:
    with judged("message"):
        client.logout()
