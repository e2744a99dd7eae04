"""Kept connections to one list of next hops (docs/relay.md).

It decides which connection a transaction gets. A connection is kept only after a transaction without any refusal: Postfix hangs
up after 20 refusals on one connection, and another client's mail would pay for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog

from gateway.delivery.extensions import NONE, Extensions
from gateway.delivery.hop import HopSession, NextHop, Unavailable, unreachable
from gateway.delivery.timeouts import Timeouts

KEPT = 50
KEPT_FOR = 30.0
"""Idle connections at most, and seconds each: below the idle limit of common servers."""

FRESH_FOR = 60.0
"""Seconds for which a next hop's EHLO is believed without asking again."""

AVOIDED_FOR = 30.0
"""Seconds for which a next hop that could not be reached is tried last."""

log = structlog.get_logger()


class Pool:
    """Sessions with the first of `hops` that can be reached. For one event loop."""

    def __init__(self, hops: Sequence[NextHop], timeouts: Timeouts, hostname: str) -> None:
        self._hops = tuple(hops)
        self._timeouts = timeouts
        self._hostname = hostname
        self._resting: list[HopSession] = []
        self._avoided: dict[NextHop, float] = {}
        self._extensions = NONE
        self._asked_at: float | None = None
        self._asking: asyncio.Task[Extensions] | None = None

    @property
    def is_one(self) -> bool:
        """Whether there is no other next hop to fail over to."""
        return len(self._hops) == 1

    async def acquire(self) -> HopSession:
        """A session for one transaction, kept or new. Give it to `release` or end it. Raises Unavailable."""
        while self._resting:
            session = self._resting.pop()
            if not session.closed:
                return session
        return await self.fresh()

    async def fresh(self) -> HopSession:
        """A new connection, to the first next hop in order that takes one. Raises Unavailable, the last one's."""
        now = asyncio.get_running_loop().time()
        failure = unreachable("no next hop")
        for hop in sorted(self._hops, key=lambda hop: self._avoided.get(hop, 0.0) > now):
            try:
                session = await hop.open(self._timeouts, self._hostname)
            except Unavailable as error:
                failure = error
                self._avoid(hop, error)
                continue
            self._avoided.pop(hop, None)
            self._learn(session.extensions)
            return session
        self._asked_at = None
        raise failure

    def release(self, session: HopSession) -> None:
        """After a transaction that ended with 2yz and without any refusal."""
        if session.closed:
            return
        if len(self._resting) < KEPT and session.rest(KEPT_FOR):
            self._resting.append(session)
        else:
            session.quit()

    async def extensions(self) -> Extensions:
        """What the next hop offers, at most FRESH_FOR seconds old; none when it cannot be asked within the connect limit."""
        if self._asked_at is not None and asyncio.get_running_loop().time() - self._asked_at < FRESH_FOR:
            return self._extensions
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
        return await asyncio.shield(self._asking)

    async def close(self) -> None:
        """Leave all kept connections; those in use belong to their transactions."""
        if self._asking is not None:
            self._asking.cancel()
        while self._resting:
            self._resting.pop().quit()

    async def _ask(self) -> Extensions:
        try:
            async with asyncio.timeout(self._timeouts.connect):
                self.release(await self.fresh())
        except (Unavailable, TimeoutError):
            return NONE
        return self._extensions

    def _avoid(self, hop: NextHop, error: Unavailable) -> None:
        now = asyncio.get_running_loop().time()
        if self._avoided.get(hop, 0.0) <= now:  # one line for each spell, not for each message
            log.warning("next-hop-unavailable", number=self._hops.index(hop) + 1, why=error.cause)
        self._avoided[hop] = now + AVOIDED_FOR

    def _learn(self, extensions: Extensions) -> None:
        self._extensions = extensions
        self._asked_at = asyncio.get_running_loop().time()
