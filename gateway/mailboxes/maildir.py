"""A watched Maildir (cr.yp.to/proto/maildir.html): what is in new and cur, by unique name. Never writes, moves or marks a file.

A message is known by the part of its file name before ":2,": flags change the rest, and move it from new to cur. The order of arrival is
that of the seconds with which a unique name begins (they say when it came into this folder, whatever its mtime says); a name of another
form counts by its mtime. Receipt is the mtime, which delivery agents set.

Notices changes by inotify. Where that is not to be had (a network file system, no watches left) the watcher looks every `poll_every`.
"""

from __future__ import annotations

import asyncio
import os
import re
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from gateway import telemetry
from gateway.mailboxes.mailbox import Arrival, AutomaticReply, Changes, Folder, MailboxFault
from gateway.mailboxes.maildir_cursor import FutureCursor, HistoryCursor
from gateway.message.model import PREFIX_LIMIT
from gateway.settings.mailboxes import MaildirMailbox

_SECONDS = re.compile(r"(\d{9,10})\.")
_LOOKS_FOR_A_NAME = 3
"""A file may be renamed between being listed and being opened."""
_NOWHERE = FutureCursor(0.0, {}).text
"""Where there is no such folder."""
_STEP = 200
"""Milliseconds between looks of the notifying thread at whether it should end."""


class Listed(NamedTuple):
    """One message as a folder lists it."""

    order: float
    """Seconds since the epoch: when it came into the folder, as far as its name says."""
    unique: str
    path: str


def open_mailbox(settings: MaildirMailbox) -> MaildirMailboxReader:
    """As `mailboxes.opening` asks for it; a folder that is not there shows at the first look."""
    return MaildirMailboxReader({"inbox": settings.folder, "sent": settings.sent_folder})


@dataclass
class _Notifier:
    """A thread that says when something in the folders has changed."""

    stop: threading.Event
    changed: asyncio.Event
    works: bool = True

    @classmethod
    def start(cls, folders: list[str]) -> _Notifier:
        notifier = cls(threading.Event(), asyncio.Event())
        loop = asyncio.get_running_loop()
        threading.Thread(target=notifier._run, args=(folders, loop), name="maildir", daemon=True).start()
        return notifier

    def _run(self, folders: list[str], loop: asyncio.AbstractEventLoop) -> None:
        from watchfiles import watch  # noqa: PLC0415

        try:
            for _ in watch(*folders, watch_filter=None, debounce=_STEP, step=_STEP, stop_event=self.stop, recursive=False):
                self._tell(loop)
        except Exception as error:  # noqa: BLE001 - no watches left, a file system without them: looking now and then does it, too
            telemetry.fault("maildir-notify", error)
        self.works = False
        self._tell(loop)

    def _tell(self, loop: asyncio.AbstractEventLoop) -> None:
        with suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(self.changed.set)


class MaildirMailboxReader:
    """`gateway.mailboxes.mailbox.Mailbox` over folders of this machine."""

    def __init__(self, folders: dict[Folder, Path | None], now: Callable[[], float] = time.time) -> None:
        self._folders = folders
        self._now = now
        self._notifier: _Notifier | None = None

    async def changes(self, folder: Folder, cursor: str | None, limit: int) -> Changes:
        self._notify()  # before the look: what comes after it is told of
        try:
            return await asyncio.to_thread(self._changes, folder, cursor, limit)
        except MailboxFault:
            await self.close()  # a folder that comes back is another one to inotify
            raise

    async def history(self, folder: Folder, since: datetime, cursor: str | None, limit: int) -> Changes:
        return await asyncio.to_thread(self._history, folder, since, cursor, limit)

    async def wait(self, seconds: float) -> None:
        notifier = self._notifier
        if notifier is None or not notifier.works:
            self._notifier = None
            await asyncio.sleep(seconds)
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await notifier.changed.wait()
        notifier.changed.clear()

    async def automatic_reply(self) -> AutomaticReply | None:
        return None

    async def close(self) -> None:
        if self._notifier is not None:
            self._notifier.stop.set()
            self._notifier = None

    def _notify(self) -> None:
        if self._notifier is None:
            watched = [str(path / leaf) for path in self._folders.values() if path for leaf in ("new", "cur") if (path / leaf).is_dir()]
            self._notifier = _Notifier.start(watched) if watched else None

    def _changes(self, folder: Folder, cursor: str | None, limit: int) -> Changes:
        if self._folders[folder] is None:
            return Changes((), _NOWHERE)
        listed = self._list(folder)
        if cursor is None:
            return Changes((), FutureCursor.beginning(((each.unique, each.order) for each in listed), self._now()).text)
        place = FutureCursor.read(cursor)
        waiting = sorted(each for each in listed if not place.has_seen(each.unique, each.order))
        taken = waiting[:limit]
        moved = place.after([(each.unique, each.order) for each in taken], self._now())
        return self._read(taken, moved.text, more=len(waiting) > limit, folder=folder)

    def _history(self, folder: Folder, since: datetime, cursor: str | None, limit: int) -> Changes:
        if self._folders[folder] is None:
            return Changes((), _NOWHERE)
        listed = self._list(folder)
        place = HistoryCursor.read(cursor) if cursor else HistoryCursor.beginning(((each.unique, each.order) for each in listed), self._now())
        received = [(_received(each.path), each) for each in listed]
        found = sorted((at, each.unique, each) for at, each in received if at is not None and at >= since.timestamp())
        waiting = [(at, each) for at, unique, each in found if (at, unique) > place.behind]
        taken = waiting[:limit]
        more = len(waiting) > limit
        following = place.after(taken[-1][0], taken[-1][1].unique).text if more else place.future
        return self._read([each for _, each in taken], following, more=more, folder=folder)

    def _list(self, folder: Folder) -> list[Listed]:
        """Every message once. Raises MailboxFault."""
        path = self._folders[folder]
        assert path is not None
        found: dict[str, Listed] = {}
        for leaf in ("new", "cur"):  # in this order: what is moved meanwhile is found twice rather than not at all
            try:
                with os.scandir(path / leaf) as entries:
                    for entry in entries:
                        if not entry.name.startswith(".") and (listed := _listed(entry)) is not None:
                            found[listed.unique] = listed
            except FileNotFoundError:
                raise MailboxFault("missing", f"{path / leaf} is not there; `folder` must name a Maildir, which has new, cur and tmp") from None
            except PermissionError:
                raise MailboxFault("forbidden", f"{path / leaf} cannot be read; give the gateway's user the right to") from None
            except OSError as error:
                raise MailboxFault("fault", f"{path / leaf}: {error.strerror or type(error).__name__}") from None
        return list(found.values())

    def _read(self, taken: list[Listed], cursor: str, *, more: bool, folder: Folder) -> Changes:
        arrivals, unreadable = [], 0
        for each in taken:
            try:
                arrivals.append(self._arrival(each, folder))
            except FileNotFoundError:
                continue  # gone: deleted or moved away before we came
            except OSError:
                unreadable += 1
        return Changes(tuple(arrivals), cursor, more, unreadable)

    def _arrival(self, listed: Listed, folder: Folder) -> Arrival:
        path = listed.path
        for attempt in range(1, _LOOKS_FOR_A_NAME + 1):
            try:
                with open(path, "rb") as file:  # noqa: PTH123 - a hundred thousand of them
                    state = os.fstat(file.fileno())
                    octets = file.read(PREFIX_LIMIT)
                    return Arrival(octets, max(state.st_size, len(octets)), datetime.fromtimestamp(state.st_mtime, UTC))
            except FileNotFoundError:
                found = next((each for each in self._list(folder) if each.unique == listed.unique), None)
                if found is None or attempt == _LOOKS_FOR_A_NAME:
                    raise
                path = found.path
        raise AssertionError("the loop returns or raises")


def _listed(entry: os.DirEntry[str]) -> Listed | None:
    unique = entry.name.partition(":")[0]
    if begins := _SECONDS.match(unique):
        return Listed(float(begins[1]), unique, entry.path)
    at = _received(entry.path)
    return None if at is None else Listed(at, unique, entry.path)


def _received(path: str) -> float | None:
    """None for what is gone meanwhile."""
    try:
        return os.stat(path).st_mtime  # noqa: PTH116
    except OSError:
        return None
