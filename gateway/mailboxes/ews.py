"""A mailbox at an Exchange server, by EWS. Reads only. Everything that waits, waits in threads of the mailbox's own.

exchangelib is synchronous, slow to import, and leaves its session pool in doubt after a fault: it is imported in the thread, and each
fault, or a caller who gives up, cuts the connections and ends with a fresh start. No two mailboxes share anything of it.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from gateway.mailboxes.ews_cursor import Cursor
from gateway.mailboxes.ews_lines import Lines
from gateway.mailboxes.ews_listening import Listening
from gateway.mailboxes.mailbox import AutomaticReply, Changes, Folder, MailboxFault
from gateway.mailboxes.own_thread import OwnThread
from gateway.settings.mailboxes import EwsMailbox

if TYPE_CHECKING:
    from gateway.mailboxes.ews_reading import Reader

T = TypeVar("T")

FAREWELL = 2.0
"""Seconds in which the server may hear that nobody listens any more; then the connections are cut."""


def open_mailbox(settings: EwsMailbox) -> ExchangeMailbox:
    """Not connected yet."""
    return ExchangeMailbox(settings)


class ExchangeMailbox:
    """The `Mailbox` of the source "ews"."""

    def __init__(self, settings: EwsMailbox) -> None:
        self._settings = settings
        self._asking: _Asking | None = None
        self._listening: tuple[Listening, OwnThread] | None = None
        self._news = asyncio.Event()
        self._failed: Counter[str] = Counter()
        self._is_closed = False

    async def changes(self, folder: Folder, cursor: str | None, limit: int) -> Changes:
        if cursor is None:
            return await self._ask(lambda reader: reader.first(folder))
        place = Cursor.decode(cursor)
        return await self._ask(lambda reader: reader.read(folder, place, limit))

    async def history(self, folder: Folder, since: datetime, cursor: str | None, limit: int) -> Changes:
        place = Cursor.decode(cursor) if cursor else Cursor(since=since.astimezone(UTC))
        return await self._ask(lambda reader: reader.read(folder, place, limit))

    async def automatic_reply(self) -> AutomaticReply | None:
        return await self._ask(lambda reader: reader.automatic_reply())

    async def wait(self, seconds: float) -> None:
        folders: tuple[Folder, ...] = tuple(each for each in self._settings.watch if each != "automatic_reply")
        if folders and not self._listening and not self._is_closed:
            self._listen(folders)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._news.wait(), seconds)
        self._news.clear()

    async def close(self) -> None:
        self._is_closed = True
        self._news.set()
        if self._asking:
            self._asking.give_up()
            self._asking = None
        if self._listening:
            listening, thread = self._listening
            listening.stop()
            thread.end()
            await thread.ended(FAREWELL)
        self._deafen()

    def _deafen(self) -> None:
        """Stop listening, without another word to the server."""
        if self._listening:
            listening, thread = self._listening
            self._listening = None
            listening.lines.cut()
            listening.stop()
            thread.end()

    def _listen(self, folders: tuple[Folder, ...]) -> None:
        loop = asyncio.get_running_loop()

        def tell() -> None:
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(self._news.set)

        listening = Listening(self._settings, folders, tell)
        thread = OwnThread(f"ews-{self._settings.name}-notifications")
        thread.do(listening.run)
        self._listening = listening, thread

    async def _ask(self, question: Callable[[Reader], T]) -> T:
        """Raises MailboxFault; whatever ends it early, the connection is not used again. After a fault the server is left in peace until the
        next question: listening, too, signs in, and would lock an account."""
        if self._is_closed:
            raise MailboxFault("unreachable", "the mailbox is closed")
        asking = self._asking = self._asking or _Asking(self._settings, self._failed)
        try:
            return await asking.thread.do(lambda: asking.answer(question))
        except BaseException as error:
            asking.give_up()
            self._asking = None
            if isinstance(error, MailboxFault):
                self._deafen()
            raise


class _Asking:
    """A connection for questions, and its thread."""

    def __init__(self, settings: EwsMailbox, failed: Counter[str]) -> None:
        self.thread = OwnThread(f"ews-{settings.name}")
        self._lines = Lines()
        self._settings = settings
        self._failed = failed
        self._reader: Reader | None = None

    def answer(self, question: Callable[[Reader], T]) -> T:
        """In the thread."""
        from gateway.mailboxes.ews_reading import Reader  # noqa: PLC0415 - slow to import

        if self._reader and not self._reader.is_fresh():
            self._close()
        self._reader = self._reader or Reader(self._settings, self._lines, self._failed)
        return question(self._reader)

    def give_up(self) -> None:
        """In the event loop: the thread is set free, then ends."""
        self._lines.cut()
        self.thread.do(self._close)
        self.thread.end()

    def _close(self) -> None:
        if self._reader:
            self._reader.close()
            self._reader = None
