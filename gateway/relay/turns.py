"""Large messages take turns: one piece of one of them in every third round of the event loop, so that small mail is never behind fifty of them.

Who waits for its turn is not read from meanwhile. It bounds nothing and refuses nothing.
"""

from __future__ import annotations

import asyncio
from collections import deque

LARGE = 1 << 17
"""Octets of a message from which on its pieces take turns, the first one too: fifty that begin at once would else be one long round."""

SPARE = 2
"""Rounds between two pieces. A small message takes about seventeen, to the next hop and into the ledger; an empty one costs microseconds."""


class Turns:
    """For the messages of one event loop."""

    def __init__(self) -> None:
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._running = False

    async def mine(self) -> None:
        """Wait until all who came before had theirs."""
        loop = asyncio.get_running_loop()
        turn = loop.create_future()
        self._waiting.append(turn)
        if not self._running:
            self._running = True
            loop.call_soon(self._next, loop, 0)
        await turn

    def _next(self, loop: asyncio.AbstractEventLoop, spare: int) -> None:
        if spare:
            loop.call_soon(self._next, loop, spare - 1)
            return
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():  # a session that was cancelled meanwhile has no use for it
                turn.set_result(None)
                loop.call_soon(self._next, loop, SPARE)
                return
        self._running = False
