"""Reads the past of a mailbox into the ledger, to be measured only. Inbox and sent items together in order of time: answers find their questions.

Nothing is ever sent for it (`imported`). It ends where the watch began: what came later is the watcher's, and gets its acknowledgement there.
A batch and the cursors behind it are one transaction, so that a killed import goes on where it was and counts nothing twice.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Connection

from gateway.judgement.unexamined import unexamined
from gateway.judgement.verdict import Examination, History
from gateway.ledger import watch_rows
from gateway.ledger.batch import record
from gateway.ledger.errors import LedgerUnavailable, RecordingFailed
from gateway.ledger.ledger import Ledger
from gateway.ledger.records import Decision
from gateway.ledger.watch_rows import Place
from gateway.mailboxes.arrivals import sighting_of
from gateway.mailboxes.mailbox import Arrival, CursorLost, Folder, Mailbox, MailboxFault
from gateway.mailboxes.pauses import REFUSED, pause_after
from gateway.mailboxes.reading import answered
from gateway.rulebook import Rulebook, Sighting
from gateway.settings.mailboxes import WatchedMailbox

TOGETHER = 50
"""Messages of one page and of one commit: a gateway that relays beside us waits milliseconds."""

ATTEMPTS = 8
"""Until a mailbox or a ledger that cannot be had is given up; the same command goes on later."""

LEDGER_REST = 0.5
"""Seconds."""


@dataclass
class _Past:
    """One folder, and the page of it that is being worked through."""

    folder: Folder
    until: datetime
    place: Place
    """Behind the page."""
    page: deque[Arrival] = field(default_factory=deque)

    @property
    def last_page(self) -> bool:
        return bool(json.loads(self.place.cursor)["over"])

    @property
    def over(self) -> bool:
        return self.last_page and not self.page

    async def turn_page(self, mailbox: Mailbox) -> None:
        """The next messages, where none are left. Raises MailboxFault."""
        while not self.page and not self.last_page:
            before = json.loads(self.place.cursor)["next"]
            try:
                changes = await answered(mailbox.history(self.folder, self.place.began_at, before, TOGETHER))
            except CursorLost:
                if before is None:
                    raise
                self.place = replace(self.place, cursor=_cursor(None, over=False))
                continue
            if changes.more and changes.cursor == before:
                raise MailboxFault("malformed", "the server says that there is more, and gives nothing")
            wanted = [each for each in changes.arrivals if self.place.began_at <= each.received_at < self.until]
            self.page.extend(sorted(wanted, key=lambda each: each.received_at))
            newest = self.page[-1].received_at if self.page else self.place.last_received_at
            cursor, messages = _cursor(changes.cursor, over=not changes.more), self.place.messages + len(wanted)
            self.place = replace(self.place, cursor=cursor, last_received_at=newest, messages=messages)


class Import:
    """One mailbox. `told` hears after each commit how many messages this run has read, and how far in time."""

    def __init__(
        self,
        settings: WatchedMailbox,
        mailbox: Mailbox,
        ledger: Ledger,
        rulebook: Rulebook,
        told: Callable[[int, datetime], None],
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._settings = settings
        self._mailbox = mailbox
        self._ledger = ledger
        self._rulebook = rulebook
        self._told = told
        self._pause = pause

    async def run(self, since: datetime, *, again: bool) -> int:
        """How many messages were read, with those of earlier runs. `since`: aware; `again` begins anew.

        Raises MailboxFault or LedgerUnavailable; what was committed stays, and the next run goes on behind it.
        """
        pasts, read = await asyncio.to_thread(self._begin, since, again=again), 0
        while unfinished := [each for each in pasts if not each.over]:
            for each in unfinished:
                await self._patiently(each)
            batch = _oldest_first(unfinished)
            await self._write(batch, [each for each in unfinished if not each.page])
            if batch:
                read += len(batch)
                self._told(read, batch[-1][1].received_at)
        return sum(each.place.messages for each in pasts)

    def _begin(self, since: datetime, *, again: bool) -> list[_Past]:
        """Where an earlier run stopped; anew where that had another date."""
        name = self._settings.name
        with self._ledger.writing() as connection:
            folders = [each for each in _FOLDERS if each in self._settings.watch]
            known = {each: watch_rows.place(connection, name, each, "import") for each in folders}
            if again or any(place is not None and place.began_at != since for place in known.values()):
                watch_rows.forget_import(connection, name)
                known = {}
            fresh = Place(_cursor(None, over=False), since)
            return [_Past(each, self._watched_from(connection, each), known.get(each) or fresh) for each in folders]

    def _watched_from(self, connection: Connection, folder: Folder) -> datetime:
        watched = watch_rows.place(connection, self._settings.name, folder, "watch")
        return watched.began_at if watched else self._ledger.clock()

    async def _patiently(self, past: _Past) -> None:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                await past.turn_page(self._mailbox)
            except MailboxFault as fault:
                if fault.why in REFUSED or attempt == ATTEMPTS:
                    raise
                await self._pause(pause_after(fault, attempt, 0.5))
            else:
                return

    async def _write(self, batch: Sequence[tuple[Folder, Arrival]], turned: Sequence[_Past]) -> None:
        """The messages, and the cursors of the folders whose page is worked through."""
        sightings = [sighting_of(arrival, folder, self._settings, began_at=None) for folder, arrival in batch]
        examinations = await asyncio.to_thread(lambda: [self._rulebook.examine(each) for each in sightings])
        for attempt in range(1, ATTEMPTS + 1):
            try:
                await asyncio.to_thread(self._commit, sightings, examinations, turned)
            except LedgerUnavailable:
                if attempt == ATTEMPTS:
                    raise
                await self._pause(LEDGER_REST * attempt)
            else:
                return

    def _commit(self, sightings: Sequence[Sighting], examinations: Sequence[Examination], turned: Sequence[_Past]) -> None:
        with self._ledger.writing() as connection:
            outcomes = self._record(connection, examinations) if examinations else []
            bare = [
                unexamined(sighting.octets, sighting.envelope, "RecordingFailed")
                for sighting, outcome in zip(sightings, outcomes, strict=True)
                if isinstance(outcome, RecordingFailed)
            ]
            if bare:  # better a bare record than none
                self._record(connection, bare)
            for each in turned:
                watch_rows.move_import(connection, self._settings.name, each.folder, each.place, self._ledger.clock())

    def _record(self, connection: Connection, examinations: Sequence[Examination]) -> list[object]:
        return list(record(connection, examinations, self._decide, self._ledger.pseudonyms, now=None, caps=self._rulebook.policy.caps))

    def _decide(self, examination: Examination, history: History) -> Decision:
        """By the live rules, each at its own moment; whatever they come to, no notice is written."""
        decided = self._rulebook.judge_and_compose(examination, history, examination.envelope.received_at).decision
        return replace(decided, notices=())


_FOLDERS: tuple[Folder, ...] = ("inbox", "sent")


def _oldest_first(pasts: Sequence[_Past]) -> list[tuple[Folder, Arrival]]:
    """What can be taken in order of time before a folder must be asked for its next page."""
    taken: list[tuple[Folder, Arrival]] = []
    while len(taken) < TOGETHER and all(each.page or each.last_page for each in pasts):
        waiting = [each for each in pasts if each.page]
        if not waiting:
            break
        first = min(waiting, key=lambda each: each.page[0].received_at)
        taken.append((first.folder, first.page.popleft()))
    return taken


def _cursor(following: str | None, *, over: bool) -> str:
    return json.dumps({"next": following, "over": over})
