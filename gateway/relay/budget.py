"""How much of messages under way this process holds in memory, and whether it may begin another one. Counts, nothing else.

Counted are, for each message from its 354 to the end of its recording: the beginning that is kept for observation (PREFIX_LIMIT
octets at most), the piece on its way from client to next hop, and BUFFERS. A message of any size streams through, so
that none counts more than about 2 MB; what one has begun is never given up for want of room.
"""

from __future__ import annotations

BUFFERS = 1 << 16
"""Octets counted for the connections' own buffers, whatever is in them."""


class Budget:
    """One for all listeners of the process; for one event loop."""

    def __init__(self, limit: int = 256_000_000) -> None:
        self._limit = limit
        self.held = 0
        """Octets."""

    @property
    def spent(self) -> bool:
        """No further message may begin now."""
        return self.held >= self._limit


class Share:
    """What one message counts; `release` ends it."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._octets = 0

    def holds(self, octets: int) -> None:
        """It is now so much, beside its buffers."""
        now = octets + BUFFERS
        self._budget.held += now - self._octets
        self._octets = now

    def release(self) -> None:
        self._budget.held -= self._octets
        self._octets = 0
