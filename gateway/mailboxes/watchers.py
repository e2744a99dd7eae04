"""All watched mailboxes of this process: takes and renews their leases, runs a watcher for each that it holds, tells how each is.

Which process watches a mailbox is settled in the ledger alone; a process that is told to end gives its mailboxes back at once.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import structlog

from gateway import telemetry
from gateway.intake import Intake
from gateway.ledger import watch_rows
from gateway.ledger.errors import LedgerFault
from gateway.ledger.ledger import Ledger
from gateway.ledger.watch_rows import LeaseLost
from gateway.ledger.writer import Writer
from gateway.mailboxes.condition import in_words
from gateway.mailboxes.mailbox import Mailbox
from gateway.mailboxes.opening import load_backends, open_mailbox
from gateway.mailboxes.reading import Surroundings
from gateway.mailboxes.watcher import Watcher
from gateway.settings import Settings
from gateway.settings.mailboxes import MailboxSettings

RENEWALS = 3
"""In the time of one lease."""

GIVEN_BACK_WITHIN = 5.0
"""Seconds that the end of a process waits for its watchers, and for the ledger to take their leases back."""

log = structlog.get_logger()


class Watchers:
    """`run` until `close`."""

    def __init__(
        self,
        settings: Settings,
        intake: Intake,
        writer: Writer,
        ledger: Ledger,
        zone: Callable[[], ZoneInfo | None],
        opening: Callable[[MailboxSettings], Mailbox] = open_mailbox,
    ) -> None:
        self._mailboxes = {each.name: each for each in settings.mailbox}
        self._lease = timedelta(seconds=settings.timeouts.mailbox_lease)
        self._ledger = ledger
        self._writer = writer
        self._opening = opening
        self._around = Surroundings(
            intake, writer, ledger.pseudonyms, secrets.token_hex(8), settings.organization_domains or ("localhost",), zone, ledger.clock
        )
        self._running: dict[str, tuple[Watcher, asyncio.Task[None]]] = {}

    async def run(self) -> None:
        """Nothing at all where no mailbox is watched; ends by cancellation."""
        await asyncio.to_thread(load_backends, tuple(self._mailboxes.values()))
        while self._mailboxes:
            try:
                self._follow(await self._claimed())
            except LedgerFault:
                pass  # nothing can be recorded now, whoever holds them; leases go on or pass
            except Exception as error:  # noqa: BLE001 - two replicas wrote the first row of a mailbox at once: the next renewal finds it
                telemetry.fault("mailbox-leases", error)
            await asyncio.sleep(self._lease.total_seconds() / RENEWALS)

    async def close(self) -> None:
        """End all watchers, and let others have their mailboxes."""
        tasks = [task for _, task in self._running.values()]
        for each in tasks:
            each.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=GIVEN_BACK_WITHIN)
        if self._mailboxes:  # also what was claimed a moment ago, and has no watcher yet
            with suppress(LedgerFault, TimeoutError):
                async with asyncio.timeout(GIVEN_BACK_WITHIN):
                    await self._writer.call(lambda connection: watch_rows.release(connection, self._around.token))
        self._running.clear()

    def look_again(self) -> None:
        """SIGHUP: what was refused may be mended."""
        for watcher, _ in self._running.values():
            watcher.look_again()

    def heard(self, name: str, client_state: str, lifecycle: bool) -> bool:
        """A notification for one mailbox; whether it is believed. What another replica watches is its own to judge, and to poll."""
        if name in self._running:
            return self._running[name][0].heard(client_state, lifecycle)
        return name in self._mailboxes

    def details(self) -> dict[str, str]:
        """For /readyz: "mailbox NAME" -> ok, or what is wrong. Blocking: it reads the ledger for what others watch."""
        now = self._ledger.clock()
        try:
            with self._ledger.reading() as connection:
                known = watch_rows.every(connection, now) if self._mailboxes else {}
        except LedgerFault:
            known = {}
        return {f"mailbox {name}": self._detail(name, known.get(name), now) for name in self._mailboxes}

    def _detail(self, name: str, known: watch_rows.Watched | None, now: datetime) -> str:
        if name in self._running:
            return in_words(self._running[name][0].condition, now)
        if known is None or not known.held:
            return "nobody watches it yet" if known is None else "nobody watches it now"
        return in_words(known.condition, now)

    async def _claimed(self) -> frozenset[str]:
        now, token = self._around.clock(), self._around.token
        return await self._writer.call(lambda connection: watch_rows.claim(connection, list(self._mailboxes), token, now, now + self._lease))

    def _follow(self, held: frozenset[str]) -> None:
        """Run what is held, end what is not; one that ended by itself begins anew."""
        for name, (_, task) in list(self._running.items()):
            if task.done() or name not in held:
                task.cancel()
                del self._running[name]
        for name in sorted(held - self._running.keys()):
            settings = self._mailboxes[name]
            watcher = Watcher(settings, partial(self._opening, settings), self._around)
            self._running[name] = watcher, asyncio.create_task(_contained(watcher, name))


async def _contained(watcher: Watcher, name: str) -> None:
    """A watcher that ends harms nobody; the next renewal sees to it."""
    try:
        await watcher.run()
    except LeaseLost:
        log.info("mailbox-lease-lost", mailbox=name)
    except Exception as error:  # noqa: BLE001 - one mailbox
        telemetry.fault("mailbox", error, mailbox=name)
