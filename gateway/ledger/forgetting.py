"""The daily run that erases what is older than the policy keeps, and carries out erasures that had to wait.

It works in the writer's own transactions, so few rows at a time that no mail waits noticeably. Under a hold it erases nothing, nor the first time
that the clock has leapt ahead. What each table's time is, retention.py says.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection

from gateway import telemetry
from gateway.ledger import erasure, holds, retention
from gateway.ledger.errors import LedgerFault
from gateway.ledger.retention import Cutoffs
from gateway.ledger.writer import Writer

FIRST_AFTER = 60.0
EVERY = 24 * 3600.0
AFTER_A_FAULT = 600.0
"""Seconds from the start to the first run, between runs, and until the next try."""

LEAP = timedelta(days=31)
"""How far the clock may be ahead of where the last look at it leads to, the first time of where the newest record does. A machine that starts with
a wrong clock would else erase all there is; what is real, be it a gateway that stood still for so long, is real a day later too."""

STEP_SECONDS = 0.015
"""How long one step holds the ledger's writer, about; then others get their turn."""

PAUSE = 0.05
"""Seconds between steps."""

FIRST_STEP, SMALLEST_STEP, LARGEST_STEP = 20, 1, 500
"""Rows."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class KeptBy:
    """What the policy in force says."""

    keep: Mapping[str, str]
    zone: ZoneInfo
    look_back: timedelta
    """How far the longest cap looks back at a correspondent."""


class Forgetting:
    """One for the process."""

    def __init__(self, writer: Writer, kept_by: Callable[[], KeptBy | None], clock: Callable[[], datetime]) -> None:
        """`kept_by`: None while no policy is good; then nothing is erased."""
        self._writer = writer
        self._kept_by = kept_by
        self._clock = clock
        self._step = FIRST_STEP
        self.held: str | None = None
        """Why nothing was erased the last time."""
        self._looked: tuple[datetime, float] | None = None

    async def run(self) -> None:
        """Until it is cancelled."""
        wait = FIRST_AFTER
        with suppress(Exception):  # else before the first run
            await self.begin()
        while True:
            await asyncio.sleep(wait)
            try:
                if not await self.leapt():
                    await self.once()
                wait = EVERY
            except LedgerFault:
                wait = AFTER_A_FAULT
            except Exception as error:  # noqa: BLE001 - retention must not end because one run did
                telemetry.fault("retention", error)
                wait = AFTER_A_FAULT

    async def begin(self) -> None:
        """The newest record stands for the last look at the clock: before any is made with this one. Raises LedgerFault."""
        self._looked = await self._writer.call(retention.newest) or self._clock(), time.monotonic()

    async def leapt(self) -> bool:
        """Whether the clock is not to be believed yet. Raises LedgerFault."""
        if self._looked is None:
            await self.begin()
        now, ticks = self._clock(), time.monotonic()
        before, then = self._looked or (now, ticks)
        self._looked = now, ticks
        ahead = now - before - timedelta(seconds=ticks - then)
        if ahead <= LEAP:
            return False
        days = round(ahead / timedelta(days=1))
        self.held = f"the clock is {days} days ahead of the newest record"
        log.warning("retention-waits", days_ahead=days, said="nothing is erased today, in case the clock is wrong")
        return True

    async def once(self) -> dict[str, int]:
        """Everything that is due now: rows by table. Raises LedgerFault; what was erased until then stays erased."""
        by = self._kept_by()
        if by is None:
            return {}
        now = self._clock()
        self.held = by.keep.get("hold") or await self._writer.call(holds.standing)
        if self.held:
            log.info("retention-held")
            return {}
        due = await self._writer.call(partial(retention.cutoffs, keep=by.keep, now=now, zone=by.zone))
        erased: Counter[str] = Counter()
        while some := await self._timed(partial(_forget, due)):
            erased.update(some)
        for who, asked_at in await self._writer.call(erasure.asked):
            while some := await self._timed(partial(_erase, who, asked_at, now, max(by.look_back, erasure.RULES_LOOK_BACK))):
                erased.update(some)
        if erased:
            log.info("forgotten", **erased)
        return dict(erased)

    async def _timed(self, work: Callable[[int, Connection], dict[str, int]]) -> dict[str, int]:
        """One step, of as many rows as the ones before it showed to take about STEP_SECONDS."""
        most = self._step

        def step(connection: Connection) -> tuple[dict[str, int], float]:
            start = time.monotonic()
            done = work(most, connection)
            return done, time.monotonic() - start

        done, took = await self._writer.call(step)
        if done:
            self._step = min(LARGEST_STEP, max(SMALLEST_STEP, int(most * STEP_SECONDS / max(took, 0.001))), 2 * most)
            await asyncio.sleep(PAUSE)
        return done


def _forget(due: Cutoffs, most: int, connection: Connection) -> dict[str, int]:
    return retention.forget_some(connection, due, most)


def _erase(who: str, asked_at: datetime, now: datetime, look_back: timedelta, most: int, connection: Connection) -> dict[str, int]:
    erased = erasure.erase_some(connection, who, asked_at, now, most, look_back)
    return {"unlinked": erased} if erased else {}
