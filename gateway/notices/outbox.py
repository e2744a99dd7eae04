"""Sends what waits in the outbox: claims under a lease, a bounded number at once, and settles what became of each.

Decides nothing about mail: when to retry is `schedule`, what to send was decided when the notice was written. A notice that
makes the sending code fail is retried later like any other, and holds up nobody.
"""

from __future__ import annotations

import asyncio
import math
import random
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import Connection

from gateway import telemetry
from gateway.judgement.reasons import NO_SMTPUTF8
from gateway.ledger import outbox_rows
from gateway.ledger.errors import LedgerFault
from gateway.ledger.outbox_rows import Settlement
from gateway.ledger.records import Claimed, Lease, Notice
from gateway.ledger.writer import Writer
from gateway.notices.schedule import GiveUp, next_attempt

LEASE = timedelta(seconds=30)
"""How long after a sender's death its notices are free again; a sender that lives renews."""

IN_HAND = 5
"""Notices claimed for each one that is being sent: each claim costs a commit, which would otherwise set the pace under load."""

LOOK_EVERY = 5.0
"""Seconds between looks at the outbox that nobody asked for: other processes write there too."""

LONGEST_SEND = 900.0
"""Seconds after which an attempt is abandoned, whatever the delivery's own limits; its outcome is then unknown."""


class Answer(Protocol):
    """What the notices hop said."""

    @property
    def code(self) -> int: ...

    @property
    def status(self) -> str | None: ...


Submit = Callable[[Notice], Awaitable[Answer]]
"""Send one notice. Returns the hop's answer; raises when there was none, or when the outcome is unknown."""


@dataclass(frozen=True, slots=True)
class _Turn:
    """What one visit to the ledger gave."""

    claimed: list[Claimed]
    next_due: datetime | None


class Outbox:
    """One sender of this process. `run` in a task; `wake` when something was written; `stop` to end."""

    def __init__(
        self,
        writer: Writer,
        submit: Submit,
        clock: Callable[[], datetime],
        *,
        at_once: int = 10,
        lease: timedelta = LEASE,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """`clock`: aware now. `at_once`: notices being sent at the same time. `chance`: from 0 up to 1, for back-off."""
        self._writer = writer
        self._submit = submit
        self._clock = clock
        self._in_hand = IN_HAND * at_once
        self._slots = asyncio.Semaphore(at_once)
        self._lease = lease
        self._chance = chance
        self._token = secrets.token_hex(8)
        self._sending: dict[str, asyncio.Task[None]] = {}
        self._settlements: list[Settlement] = []
        self._renewed_at = time.monotonic()
        self._look_at = -math.inf
        """When it is next looked what waits, in monotonic seconds: most visits only settle, since notices come under our lease."""
        self._something = asyncio.Event()
        self._stopping = False
        self._ended = asyncio.Event()

    def wake(self) -> None:
        """A notice was written: look at once. From the event loop."""
        self._look_at = -math.inf
        self._something.set()

    def lease(self) -> Lease | None:
        """For notices that are due as they are written, as far as there is room for them; from any thread."""
        room = self._in_hand - len(self._sending)
        now = self._clock()
        return Lease(self._token, now, now + self._lease, room) if room > 0 and not self._stopping else None

    def take(self, claimed: Sequence[Claimed]) -> None:
        """Send what was written under our lease. From the event loop."""
        for each in claimed:
            # A lease may lapse while the ledger is unwell; what this process is sending it does not send twice.
            if each.notice.key not in self._sending:
                self._sending[each.notice.key] = asyncio.create_task(self._send(each))

    async def run(self) -> None:
        """Send until `stop`. Nothing that a notice or the ledger does ends it."""
        try:
            while True:
                self.take(await self._turn())
                if self._stopping and not self._sending and not self._settlements:
                    return
                await self._wait()
        finally:
            self._ended.set()

    async def stop(self, within: float = 20.0) -> None:
        """Claim nothing more, let what is being sent finish for `within` seconds, settle. What is cut off is sent again later."""
        self._stopping = True
        self.wake()
        if self._sending:
            await asyncio.wait(list(self._sending.values()), timeout=within)
        for task in self._sending.values():
            task.cancel()
        try:
            async with asyncio.timeout(max(within, 1.0)):
                await self._ended.wait()
        except TimeoutError:
            telemetry.fault("outbox", TimeoutError(), unsettled=len(self._settlements))

    async def _turn(self) -> list[Claimed]:
        """Settle, renew and claim in one commit, together with whatever else the writer has. What was claimed."""
        self._something.clear()
        settling, self._settlements = self._settlements, []
        held = list(self._sending) if self._renewal_due() else []
        room = 0 if self._stopping else self._in_hand - len(self._sending)
        now, began = self._clock(), time.monotonic()
        looks = room > 0 and began >= self._look_at
        if looks:
            self._look_at = began + LOOK_EVERY
        elif not settling and not held:
            return []

        def work(connection: Connection) -> _Turn:
            outbox_rows.settle(connection, settling)
            outbox_rows.renew(connection, held, now + self._lease, self._token)
            if not looks:
                return _Turn([], None)
            return _Turn(outbox_rows.claim(connection, now, room, self._lease, self._token), outbox_rows.next_due(connection))

        try:
            turn = await self._writer.call(work)
        except Exception as error:  # noqa: BLE001 - a sick ledger, or a fault of ours: what was sent must still be settled, never sent again
            self._settlements = settling + self._settlements
            if not isinstance(error, LedgerFault):
                telemetry.fault("outbox", error)
            return []
        if looks and len(turn.claimed) == room:
            self._look_at = -math.inf  # as soon as there is room again
        elif turn.next_due is not None:
            self._look_by(turn.next_due)
        return turn.claimed

    def _look_by(self, due: datetime) -> None:
        self._look_at = min(self._look_at, time.monotonic() + max((due - self._clock()).total_seconds(), 0.05))

    def _renewal_due(self) -> bool:
        if time.monotonic() - self._renewed_at < self._lease.total_seconds() / 3:
            return False
        self._renewed_at = time.monotonic()
        return bool(self._sending)

    async def _wait(self) -> None:
        """Until something was written or sent, or is due."""
        seconds = LOOK_EVERY
        if self._sending:
            seconds = min(seconds, self._lease.total_seconds() / 3)
        if not self._stopping and len(self._sending) < self._in_hand:
            seconds = min(seconds, self._look_at - time.monotonic())
        if self._settlements:
            seconds = min(seconds, 1.0)  # the ledger did not take them
        try:
            async with asyncio.timeout(seconds):
                await self._something.wait()
        except TimeoutError:
            return

    async def _send(self, claimed: Claimed) -> None:
        try:
            async with self._slots:
                settlement = self._put_back(claimed, None) if self._stopping else await self._attempt(claimed)
        except asyncio.CancelledError:
            settlement = self._put_back(claimed, "cut-off")
        telemetry.NOTICES.labels(claimed.notice.kind, _result(settlement)).inc()
        del self._sending[claimed.notice.key]
        self._settlements.append(settlement)
        if settlement.due_at is not None:
            self._look_by(settlement.due_at)
        self._something.set()

    def _put_back(self, claimed: Claimed, problem: str | None) -> Settlement:
        return Settlement(claimed.notice.key, claimed.lease_token, "waiting", self._clock(), self._clock(), problem=problem)

    async def _attempt(self, claimed: Claimed) -> Settlement:
        if self._clock() > claimed.notice.give_up_at:
            return Settlement(claimed.notice.key, claimed.lease_token, "expired", self._clock(), problem="out-of-time")
        code: int | None = None
        problem: str | None = None
        try:
            async with asyncio.timeout(LONGEST_SEND):
                answer = await self._submit(claimed.notice)
            code, problem = answer.code, _problem(answer, claimed.notice)
        except Exception as error:  # noqa: BLE001 - no answer, unknown outcome, or a notice that breaks the sender: all are tried again
            problem = type(error).__name__
        if code is not None and 200 <= code <= 299:
            return Settlement(claimed.notice.key, claimed.lease_token, "sent", self._clock(), code=code)
        return self._failed(claimed, code, problem)

    def _failed(self, claimed: Claimed, code: int | None, problem: str | None) -> Settlement:
        now = self._clock()
        then = next_attempt(claimed.attempts + 1, now, code, self._chance(), give_up_at=claimed.notice.give_up_at)
        if isinstance(then, GiveUp):
            return Settlement(claimed.notice.key, claimed.lease_token, then.state, now, code=code, problem=problem)
        return Settlement(claimed.notice.key, claimed.lease_token, "waiting", now, then, code, problem)


def _problem(answer: Answer, notice: Notice) -> str | None:
    """What an answer says besides its code. X.6.7: no address beyond ASCII (RFC 6531 §3.5), which stands in To of a division's copy, too."""
    wants_it = not (notice.rcpt_to.isascii() and notice.octets.isascii())
    return NO_SMTPUTF8 if wants_it and answer.code >= 400 and (answer.status or "").endswith(".6.7") else None


def _result(settlement: Settlement) -> str:
    if settlement.state == "waiting":
        return "retried"
    return NO_SMTPUTF8 if settlement.problem == NO_SMTPUTF8 else settlement.state
