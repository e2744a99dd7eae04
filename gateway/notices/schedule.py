"""When a notice that did not go out is tried again, and when it is given up. Values in, value out; chance is given in.

Spans follow what MTAs do (RFC 5321 §4.5.4.1: retry after a delay, longer each time), but start early: an acknowledgement that
comes an hour late has lost most of its worth, and greylisting hops accept after a few minutes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

BACK_OFF = tuple(timedelta(minutes=each) for each in (1, 5, 15, 30, 60))
"""After the first, second … failed attempt; the last one repeats."""

SPREAD = 0.2
"""A span is stretched or shrunk by up to this share, so that what failed together does not come back together."""


@dataclass(frozen=True, slots=True)
class GiveUp:
    """No further attempt. refused: the hop said 5yz · expired: the next attempt would come after `give_up_at`."""

    state: Literal["refused", "expired"]


def next_attempt(attempts: int, now: datetime, reply_code: int | None, jitter: float, *, give_up_at: datetime) -> datetime | GiveUp:
    """After `attempts` failed attempts (1 or more), the last one just `now`.

    `reply_code`: of the notices hop, None when there was none or its outcome is unknown. `jitter`: from 0 up to 1, drawn by the caller.
    A permanent refusal is final (RFC 5321 §4.2.1); everything else that is not a 2yz is tried again.
    """
    if reply_code is not None and 500 <= reply_code <= 599:
        return GiveUp("refused")
    span = BACK_OFF[min(attempts, len(BACK_OFF)) - 1]
    then = now + span * (1 - SPREAD + 2 * SPREAD * jitter)
    return then if then <= give_up_at else GiveUp("expired")
