"""How long a watcher waits after a fault. Pure: chance is given in.

Longer each time, spread so that what failed together does not come back together, and never before the server's own Retry-After. A refused login is
tried rarely: a directory that locks accounts after ten wrong passwords in half an hour must not be brought to it by us.
"""

from __future__ import annotations

from gateway.mailboxes.mailbox import MailboxFault

FIRST, LONGEST = 1.0, 300.0
FIRST_REFUSED, LONGEST_REFUSED = 60.0, 900.0
"""Seconds."""

REFUSED = frozenset(("credentials", "forbidden", "missing", "certificate"))
"""Nothing but a person's hand mends these."""


def pause_after(fault: MailboxFault, attempts: int, chance: float) -> float:
    """Seconds, after `attempts` failed attempts in a row (1 or more). `chance`: from 0 up to 1."""
    first, longest = (FIRST_REFUSED, LONGEST_REFUSED) if fault.why in REFUSED else (FIRST, LONGEST)
    span = min(first * 2.0 ** min(attempts - 1, 30), longest)
    own = span * (0.5 + chance / 2) if fault.why not in REFUSED else span * (1 + chance / 4)
    return max(own, (fault.retry_after or 0.0) * (1 + chance / 10))
