"""The rulebook in force while the service runs: read anew when a file changes or on SIGHUP, swapped as a whole, recorded, told.

Decides when to read and whom to tell; what is good says `policy/last_good.py`. Reading happens in a thread of its own, and
whatever fails there, the rulebook that was in force stays so.

It looks at the files' marks (time, size, inode) every half second instead of asking the kernel for events: those never come
from NFS, a mounted ConfigMap or a bind mount's other side, and forty `stat` calls cost less than a millisecond.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection

from gateway import telemetry
from gateway.ledger import outbox_rows, policy_rows
from gateway.ledger.errors import LedgerFault
from gateway.ledger.ledger import Ledger
from gateway.ledger.policy_rows import Now
from gateway.ledger.records import Notice, PolicyChange
from gateway.ledger.writer import Writer
from gateway.notices.parse_back import check
from gateway.policy.authors import author_of
from gateway.policy.folders import Unread, marks
from gateway.policy_readers import Readers
from gateway.rulebook import Rulebook
from gateway.rulebook_loading import Standing, folders_of, settle_rulebook
from gateway.settings import Settings

LOOK_EVERY = 0.5
"""Seconds between looks. A change counts once two looks in a row find the same: an editor may write in several steps."""

QUIET = timedelta(seconds=5)
"""Without a further change before it is told: somebody who saves three times is told once."""

LONGEST_QUIET = timedelta(seconds=60)
"""After which it is told however often somebody goes on saving."""

log = structlog.get_logger()


class RulebookInForce:
    """One for the process. `read` blocks; everything else belongs to the event loop. Call it for the rulebook, None before any was good."""

    def __init__(self, settings: Settings, secret: bytes, ledger: Ledger, clock: Callable[[], datetime]) -> None:
        self._settings = settings
        self._secret = secret
        self._ledger = ledger
        self._clock = clock
        self._folders = folders_of(settings)
        self._others = (settings.paths.directory,) if settings.paths.directory else ()
        self._rulebook: Rulebook | None = None
        self._standing: Standing | None = None
        self._good: Mapping[str, bytes] = {}
        self._ledger_asked = False
        self._recorded: Mapping[str, bytes] = {}
        self._unsaid = True
        self._unrecorded = True
        self._to_tell = True
        self._readers = Readers(settings.organization_domains)
        self._read_marks: tuple[object, ...] = ()
        self._asked = asyncio.Event()

    def __call__(self) -> Rulebook | None:
        return self._rulebook

    def zone(self) -> ZoneInfo | None:
        """The City's; None before any policy was good."""
        return self._rulebook.policy.zone if self._rulebook else None

    @property
    def health(self) -> str:
        """For /readyz and the page."""
        if self._rulebook is None:
            return "no policy is good; what is seen waits in the journal until one is"
        refused = self._standing.refused if self._standing else {}
        if not refused:
            return "ok"
        return "refused, with the last good version in force: " + ", ".join(f"{name} line {found[0].line}" for name, found in sorted(refused.items()))

    def read(self) -> None:
        """Read all files and put in force what is good; blocks, never raises."""
        try:
            self._read()
        except Exception as error:  # noqa: BLE001 - a fault of ours in the reading must not take the policy in force, nor the service
            telemetry.fault("policy", error)
            if isinstance(error, OSError | MemoryError):
                self._read_marks = ()  # no room to read now: it is tried again

    def read_again(self) -> None:
        """SIGHUP: do not wait for a change."""
        self._asked.set()

    async def watch(self, writer: Writer, wake: Callable[[], None]) -> None:
        """Look for changes until cancelled; `wake` tells the outbox that there is mail."""
        seen: tuple[object, ...] = self._read_marks
        self._say()
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY):
                    await self._asked.wait()
            asked = self._asked.is_set()
            self._asked.clear()
            try:
                before, seen = seen, await asyncio.to_thread(marks, self._folders, *self._others)
                recalled = not self._ledger_asked and await asyncio.to_thread(self._recall)
                if asked or recalled or (seen == before and seen != self._read_marks):
                    await asyncio.to_thread(self.read)
                self._say()
                if self._unrecorded and self._ledger.state.ok:
                    await self._record(writer)
                if self._to_tell:
                    await self._tell(writer, wake)
            except LedgerFault:
                continue  # said already by the ledger; what is unrecorded or untold stays so until the next look
            except Exception as error:  # noqa: BLE001 - the watch must not end
                telemetry.fault("policy-watch", error)

    def _read(self) -> None:
        if not self._ledger_asked:
            self._recall()
        self._read_marks = marks(self._folders, *self._others)
        standing = settle_rulebook(self._settings, self._secret, self._clock(), self._good)
        if standing.rulebook is not None:
            self._good = standing.in_force
            self._rulebook = standing.rulebook
            self._readers.learn(standing.rulebook.policy, standing)
        self._standing = standing
        self._unsaid = self._unrecorded = True

    def _recall(self) -> bool:
        """Ask the ledger for the last good versions from before this start; until it answers, what is on disk decides."""
        try:
            with self._ledger.reading() as connection:
                kept = policy_rows.last_good(connection)
        except LedgerFault:
            return False
        self._ledger_asked = True
        self._recorded = kept
        self._good = {**kept, **self._good}
        return True

    def _say(self) -> None:
        """Log what was read; not before the service runs, whose own last word may be why it cannot."""
        standing = self._standing
        if standing is None or not self._unsaid:
            return
        self._unsaid = False
        telemetry.POLICY_REFUSED.clear()
        for name, found in standing.refused.items():
            telemetry.POLICY_REFUSED.labels(name).set(1)
            log.warning("policy-refused", file=name, problems=[str(each) for each in found])
        for each in standing.warnings:
            log.warning("policy", said=str(each))
        if self._rulebook is None:
            log.error("no-policy", said=self.health)
        else:
            log.info("policy-in-force", version=self._rulebook.policy.version, divisions=len(self._rulebook.policy.divisions))

    async def _record(self, writer: Writer) -> None:
        standing = self._standing
        if standing is None:
            return
        self._unrecorded = False
        try:
            files = await asyncio.to_thread(self._files, standing)
            version = standing.rulebook.policy.version if standing.rulebook else None
            changes = await writer.call(lambda connection: policy_rows.record(connection, files, version, self._clock()))
        except BaseException:
            self._unrecorded = True
            raise
        self._recorded = standing.in_force or self._recorded
        self._to_tell = self._to_tell or any(not each.told for each in changes)
        if first := sum(each.told for each in changes):
            log.info("policy-files-recorded", files=first)
        for each in (one for one in changes if not one.told):
            log.info(
                "policy-changed", file=each.file, outcome=each.outcome, keys=[one.key for one in each.differences],
                version_before=each.version_before, version_after=each.version_after,
            )  # fmt: skip

    def _files(self, standing: Standing) -> dict[str, Now]:
        """Every file as the ledger keeps it."""
        found = {}
        for name in sorted({*standing.in_force, *standing.refused}):
            in_force = standing.in_force.get(name)
            refused = standing.present.contents.get(name, Unread("it is not there")) if name in standing.refused else None
            newest = refused if isinstance(refused, bytes) else in_force if in_force != self._recorded.get(name) else None
            found[name] = Now(
                in_force=in_force,
                refused=refused,
                problems=tuple(str(each) for each in standing.refused.get(name, ())),
                division=standing.divisions.get(name),
                author=author_of(self._folders.path(name), newest) if newest is not None else None,
            )
        return found

    async def _tell(self, writer: Writer, wake: Callable[[], None]) -> None:
        """Mail what changed, once it has been quiet for a while."""
        changes = await asyncio.to_thread(self._untold)
        now = self._clock()
        if changes and now - changes[-1].at < QUIET and now - changes[0].at < LONGEST_QUIET:
            return
        rulebook = self._rulebook
        if changes and rulebook is None:
            return  # nobody is known who could be told; it stays untold
        self._to_tell = False
        if not changes or rulebook is None:
            return
        try:
            notices = self._readers.notices(changes, rulebook, now)
            sent = await writer.call(lambda connection: _enqueue(connection, changes, notices, now))
        except BaseException:
            self._to_tell = True
            raise
        log.info("policy-news", changes=len(changes), mails=sent)
        wake()

    def _untold(self) -> list[PolicyChange]:
        with self._ledger.reading() as connection:
            return policy_rows.untold(connection)


def _enqueue(connection: Connection, changes: list[PolicyChange], notices: list[Notice], now: datetime) -> int:
    """How many go out; none when another process has told meanwhile."""
    if policy_rows.mark_told(connection, [each.id for each in changes]) < len(changes):
        return 0
    good = [each for each in notices if check(each) is None]
    if len(good) < len(notices):
        telemetry.NOTICES.labels("news", "malformed").inc(len(notices) - len(good))
    outbox_rows.enqueue(connection, [outbox_rows.row_of(each, now) for each in good])
    return len(good)
