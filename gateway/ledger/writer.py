"""The one thread that writes the ledger: takes all that waits, commits it together, answers all at once.

Decides only what belongs into one commit. A batch that fails because of one item is repeated item by item, so that a bad one
harms only itself; when the engine is unwell, all fail at once, and intake puts them into the journal.
"""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection

from gateway import telemetry
from gateway.judgement.verdict import Examination
from gateway.ledger import dialect
from gateway.ledger.batch import record
from gateway.ledger.errors import LedgerUnavailable, RecordingFailed
from gateway.ledger.ledger import Ledger
from gateway.ledger.pace import Pace
from gateway.ledger.records import Claimed, Decide, Lease, Recorded
from gateway.ledger.refused_recipients import RefusedRecipients
from gateway.policy.model import DEFAULT_CAPS, Caps

MOST_TOGETHER = 200
"""Items after which a commit takes no more; a burst that came together is not divided."""

MOST_WAITING = 5000
"""Items that may wait; beyond it the caller's journal is the better place."""

QUIET_ROUNDS = 8
LONGEST_BURST = 0.02
"""Rounds of the event loop without anything new after which what was gathered goes to the thread, and seconds after which it goes anyhow.
The two share one interpreter: a thread that begins with the first item of a burst works against the loop, and commits few at a time."""

ERASE_WHEN_IDLE = 1.0
ERASE_AT_LEAST = 60.0
"""Seconds until what deleted rows left in the engine's log is overwritten: when idle, and under steady load."""

T = TypeVar("T")


class Sender(Protocol):
    """Who sends what is written; `gateway.notices.outbox.Outbox` is one."""

    def lease(self) -> Lease | None:
        """For notices that are due as they are written; from the writer's thread."""
        ...

    def take(self, claimed: Sequence[Claimed]) -> None:
        """They are committed, and its own; from the event loop."""
        ...


@dataclass(frozen=True, slots=True)
class _Item:
    """Something to write, and who waits for it: either an examination or some other work on the connection."""

    future: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop
    examination: Examination | None = None
    work: Callable[[Connection], Any] | None = None


class Writer:
    """Serialises all writes of this process."""

    def __init__(self, ledger: Ledger, decide: Decide, *, caps: Caps = DEFAULT_CAPS) -> None:
        """`decide` runs in the writer's thread, and again for a batch that is repeated."""
        self._ledger = ledger
        self._decide = decide
        self._caps = caps
        self.recipients = RefusedRecipients(ledger.pseudonyms, ledger.clock)
        """What next hops said of them; written with the batch that follows."""
        self._gathered: list[_Item] = []
        self._gathering: asyncio.AbstractEventLoop | None = None
        self._pace = Pace()
        self._rest_until = -math.inf
        self._queue: SimpleQueue[list[_Item] | None] = SimpleQueue()
        self._put_so_far = 0
        self._taken_so_far = 0
        self._thread: threading.Thread | None = None
        self._ended = False
        self._erased_at = time.monotonic()
        self._remains = False
        self._sender: Sender | None = None

    def use(self, sender: Sender) -> None:
        """Write notices under its lease, and hand them to it once they are committed."""
        self._sender = sender

    def start(self) -> None:
        """Start the thread. The ledger may still be unwell: it is tried again with each batch."""
        self._thread = threading.Thread(target=self._run, name="ledger-writer", daemon=True)
        self._thread.start()

    async def drain(self, within: float = 20.0) -> bool:
        """Take nothing more, finish what waits, end the thread; False when it did not end within `within` seconds."""
        self._ended = True
        if self._thread is None:
            return True
        self._pass_on()
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join, within)
        return not self._thread.is_alive()

    def submit(self, examination: Examination) -> asyncio.Future[Recorded]:
        """Decide and record one message; call from an event loop. The future resolves after the commit.

        Raises (through the future) LedgerUnavailable: nothing was written; RecordingFailed: this one cannot be. A future that is
        cancelled before its turn is not written; one cancelled later may be: the identity makes a repeat harmless.
        """
        return self._put(examination=examination)

    def call(self, work: Callable[[Connection], T]) -> asyncio.Future[T]:
        """Run other work in the writer's thread, in a commit with whatever else waits; its exception undoes only itself.

        Raises (through the future) LedgerUnavailable, or whatever `work` raised. `work` may run twice, so it must only write rows.
        """
        return self._put(work=work)

    def _put(self, **what: Any) -> asyncio.Future[Any]:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        if self._ended or self._put_so_far - self._taken_so_far >= MOST_WAITING:
            future.set_exception(LedgerUnavailable("ended" if self._ended else "busy"))
            return future
        self._put_so_far += 1
        self._gathered.append(_Item(future, loop, **what))
        if len(self._gathered) == 1 or self._gathering is not loop:  # another one may have been closed before it passed anything on
            self._gathering = loop
            loop.call_soon(self._gather, loop, 1, 0, loop.time() + LONGEST_BURST)
        return future

    def _gather(self, loop: asyncio.AbstractEventLoop, seen: int, quiet: int, until: float) -> None:
        """Wait while a burst goes on, or the one before is too near: a few rounds of the loop, which cost nothing when it is idle."""
        found = len(self._gathered)
        quiet = quiet + 1 if found == seen else 0
        now = loop.time()
        if found >= MOST_TOGETHER or now >= until or (quiet >= QUIET_ROUNDS and now >= self._rest_until):
            self._pass_on()
            self._rest_until = now + self._pace.rest(found)
        elif quiet >= QUIET_ROUNDS:
            loop.call_later(self._rest_until - now, self._gather, loop, found, quiet, now)
        elif found:
            loop.call_soon(self._gather, loop, found, quiet, until)

    def _pass_on(self) -> None:
        gathered, self._gathered = self._gathered, []
        if gathered:
            self._queue.put(gathered)

    def _run(self) -> None:
        while (batch := self._next()) is not None:
            if not batch:
                self._erase_remains()
                continue
            answers = self._answers(batch)
            claimed = [each for answer in answers if isinstance(answer, Recorded) for each in answer.claimed]
            # Not by way of who waits for the record: that one may have given up. A closed loop: others send it when the lease is over.
            _resolve(batch, answers, partial(self._sender.take, claimed) if claimed and self._sender else _nothing)
            if time.monotonic() - self._erased_at > ERASE_AT_LEAST:
                self._erase_remains()
            else:
                self._care(self._ledger.write_back)
        self._erase_remains()

    def _next(self) -> list[_Item] | None:
        """What waits, at least one; empty when it is time to erase; None at the end."""
        try:
            first = self._queue.get(timeout=ERASE_WHEN_IDLE if self._remains else None)
        except Empty:
            return []
        batch: list[_Item] = []
        while first is not None:
            self._taken_so_far += len(first)
            batch += [each for each in first if not each.future.cancelled()]
            if len(batch) >= MOST_TOGETHER or self._queue.empty():
                return batch
            first = self._queue.get()
        if batch:
            self._queue.put(None)  # the end comes after these
            return batch
        return None

    def _answers(self, batch: Sequence[_Item]) -> list[Any]:
        """One result or exception for each item."""
        try:
            return self._together(batch)
        except LedgerUnavailable as error:
            return [LedgerUnavailable(error.why) for _ in batch]
        except Exception as error:  # noqa: BLE001 - whatever one item did, its neighbours must not pay
            telemetry.fault("ledger-batch", error)
            return self._apart(batch)

    def _together(self, batch: Sequence[_Item]) -> list[Any]:
        with self._ledger.writing() as connection:
            self.recipients.write(connection)
            recorded = iter(self._record(connection, [each.examination for each in batch if each.examination]))
            answers = [next(recorded) if each.examination else self._work(connection, each) for each in batch]
        self._remains = True
        return answers

    def _apart(self, batch: Sequence[_Item]) -> list[Any]:
        """Each under a savepoint of its own, still in one commit."""
        answers: list[Any] = []
        try:
            with self._ledger.writing() as connection:
                answers = [self._alone(connection, each) for each in batch]
        except LedgerUnavailable as error:
            return [LedgerUnavailable(error.why) for _ in batch]
        except Exception as error:  # noqa: BLE001 - the thread must live on; callers journal
            telemetry.fault("ledger-batch", error)
            return [RecordingFailed(type(error).__name__) for _ in batch]
        self._remains = True
        return answers

    def _alone(self, connection: Connection, item: _Item) -> Any:
        if item.examination is None:
            return self._work(connection, item)
        try:
            with dialect.savepoint(connection):
                return self._record(connection, [item.examination])[0]
        except Exception as error:
            if self._ledger.is_outage(error):
                raise
            telemetry.fault("ledger-row", error)
            return RecordingFailed(type(error).__name__)

    def _work(self, connection: Connection, item: _Item) -> Any:
        assert item.work is not None
        try:
            with dialect.savepoint(connection):
                return item.work(connection)
        except Exception as error:
            if self._ledger.is_outage(error):
                raise
            return error

    def _record(self, connection: Connection, examinations: list[Examination]) -> list[Recorded | RecordingFailed]:
        if not examinations:
            return []
        now, lease = self._ledger.clock(), self._sender.lease if self._sender else lambda: None
        return record(connection, examinations, self._decide, self._ledger.pseudonyms, now=now, caps=self._caps, lease=lease)

    def _erase_remains(self) -> None:
        self._erased_at = time.monotonic()
        if not self._remains:
            return
        self._remains = False
        if self._care(self._ledger.erase_remains) is False:
            self._remains = True  # a second later it is tried again

    def _care(self, work: Callable[[], T]) -> T | None:
        try:
            return work()
        except Exception as error:  # noqa: BLE001 - the thread must live on
            telemetry.fault("ledger-care", error)
            return None


def _nothing() -> None:
    """There is nothing to send."""


def _resolve(batch: Sequence[_Item], answers: Sequence[Any], send: Callable[[], None]) -> None:
    """One call into each event loop for the whole batch; the first one's sends, too."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Any], Any]]] = {}
    for item, answer in zip(batch, answers, strict=True):
        by_loop.setdefault(item.loop, []).append((item.future, answer))
    for loop, settled in by_loop.items():
        with suppress(RuntimeError):  # a closed loop: its owner left without waiting; the rows are written all the same
            loop.call_soon_threadsafe(_settle, settled, send if loop is batch[0].loop else _nothing)


def _settle(settled: Sequence[tuple[asyncio.Future[Any], Any]], send: Callable[[], None]) -> None:
    for future, answer in settled:
        if future.done():
            continue
        if isinstance(answer, BaseException):
            future.set_exception(answer)
        else:
            future.set_result(answer)
    send()
