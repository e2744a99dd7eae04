"""Reads the folders of one mailbox to their end: has intake record what came, then moves the cursor. Decides nothing about a message.

A cursor moves only after the messages it passes are in the ledger, and only while we hold the lease. Killed in between, a watcher sees a page
twice; each message is one by its identity.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

import structlog

from gateway import telemetry
from gateway.intake import Intake
from gateway.ledger import watch_rows
from gateway.ledger.pseudonym import Pseudonyms
from gateway.ledger.watch_rows import Place
from gateway.ledger.writer import Writer
from gateway.mailboxes.arrivals import relay_knows_more, sighting_of
from gateway.mailboxes.mailbox import Changes, CursorLost, Folder, Mailbox, MailboxFault
from gateway.rulebook import Sighting
from gateway.settings.mailboxes import WatchedMailbox

T = TypeVar("T")

TOGETHER = 16
"""Messages of one page: at most 16 MiB of memory for a mailbox, and one commit."""

ANSWERS_WITHIN = 300.0
"""Seconds; a mailbox that says nothing for longer is taken for unreachable."""

RELAY_FIRST = timedelta(seconds=5)
"""After its receipt, until a message is recorded that the relay may be about to record, and knows more of."""

OVERLAP = timedelta(days=1)
"""How far before the last recorded message reading begins again when a server has lost our place."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Surroundings:
    """What all watchers of this process share."""

    intake: Intake
    writer: Writer
    pseudonyms: Pseudonyms
    token: str
    """Of our leases."""
    own_domains: tuple[str, ...]
    zone: Callable[[], ZoneInfo | None]
    """The City's; None while no policy is in force."""
    clock: Callable[[], datetime]
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    chance: Callable[[], float] = random.random


class Reading:
    """The folders of one mailbox. Raises MailboxFault, LeaseLost, and what `Intake.record` raises."""

    def __init__(self, settings: WatchedMailbox, around: Surroundings) -> None:
        self._settings = settings
        self._around = around
        self._folders: list[Folder] = [each for each in _FOLDERS if each in settings.watch]
        self._places: dict[Folder, Place] = {}

    async def look(self, mailbox: Mailbox) -> None:
        """Until nothing is left: a page of one folder, a page of the other, so that a long backlog of one holds up nobody's answer."""
        unread = list(self._folders)
        while unread:
            unread = [folder for folder in unread if await self._page(mailbox, folder)]

    async def _page(self, mailbox: Mailbox, folder: Folder) -> bool:
        """Whether there is more at once."""
        place = self._places.get(folder) or await self._known(folder)
        if place is None:
            began_at = self._around.clock()
            first = await answered(mailbox.changes(folder, None, TOGETHER))
            await self._move(folder, Place(first.cursor, began_at))
            return True
        try:
            changes = await answered(mailbox.changes(folder, place.cursor, TOGETHER))
        except CursorLost as lost:
            log.warning("mailbox-place-lost", mailbox=self._settings.name, folder=folder, said=lost.said)
            await self._read_again(mailbox, folder, place)
            return True
        await self._take(folder, place, changes)
        if changes.more and changes.cursor == place.cursor:
            raise MailboxFault("malformed", "the server says that there is more, and gives nothing")
        return changes.more

    async def _read_again(self, mailbox: Mailbox, folder: Folder, place: Place) -> None:
        """From the last message that was recorded; never from before the watch began. The cursor moves when the end is reached."""
        since = max(place.began_at, (place.last_received_at or place.began_at) - OVERLAP)
        cursor = None
        while True:
            changes = await answered(mailbox.history(folder, since, cursor, TOGETHER))
            await self._record(folder, place, changes)
            if not changes.more:
                await self._move(folder, _behind(place, changes, self._around.clock()))
                return
            if changes.cursor == cursor:
                raise MailboxFault("malformed", "the server says that there is more, and gives nothing")
            cursor = changes.cursor

    async def _take(self, folder: Folder, place: Place, changes: Changes) -> None:
        await self._record(folder, place, changes)
        if changes.cursor != place.cursor:
            await self._move(folder, _behind(place, changes, self._around.clock()))

    async def _record(self, folder: Folder, place: Place, changes: Changes) -> None:
        """Durably, in order; raises the first fault after all have ended."""
        name = self._settings.name
        if changes.unreadable:
            telemetry.MAILBOX_UNREADABLE.labels(name).inc(changes.unreadable)
            log.warning("mailbox-unreadable", mailbox=name, folder=folder, messages=changes.unreadable)
        if not changes.arrivals:
            return
        sightings = [sighting_of(each, folder, self._settings, began_at=place.began_at) for each in changes.arrivals]
        await self._let_relay_come_first(sightings)
        recording = []
        for each in sightings:
            recording.append(asyncio.ensure_future(self._around.intake.record(each)))
            await asyncio.sleep(0)  # relayed mail, whose sender waits, is not held up by a whole page
        try:
            outcomes = await asyncio.gather(*recording, return_exceptions=True)
        except asyncio.CancelledError:
            await asyncio.gather(*recording, return_exceptions=True)
            raise
        if failed := next((each for each in outcomes if each is not None), None):
            raise failed
        newest = max(each.received_at for each in changes.arrivals)
        telemetry.MAILBOX_ARRIVALS.labels(name, folder).inc(len(sightings))
        telemetry.MAILBOX_LAG.labels(name).set(max(0.0, (self._around.clock() - newest).total_seconds()))

    async def _let_relay_come_first(self, sightings: Sequence[Sighting]) -> None:
        waiting = [each.envelope.received_at for each in sightings if relay_knows_more(each, self._around.own_domains)]
        now = self._around.clock()
        until = max((at for at in waiting if at <= now), default=now - RELAY_FIRST) + RELAY_FIRST
        if until > now:
            await self._around.pause((until - now).total_seconds())

    async def _known(self, folder: Folder) -> Place | None:
        found = await self._around.writer.call(lambda connection: watch_rows.place(connection, self._settings.name, folder, "watch"))
        if found is not None:
            self._places[folder] = found
        return found

    async def _move(self, folder: Folder, to: Place) -> None:
        name, now, token = self._settings.name, self._around.clock(), self._around.token
        await self._around.writer.call(lambda connection: watch_rows.move(connection, name, folder, to, now, token=token))
        self._places[folder] = to


_FOLDERS: tuple[Folder, ...] = ("inbox", "sent")


class Unanswered(MailboxFault):
    """The mailbox says nothing."""

    def __init__(self, within: float) -> None:
        super().__init__("unreachable", f"no answer within {within:.0f} s")


async def answered(asked: Awaitable[T], within: float = ANSWERS_WITHIN) -> T:
    """What a mailbox says, or that it says nothing. Raises MailboxFault."""
    try:
        async with asyncio.timeout(within):
            return await asked
    except TimeoutError:
        raise Unanswered(within) from None


def _behind(place: Place, changes: Changes, now: datetime) -> Place:
    """A receipt in the future (a wrong clock) does not count, or nothing before it would be read again."""
    received = [each.received_at for each in changes.arrivals if each.received_at <= now]
    last = max([*received, *([place.last_received_at] if place.last_received_at else [])], default=None)
    return Place(changes.cursor, place.began_at, last, now, place.messages + len(changes.arrivals))
