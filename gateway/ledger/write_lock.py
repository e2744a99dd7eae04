"""Taking a write lock that several processes may want at once: the workers of one gateway, a command beside it.

An engine that waits by itself sleeps longer and longer, and who has just let go takes the lock again before a sleeper wakes: beside
a busy writer another one waited for seconds, until its mail went to the journal. Here who waits looks often, and who had to wait
lets others go first for a while. Knows no engine, and nothing of what is written.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

LOOK_EVERY = 0.0005
"""Seconds between two attempts. An attempt takes some 10 µs, a transaction 1 to 20 ms."""

STEP_BACK = 0.001
"""Seconds in which the others, who look twice as often, find the lock free."""

REMEMBERED = 0.1
"""Seconds for which it is worth stepping back after somebody else held the lock."""


class WriteLock:
    """One writer's manners. Use it from one thread; `clock` gives monotonic seconds."""

    def __init__(self, patience: float, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep) -> None:
        """`patience`: seconds after which the engine's refusal is passed on."""
        self._patience = patience
        self._clock = clock
        self._sleep = sleep
        self._met_others = -math.inf

    def take(self, begin: Callable[[], object], is_busy: Callable[[Exception], bool]) -> None:
        """Call `begin` until it succeeds. Raises what it raises, if that is not `is_busy` or patience is over."""
        until = self._clock() + self._patience
        if until - self._patience - self._met_others < REMEMBERED:
            self._sleep(STEP_BACK)
        while True:
            try:
                begin()
            except Exception as error:
                self._met_others = self._clock()
                if not is_busy(error) or self._met_others >= until:
                    raise
                self._sleep(LOOK_EVERY)
            else:
                return
