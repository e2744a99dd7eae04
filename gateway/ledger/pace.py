"""How long the ledger's bursts rest from each other, by how busy the process is.

A burst of one costs nearly as much as a burst of ten. While the processor has time to spare that harms nobody, and whoever waits for
a commit should have it at once; when it has none, bursts that wait for each other leave more of it for the mail. Decides only how long.
"""

from __future__ import annotations

import time
from collections.abc import Callable

LONGEST = 0.007
"""Seconds. More would make the ledger a little cheaper still, and senders that wait for each answer slow."""

_FIRST = 0.001
_WINDOW = 0.05
"""Seconds over which the process's share of a processor is taken; a rest grows or shrinks by half after each."""

BUSY, AT_EASE = 0.85, 0.6
"""Processor time for each second that passes (the interpreter cannot use more than about one): rests grow above, and shrink below."""

ENOUGH = 12
"""Items of a burst that cost little more apiece than they would in a larger one."""


class Pace:
    """For one writer; use it from one thread. `clock` and `used` give seconds: monotonic, and of processor time of the process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, used: Callable[[], float] = time.process_time) -> None:
        self._clock = clock
        self._used = used
        self._since, self._used_then = clock(), used()
        self._rest = 0.0
        self._bursts = self._items = 0

    def rest(self, burst: int) -> float:
        """Seconds from this burst, of so many items, to the next, at least."""
        self._bursts += 1
        self._items += burst
        now = self._clock()
        if now - self._since >= _WINDOW:
            used = self._used()
            self._settle((used - self._used_then) / (now - self._since), self._items / self._bursts)
            self._since, self._used_then = now, used
            self._bursts = self._items = 0
        return self._rest

    def _settle(self, share: float, burst: float) -> None:
        if share > BUSY and burst < ENOUGH:
            self._rest = min(LONGEST, max(_FIRST, self._rest * 2))
        elif share < AT_EASE:
            self._rest = self._rest / 1.5 if self._rest > _FIRST else 0.0
