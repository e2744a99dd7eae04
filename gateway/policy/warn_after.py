"""Reads how often something must be found before a person is told of it: `3 messages in 5 business days`. Never guesses."""

from __future__ import annotations

import re
from typing import NamedTuple

MOST_DAYS = 10
"""The longest span; what the ledger looks back over for each mail from staff."""

_COUNTED = re.compile(r"(?P<messages>\d+) messages? in (?P<amount>\d+) (?P<unit>business days?|days?)")


class WarnAfter(NamedTuple):
    """`messages` (0: never) with the finding, within `days`."""

    messages: int
    days: int = MOST_DAYS
    business: bool = True
    """Days on which the office opens; else calendar days."""


def parse_warn_after(text: str) -> WarnAfter:
    """`at once`, `never` or `N messages in M business days`. Raises ValueError, in words for the admin."""
    words = " ".join(text.split()).casefold()
    if words in ("at once", "never"):
        return WarnAfter(1 if words == "at once" else 0)
    found = _COUNTED.fullmatch(words)
    if found is None:
        raise ValueError(f"'{words[:60]}' is not clear; write for example 3 messages in 5 business days, at once, or never")
    messages, days = int(found["messages"]), int(found["amount"])
    if not 1 <= messages <= 50 or not 1 <= days <= MOST_DAYS:
        raise ValueError(f"'{words[:60]}': between 1 and 50 messages in 1 to {MOST_DAYS} days can be counted")
    return WarnAfter(messages, days, found["unit"].startswith("business"))
