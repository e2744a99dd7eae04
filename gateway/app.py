"""The only wiring: builds every part, runs them in one task group, drains on SIGTERM. Holds the only clock.

Nothing here decides anything about mail.
"""

from __future__ import annotations

import asyncio
import gc
import secrets
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar

import structlog
import uvloop

from gateway import sockets, telemetry
from gateway.delivery.pool import Pool
from gateway.delivery.reply import Reply
from gateway.delivery.submit import submit
from gateway.digests import Digests
from gateway.intake import Intake
from gateway.ledger.cap_state import health
from gateway.ledger.counts import counts
from gateway.ledger.errors import LedgerFault
from gateway.ledger.forgetting import Forgetting, KeptBy
from gateway.ledger.journal import Journal
from gateway.ledger.key_file import UnusableKey
from gateway.ledger.ledger import Ledger
from gateway.ledger.pseudonym import KEY_OCTETS
from gateway.ledger.records import Notice
from gateway.ledger.writer import Writer
from gateway.mailboxes.watchers import Watchers
from gateway.message import language, sieve
from gateway.notices.outbox import Outbox
from gateway.pausepoint import reached
from gateway.relay.budget import Budget
from gateway.relay.configured import limits_of, listener_of
from gateway.relay.listener import RelayServer, serve_listener
from gateway.reminders import Reminders
from gateway.rulebook import Rulebook
from gateway.rulebook_in_force import RulebookInForce
from gateway.rulebook_loading import caps_of, existing_or_new_key, missing_folders
from gateway.settings import ListenerSettings, Settings, WebSettings
from gateway.settings.mailboxes import GraphMailbox
from gateway.starting import CannotServe, allow_descriptors, cannot_listen, earlier_keys, hostname, listening, open_journal, open_ledger, pool_of
from gateway.web.server import Readiness, serve_web
from gateway.workers import Place, share_out

T = TypeVar("T")

KEY_RETRY = 2.0
"""Seconds between attempts to write a key that the disk did not take."""

SWITCH = 0.001
"""Seconds for which the event loop may keep the interpreter from the ledger's thread. Each statement waits so long under load, and mail with it."""

MODEL_AFTER = 5.0
"""Seconds after the start until the language model is loaded."""

log = structlog.get_logger()


def clock() -> datetime:
    """Now, aware, UTC: the only place that asks."""
    return datetime.now(UTC)


def run(settings: Settings, workers: int) -> None:
    """Serve until SIGTERM or SIGINT. Raises CannotServe; SystemExit in the parent of several workers."""
    allow_descriptors(settings)
    place = place_of(settings, workers)
    sys.setswitchinterval(SWITCH)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(with_own_page(settings, place.number), place))


def orphaned(loop: asyncio.AbstractEventLoop, lifeline: int, stop: asyncio.Event) -> None:
    """The parent of the workers is gone: nobody would start this one again or end it."""
    loop.remove_reader(lifeline)
    stop.set()


def place_of(settings: Settings, workers: int) -> Place:
    """Alone, or one of several. Raises CannotServe."""
    binds = [each.bind for each in settings.listener]
    if workers == 1:
        given = sockets.inherited()
        for address in given.keys() - {*binds, settings.web.bind}:
            log.warning("inherited-socket-unused", address=address, said="no listener binds this address, letter for letter")
        return Place(sockets=given)
    try:
        return share_out(workers, binds, with_others=settings.relay.share_ports)
    except OSError as error:
        raise cannot_listen("listeners", ", ".join(binds), error) from None


def with_own_page(settings: Settings, number: int) -> Settings:
    """Each worker counts for itself, so each has a page and metrics of its own: the first at web.bind, the others at the ports that follow."""
    host, _, port = settings.web.bind.rpartition(":")
    own = WebSettings(bind=f"{host}:{int(port) + number - 1 if int(port) else 0}")
    return settings.model_copy(update={"web": own})


async def serve(settings: Settings, place: Place) -> None:
    """Build, announce, run, drain. Raises CannotServe before anything has started."""
    parts = Parts.build(settings)
    parts.place = place
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stop.set)
    loop.add_signal_handler(signal.SIGHUP, parts.read_again)
    if (lifeline := place.lifeline) is not None:
        loop.add_reader(lifeline, orphaned, loop, lifeline, stop)
    async with AsyncExitStack() as stack:
        await parts.start(stack)
        if place.number == 1:
            announce(settings)
        place.ready()
        spare_collector()
        await stop.wait()
        log.info("draining")
    log.info("stopped")


@dataclass
class Parts:
    """Everything that runs, built and connected, nothing started."""

    settings: Settings
    rulebook: RulebookInForce
    ledger: Ledger
    journal: Journal
    writer: Writer
    intake: Intake
    outbox: Outbox
    pools: dict[str, Pool]
    watchers: Watchers
    forgetting: Forgetting
    doors: list[RelayServer] = field(default_factory=list)
    place: Place = field(default_factory=Place)
    unkept_key: bytes | None = None
    """A new key that could not be written yet; until it is, nothing is recorded under it."""

    @classmethod
    def build(cls, settings: Settings) -> Parts:
        """Reads policy and key, opens ledger and journal; what is only unwell is logged and tried again later."""
        unkept = None
        try:
            key = existing_or_new_key(settings)
        except UnusableKey as error:
            log.error("key-unusable", said=f"{error}; mail flows, and what is seen waits in the journal")
            key = unkept = secrets.token_bytes(KEY_OCTETS)
        try:
            ledger = Ledger(settings.ledger.url, key=key, clock=clock, old_keys=earlier_keys(settings))
        except ValueError as error:
            raise CannotServe(str(error)) from None
        open_ledger(ledger)
        rulebook = RulebookInForce(settings, key, ledger, clock)
        rulebook.read()
        if rulebook() is None and (missing := missing_folders(settings)):
            raise CannotServe("; ".join(each.replace(": error: ", ": ", 1) for each in missing))
        journal = open_journal(settings)
        pools = {name: pool_of(settings, name) for name in ("inbound", "outbound", "notices")}
        intake = Intake(rulebook, journal, clock, settings.timeouts.intake, wake=lambda: outbox.wake())  # noqa: PLW0108 - the outbox is made last
        writer = Writer(ledger, intake.decide, caps=caps_of(settings))
        if unkept is None:
            intake.use(writer)
        outbox = Outbox(writer, sender(pools["notices"], intake.heard), clock, lease=timedelta(seconds=settings.notices.lease))
        writer.use(outbox)
        watchers = Watchers(settings, intake, writer, ledger, rulebook.zone)
        forgetting = Forgetting(writer, partial(kept_by, rulebook), clock)
        return cls(settings, rulebook, ledger, journal, writer, intake, outbox, pools, watchers, forgetting, unkept_key=unkept)

    async def start(self, stack: AsyncExitStack) -> None:
        """Start in the order of the mail's way backwards, so that nothing is taken that has nowhere to go; drained in reverse."""
        stack.callback(self.ledger.close)
        stack.callback(self.journal.close)
        self.writer.start()
        stack.push_async_callback(self.writer.drain)
        for pool in self.pools.values():
            stack.push_async_callback(pool.close)
        for work in (self.outbox.run(), self.intake.replay_for_ever()):
            stack.push_async_callback(cancel, asyncio.create_task(work))
        stack.push_async_callback(self.outbox.stop)
        stack.push_async_callback(self.intake.close)
        stack.push_async_callback(self.watchers.close)
        bind, share = self.settings.web.bind, self.settings.relay.share_ports
        heard = self.watchers.heard if any(isinstance(each, GraphMailbox) and each.notification_url for each in self.settings.mailbox) else None
        serving = serve_web(bind, self.status, self.figures, heard=heard, listening=self.place.sockets.get(bind), share=share)
        page = await listening("web.bind", bind, serving)
        stack.push_async_callback(page.cleanup)
        stack.push_async_callback(self._drain)
        budget = Budget(self.settings.relay.max_in_flight)
        for each in self.settings.listener:
            self.doors.append(await listening(f'listener "{each.name}"', each.bind, self._listen(each, budget)))
        # What speaks in the log comes last: a port in use is answered with one line.
        digests = Digests(self.rulebook, self.ledger, self.writer, clock, self.settings.notices.return_path, self.outbox.wake)
        reminders = Reminders(self.rulebook, self.ledger, self.writer, clock, self.settings.notices.return_path, self.outbox.wake)
        errands = (
            self.rulebook.watch(self.writer, self.outbox.wake),
            self.watchers.run(),
            self.keep_key(),
            load_language_model(),
            digests.run(),
            reminders.run(),
            *([self.forgetting.run()] if self.place.number == 1 else ()),  # one process is enough
        )
        for work in errands:
            stack.push_async_callback(cancel, asyncio.create_task(work))

    async def _drain(self) -> None:
        """All at once: none takes new mail while another one ends."""
        await asyncio.gather(*(door.drain(self.settings.timeouts.drain) for door in self.doors))

    def read_again(self) -> None:
        """SIGHUP: policy and certificates."""
        self.rulebook.read_again()
        self.watchers.look_again()
        for door in self.doors:
            door.reload_certificate()

    async def keep_key(self) -> None:
        """Write the new key as soon as the disk takes it; only then may anything be recorded."""
        while self.unkept_key is not None:
            try:
                kept = await asyncio.to_thread(existing_or_new_key, self.settings, self.unkept_key)
            except UnusableKey:
                await asyncio.sleep(KEY_RETRY)
                continue
            if kept != self.unkept_key:  # mended by hand, or written by another gateway: everything here was built with the other key
                log.critical("key-mended", said="the key file can be used now; restart the gateway, and what waits in the journal is recorded")
                return
            self.unkept_key = None
            self.intake.use(self.writer)
            log.info("key-kept")

    async def _listen(self, each: ListenerSettings, budget: Budget) -> RelayServer:
        return await serve_listener(
            listener_of(self.settings, each),
            self.pools[each.direction],
            self.intake,
            clock,
            hostname(self.settings),
            limits_of(self.settings),
            budget=budget,
            listening=self.place.sockets.get(each.bind),
            share=self.settings.relay.share_ports,
        )

    async def status(self) -> Readiness:
        """For the page and /readyz: mail can be relayed as long as the process answers; the rest is well or degraded."""
        state = self.ledger.state
        telemetry.LEDGER_UP.set(state.ok)
        details = {
            "ledger": "ok" if state.ok else f"unwell: {state.why}",
            "policy": self.rulebook.health,
            "key": "ok" if self.unkept_key is None else "unusable; nothing is recorded until it is mended and the gateway restarted",
            "journal": self.journal.health,
            "memory": "ok" if not self.intake.kept else f"{self.intake.kept} observations wait in memory only",
            "retention": f"held: {self.forgetting.held}" if self.forgetting.held else "ok",
            "acknowledgements": await asyncio.to_thread(health, self.ledger),
            **await asyncio.to_thread(self.watchers.details),
        }
        return Readiness(relays=True, details=details)

    async def figures(self) -> dict[str, int]:
        """For the page and /metrics; empty while the ledger is unwell."""
        return await asyncio.to_thread(self._figures)

    def _figures(self) -> dict[str, int]:
        try:
            with self.ledger.reading() as connection:
                found = counts(connection)
        except LedgerFault:
            return {}
        telemetry.WAITING.set(found["notices waiting"])
        return found


def kept_by(rulebook: Callable[[], Rulebook | None]) -> KeptBy | None:
    """For how long the policy in force lets records be kept; None while none is good."""
    current = rulebook()
    if current is None:
        return None
    cap = current.policy.caps.correspondent
    return KeptBy(current.policy.keep, current.policy.zone, cap[1] if cap else timedelta(0))


def sender(pool: Pool, heard: Callable[[Sequence[str], Sequence[str]], None]) -> Callable[[Notice], Awaitable[Reply]]:
    """How the outbox sends one notice. `heard`: of the recipients that are there, and of those that nobody has."""

    async def send(notice: Notice) -> Reply:
        reached("before-notice-send")
        reply = await submit(pool, notice.mail_from, notice.rcpt_to, notice.octets)
        reached("after-notice-send")
        heard((notice.rcpt_to,) if reply.positive else (), (notice.rcpt_to,) if reply.nobody_there else ())
        return reply

    return send


async def load_language_model() -> None:
    """Beside the mail, once the start is over: most messages are told from English or French without it."""
    await asyncio.sleep(MODEL_AFTER)
    await asyncio.to_thread(sieve.warm_up)
    await asyncio.to_thread(language.warm_up)
    spare_collector()


def spare_collector() -> None:
    """What the start has made stays to the end. Looking through it took the garbage collector up to 0.1 s, in which no mail moved."""
    gc.freeze()


async def cancel(task: asyncio.Task[None]) -> None:
    """End a task of ours and wait for it."""
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def announce(settings: Settings) -> None:
    """Where to send mail and which page to open: the first thing a newcomer reads."""
    for each in settings.listener:
        who = "to the division mailboxes" if each.direction == "inbound" else "from staff"
        print(f"Mail {who}: send it to {each.bind} ({each.name})", flush=True)
    for name, hops in settings.next_hop:
        print(f"  {name} mail goes on to {', '.join(hops)}", flush=True)
    print(f"Page: http://{settings.web.bind}/    Stop: Ctrl-C", flush=True)
