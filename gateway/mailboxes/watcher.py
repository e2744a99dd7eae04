"""Watches one mailbox: looks, waits, looks again; says once when it cannot, and once when it can again.

Every fault ends in a pause, none in a loop without one, and none reaches another mailbox. Decides nothing about a message.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import structlog

from gateway import telemetry
from gateway.intake import NoRulebook
from gateway.ledger import watch_rows
from gateway.ledger.errors import LedgerFault
from gateway.ledger.watch_rows import Condition, LeaseLost
from gateway.mailboxes import condition as conditions
from gateway.mailboxes.mailbox import Mailbox, MailboxFault, Notified
from gateway.mailboxes.pauses import pause_after
from gateway.mailboxes.reading import ANSWERS_WITHIN, Reading, Surroundings, Unanswered, answered
from gateway.mailboxes.reply_check import ReplyCheck
from gateway.settings.mailboxes import WatchedMailbox

AT_LEAST = 0.2
"""Seconds between two looks, however much a server has to tell."""

LEDGER_REST, LONGEST_LEDGER_REST = 2.0, 60.0
"""Seconds until a look is tried again that the ledger did not take: at first, and at most."""

NOTED_EVERY = timedelta(minutes=1)
"""How often a look that went well is written into the ledger."""

log = structlog.get_logger()


class Watcher:
    """One mailbox, while we hold its lease. `run` ends by cancellation, or by LeaseLost."""

    def __init__(self, settings: WatchedMailbox, opening: Callable[[], Mailbox], around: Surroundings) -> None:
        self.condition = Condition(around.clock())
        self._settings = settings
        self._opening = opening
        self._around = around
        self._mailbox: Mailbox | None = None
        self._reading = Reading(settings, around)
        self._reply = ReplyCheck(settings, around)
        self._attempts = self._unrecorded = 0
        self._again = asyncio.Event()
        self._noted: Condition | None = None

    async def run(self) -> None:
        """Look and wait, again and again."""
        try:
            while True:
                await self._turn()
        finally:
            for each in (telemetry.MAILBOX_UP, telemetry.MAILBOX_LAG, telemetry.MAILBOX_LOOKED):
                each.remove(self._settings.name)
            await self._close()

    def look_again(self) -> None:
        """Somebody has mended it: do not wait for the end of a pause, unless the server itself asked for it."""
        self._again.set()

    def heard(self, client_state: str, lifecycle: bool) -> bool:
        """A notification; whether the mailbox believes it."""
        mailbox: object = self._mailbox
        return isinstance(mailbox, Notified) and mailbox.heard(client_state, lifecycle)

    async def _turn(self) -> None:
        """One look and one wait. Raises LeaseLost."""
        self._again.clear()
        try:
            await self._remember()
            self._mailbox = mailbox = self._mailbox or self._opening()
            await self._reading.look(mailbox)
            await self._reply.look(mailbox)
            await self._went_well()
            await self._around.pause(AT_LEAST)
            await self._wait(mailbox)
        except LeaseLost:
            raise
        except MailboxFault as fault:
            await self._failed(fault)
        except (LedgerFault, NoRulebook, TimeoutError):
            await self._not_recorded()
        except Exception as error:  # noqa: BLE001 - a fault of ours harms one mailbox, and not for ever
            telemetry.fault("mailbox", error, mailbox=self._settings.name)
            await self._failed(MailboxFault("fault", f"a fault in the gateway ({type(error).__name__}); please report it"))

    async def _remember(self) -> None:
        """Go on with what the last holder told people."""
        if self._noted is not None:
            return
        found = await self._around.writer.call(lambda connection: watch_rows.condition(connection, self._settings.name))
        if found is not None:
            self.condition = self._noted = found

    async def _not_recorded(self) -> None:
        """The ledger (or the policy) is unwell, which is said elsewhere; the mailbox keeps what came, and need not be asked for it too often."""
        self._unrecorded += 1
        await self._around.pause(min(LEDGER_REST * 2.0 ** min(self._unrecorded - 1, 30), LONGEST_LEDGER_REST) * (1 + self._around.chance()) / 2)

    async def _close(self) -> None:
        mailbox, self._mailbox = self._mailbox, None
        if mailbox is not None:
            await mailbox.close()

    async def _wait(self, mailbox: Mailbox) -> None:
        seconds = max(AT_LEAST, min(self._settings.poll_every, self._reply.due_in))
        await answered(mailbox.wait(seconds), seconds + ANSWERS_WITHIN)

    async def _failed(self, fault: MailboxFault) -> None:
        """Note it, tell people if it is time, and rest."""
        self._attempts += 1
        telemetry.MAILBOX_FAULTS.labels(self._settings.name, fault.why).inc()
        telemetry.MAILBOX_UP.labels(self._settings.name).set(0)
        await self._note_fault(fault)
        if isinstance(fault, Unanswered):  # whatever it is stuck in, a new one is not
            await self._close()
        await self._rest(pause_after(fault, self._attempts, self._around.chance()), may_be_woken=fault.retry_after is None)

    async def _note_fault(self, fault: MailboxFault) -> None:
        self.condition, tell = conditions.failed(self.condition, fault, self._around.clock())
        if tell:
            log.error("mailbox-unwell", mailbox=self._settings.name, why=fault.why, said=fault.said, since=self.condition.since.isoformat())
        await self._note(always=tell)

    async def _went_well(self) -> None:
        self._attempts = self._unrecorded = 0
        telemetry.MAILBOX_UP.labels(self._settings.name).set(1)
        telemetry.MAILBOX_LOOKED.labels(self._settings.name).set(self._around.clock().timestamp())
        if self._reply.fault is not None:
            await self._note_fault(self._reply.fault)
            return
        since = self.condition.since
        self.condition, tell = conditions.well(self.condition, self._around.clock())
        if tell:
            log.info("mailbox-well", mailbox=self._settings.name, unwell_since=since.isoformat())
        await self._note(always=tell)

    async def _note(self, *, always: bool) -> None:
        """Into the ledger, for other processes and the next holder; not each time."""
        noted, now = self._noted, self.condition
        same = noted is not None and (noted.why, noted.since) == (now.why, now.since)
        fresh = now.looked_at is None or (noted is not None and noted.looked_at is not None and now.looked_at - noted.looked_at < NOTED_EVERY)
        if same and fresh and not always:
            return
        try:
            await self._around.writer.call(lambda connection: watch_rows.set_condition(connection, self._settings.name, now))
        except LedgerFault:
            return
        self._noted = now

    async def _rest(self, seconds: float, *, may_be_woken: bool) -> None:
        tasks: list[asyncio.Future[Any]] = [asyncio.ensure_future(self._around.pause(seconds))]
        if may_be_woken:
            tasks.append(asyncio.ensure_future(self._again.wait()))
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in tasks:
                each.cancel()
