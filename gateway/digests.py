"""Sends the digests: looks now and then who is owed one, makes the reports beside the mail, and hands them to the outbox.

Each is sent once, over restarts and among replicas: its key is unique in the ledger. A fault costs a digest a while, never mail.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from gateway import telemetry
from gateway.ledger import outbox_rows
from gateway.ledger.errors import LedgerFault
from gateway.ledger.figure_rows import any_message_before
from gateway.ledger.ledger import Ledger
from gateway.ledger.records import Notice
from gateway.ledger.writer import Writer
from gateway.notices.digest import digest
from gateway.notices.digest_times import Owed, owed
from gateway.notices.parse_back import check
from gateway.reports.closing import Damaged, report
from gateway.reports.comma import as_csv
from gateway.reports.office_time import midnight
from gateway.reports.periods import Days
from gateway.reports.report import Report
from gateway.rulebook import Rulebook

LOOK_EVERY = 60.0
"""Seconds between looks; a look that finds nothing owed costs a few microseconds for each reader."""

log = structlog.get_logger()


@dataclass
class Digests:
    """One for the process."""

    rulebook: Callable[[], Rulebook | None]
    ledger: Ledger
    writer: Writer
    clock: Callable[[], datetime]
    """Aware UTC now."""
    return_path: str
    wake: Callable[[], None]

    def __post_init__(self) -> None:
        self._done: set[str] = set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.look()
            except (LedgerFault, TimeoutError):
                pass  # said already by whoever met it first; the next look comes soon enough
            except Exception as error:
                telemetry.fault("digest", error)
            await asyncio.sleep(LOOK_EVERY)

    async def look(self) -> int:
        """One look; how many were handed to the outbox."""
        rulebook, now = self.rulebook(), self.clock()
        if rulebook is None:
            return 0
        wanted = {key: each for each in owed(rulebook.policy, now) if (key := self._key(rulebook, each)) not in self._done}
        if not wanted:
            return 0
        notices = await asyncio.to_thread(self._make, rulebook, wanted, now)
        sent = await self.writer.call(lambda connection: _enqueue(connection, notices, now)) if notices else 0
        self._done = {self._key(rulebook, each) for each in owed(rulebook.policy, now)}
        if sent:
            log.info("digests", mails=sent)
            self.wake()
        return sent

    def _key(self, rulebook: Rulebook, each: Owed) -> str:
        """Names the reader by a keyed hash: keys stay in the ledger."""
        reader = hmac.digest(rulebook.secret, f"digest:{each.recipient.lower()}".encode(), "sha256")[:8].hex()
        return f"digest:{each.period}:{each.division or 'city'}:{reader}"

    def _make(self, rulebook: Rulebook, wanted: dict[str, Owed], now: datetime) -> list[Notice]:
        """In a thread: a report of a million messages takes seconds, and its charts are drawn by a slow library."""
        from gateway.reports.html import render  # noqa: PLC0415 - slow to import

        lenses: dict[tuple[str | None, Days], list[str]] = {}
        notices: list[Notice] = []
        with self.ledger.reading() as connection:
            for key in outbox_rows.unknown_keys(connection, list(wanted)):
                lenses.setdefault((wanted[key].division, wanted[key].days), []).append(key)
            for (division, days), keys in lenses.items():
                if not any_message_before(connection, midnight(days.until + timedelta(days=1), rulebook.policy.zone)):
                    continue  # the gateway is younger than the period
                try:
                    found = report(connection, rulebook.policy, days, now, division=division)
                except Damaged as error:
                    telemetry.fault("digest", error)
                    continue
                page, table = render(found), as_csv(found)
                notices += [self._notice(rulebook, key, wanted[key], (found, page, table), now) for key in keys]
        return [each for each in notices if _is_sound(each)]

    def _notice(self, rulebook: Rulebook, key: str, each: Owed, made: tuple[Report, str, str], now: datetime) -> Notice:
        found, page, table = made
        policy = rulebook.policy
        mailbox = policy.divisions[each.division].mailbox if each.division else each.recipient
        return digest(
            found, page, table, key=key, recipient=each.recipient, mailbox=mailbox, mail_from=self.return_path, zone=policy.zone,
            secret=rulebook.secret, now=now, give_up_after=rulebook.give_up_after,
        )  # fmt: skip


def _is_sound(notice: Notice) -> bool:
    complaint = check(notice)
    if complaint is not None:
        telemetry.NOTICES.labels("digest", "malformed").inc()
        log.error("digest-malformed", why=complaint)
    return complaint is None


def _enqueue(connection: Connection, notices: list[Notice], now: datetime) -> int:
    """Those that nobody else has written meanwhile."""
    new = set(outbox_rows.unknown_keys(connection, [each.key for each in notices]))
    return len(outbox_rows.enqueue(connection, [outbox_rows.row_of(each, now) for each in notices if each.key in new]))
