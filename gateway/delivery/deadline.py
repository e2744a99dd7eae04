"""One lazily moved timer for each connection: setting a later time costs no timer of the event loop."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable


class Deadline:
    """Calls `expired` once when the time set last has passed; monotonic seconds of the loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, expired: Callable[[], None]) -> None:
        self._loop = loop
        self._expired = expired
        self._due: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._looks_at = math.inf

    def set(self, seconds: float) -> None:
        """Expire `seconds` from now, whatever was set before."""
        self._due = due = self._loop.time() + seconds
        if due < self._looks_at:
            self._arm(due)

    def clear(self) -> None:
        """Nothing is due any more; the timer is left to run out."""
        self._due = None

    def close(self) -> None:
        """For the end of the connection: nothing refers to it from the loop's timers any more."""
        self._due = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer, self._looks_at = None, math.inf

    def _arm(self, due: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._looks_at = self._loop.call_at(due, self._look), due

    def _look(self) -> None:
        self._timer, self._looks_at = None, math.inf
        if self._due is None:
            return
        if self._loop.time() < self._due:
            self._arm(self._due)
        else:
            self._due = None
            self._expired()
