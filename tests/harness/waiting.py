"""Bounded waits on a condition: no test sleeps and hopes."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PATIENCE = 30.0 if os.environ.get("CI") else 15.0
"""Seconds after which a wait is a failure. Long, because two cores are shared; a passing test never waits it out."""


def wait_for(condition: Callable[[], T], what: str, within: float = PATIENCE, every: float = 0.01) -> T:
    """The first true value of `condition`, asked `every` so many seconds; AssertionError saying `what` after `within` seconds."""
    end = time.monotonic() + within
    while not (value := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"not within {within:g} s: {what}")
        time.sleep(every)
    return value
