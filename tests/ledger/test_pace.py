"""Bursts rest from each other only while the process is busy, and only as long as that makes them larger."""

from __future__ import annotations

import pytest

from gateway.ledger.pace import AT_EASE, BUSY, ENOUGH, LONGEST, Pace


class Machine:
    """A clock, and how much of a processor the process used by it."""

    def __init__(self) -> None:
        self.now = self.used = 0.0
        self.pace = Pace(lambda: self.now, lambda: self.used)

    def works(self, share: float, *, burst: int, seconds: float = 2.0) -> float:
        """Bursts 10 ms apart at this share of a processor; the rest after the last one."""
        rest = 0.0
        for _ in range(int(seconds * 100)):
            self.now += 0.01
            self.used += 0.01 * share
            rest = self.pace.rest(burst)
        return rest


@pytest.mark.parametrize(
    ("share", "burst", "rest"),
    [
        (0.0, 1, 0.0),
        (AT_EASE - 0.1, 1, 0.0),
        (BUSY - 0.05, 1, 0.0),  # neither busy nor at ease: as it was, and it began at nothing
        (BUSY + 0.1, 1, LONGEST),
        (1.9, 1, LONGEST),
        (BUSY + 0.1, ENOUGH, 0.0),  # large enough already: nothing would become cheaper
    ],
)
def test_how_long_bursts_rest(share: float, burst: int, rest: float) -> None:
    assert Machine().works(share, burst=burst) == rest


def test_a_rest_ends_when_the_load_does() -> None:
    machine = Machine()
    assert machine.works(1.0, burst=2) == LONGEST
    assert machine.works((BUSY + AT_EASE) / 2, burst=2) == LONGEST
    assert machine.works(0.1, burst=2) == 0.0


def test_one_long_pause_is_not_taken_for_load() -> None:
    machine = Machine()
    machine.now += 3600
    machine.used += 40  # a report made by a neighbour in this hour, say
    assert machine.works(0.2, burst=1, seconds=0.1) == 0.0
