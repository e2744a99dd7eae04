"""Sends the reminders: looks who is owed one, and writes it when its moment has come, never before.

A mail is written in the transaction that marks what it tells, and only for what is still unanswered there; the outbox asks once more
as it claims it (`ledger/outbox_rows.py:claim`). Replicas and restarts cannot tell twice: the marks are unique. A fault costs a
reminder a while, never mail.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from gateway import telemetry
from gateway.judgement.reminders import Reminder, Times, reminders
from gateway.ledger import outbox_rows, reminder_rows
from gateway.ledger.errors import LedgerFault
from gateway.ledger.ledger import Ledger
from gateway.ledger.writer import Writer
from gateway.notices.parse_back import check
from gateway.notices.reminder import reminder_notice
from gateway.policy.calendar import closing
from gateway.policy.model import Policy
from gateway.policy.sentences import TextFailed
from gateway.rulebook import Rulebook

LOOK_EVERY = 10.0
"""Seconds between looks."""

LEISURE = 20
"""Times as long as a look took, the next one waits at least: a backlog must not take the processor from the mail."""

log = structlog.get_logger()


@dataclass
class Reminders:
    """One for the process."""

    rulebook: Callable[[], Rulebook | None]
    ledger: Ledger
    writer: Writer
    clock: Callable[[], datetime]
    """Aware UTC now."""
    return_path: str
    wake: Callable[[], None]

    def __post_init__(self) -> None:
        self._times: Times = {}
        self._times_of = ""

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            began = time.monotonic()
            try:
                await self.look()
            except (LedgerFault, TimeoutError):
                pass  # said already by whoever met it first
            except IntegrityError:
                pass  # another process was quicker; the next look sees its marks
            except Exception as error:
                telemetry.fault("reminders", error)
            await asyncio.sleep(max(LOOK_EVERY, LEISURE * (time.monotonic() - began)))

    async def look(self) -> int:
        """One look; how many mails were handed to the outbox."""
        rulebook, now = self.rulebook(), self.clock()
        if rulebook is None:
            return 0
        expired = await asyncio.to_thread(self._expired, now)
        if expired:
            await self.writer.call(lambda connection: reminder_rows.forget(connection, expired))
        wanted = await asyncio.to_thread(self._wanted, rulebook.policy, now)
        sent = await self.writer.call(lambda connection: self._write(connection, wanted, rulebook, now)) if wanted else 0
        if sent:
            log.info("reminders", mails=sent)
            self.wake()
        telemetry.REMINDERS_LOOKED.set(now.timestamp())
        return sent

    def _expired(self, now: datetime) -> list[int]:
        with self.ledger.reading() as connection:
            return reminder_rows.expired(connection, now)

    def _wanted(self, policy: Policy, now: datetime) -> list[Reminder]:
        """In a thread: it reads every unanswered case."""
        with self.ledger.reading() as connection:
            waiting = reminder_rows.waiting(connection, now)
            last = reminder_rows.last_mails(connection, now)
        if self._times_of != policy.version or len(self._times) > 2 * len(waiting) + 1000:
            self._times, self._times_of = {}, policy.version
        return reminders(waiting, policy, last, now, self._times)

    def _write(self, connection: Connection, wanted: list[Reminder], rulebook: Rulebook, now: datetime) -> int:
        """Only of what is still unanswered, unreminded and theirs in this transaction."""
        concerned = sorted({item.promised.case_id for each in wanted for item in each.items})
        open_now = {(each.case_id, each.follow_up): each for each in reminder_rows.waiting(connection, now, concerned)}
        written = 0
        for each in wanted:
            items = tuple(item for item in each.items if open_now.get((item.promised.case_id, item.promised.follow_up)) == item.promised)
            if items:
                written += self._written(connection, replace(each, items=items), rulebook, now)
        return written

    def _written(self, connection: Connection, made: Reminder, rulebook: Rulebook, now: datetime) -> bool:
        key = f"reminder:{made.division}:{made.role}:{now.isoformat()}:{made.items[0].promised.reference}"
        calendar = rulebook.policy.divisions[made.division].calendar
        closes = closing(now.astimezone(calendar.zone).date(), calendar) or now  # what has not gone out by then is told on the next day
        try:
            notice = reminder_notice(
                made, rulebook.policy, rulebook.texts, key=key, secret=rulebook.secret, mail_from=self.return_path, now=now,
                give_up_at=min(closes, now + rulebook.give_up_after),
            )  # fmt: skip
            complaint = check(notice)
        except (TextFailed, ValueError) as error:
            complaint = type(error).__name__
        if complaint is not None:
            telemetry.NOTICES.labels("reminder", "malformed").inc()
            return False
        ids = outbox_rows.enqueue(connection, [outbox_rows.row_of(notice, now)])
        hash_ = self.ledger.pseudonyms.of_message_id(notice.message_id)
        assert hash_ is not None
        reminder_rows.mark(connection, made, ids[key], hash_, now)
        return True
