"""Reads a promised span in an admin's words, such as `2 business days`. It never guesses: what it does not know is an error."""

from __future__ import annotations

import re
from datetime import time

from gateway.policy.model import Clock

EXAMPLES = "48 hours, 10 days, 2 business days, by 18:00 the same business day, within the same business day"

_AMOUNT = re.compile(r"(?P<amount>\d+)\s*(?P<unit>hours?|hrs?|h|(?:calendar )?days?|(?:business|working) days?)")
_AT = re.compile(r"by (?P<at>.+?),? (?:on )?(?:the )?same (?:business|working) day")
_SAME = re.compile(r"(?:within )?(?:the )?same (?:business|working) day")
_TIME = re.compile(r"(?P<hour>\d{1,2})(?:[:h](?P<minute>\d{2}))?(?: ?(?P<half>[ap])\.?m\.?)?")
_MOST = {"hours": 8784, "days": 366, "business_days": 260}


def parse_clock(text: str) -> Clock:
    """The clock that `text` promises.

    Raises ValueError, in words for the admin, for anything else, for nothing at all (`0 hours`) and for more than a year.
    """
    words = " ".join(text.split()).lower()
    if found := _AMOUNT.fullmatch(words):
        return _counted(int(found["amount"]), found["unit"], words)
    if found := _AT.fullmatch(words):
        return Clock("business_day_at", at=parse_time(found["at"]), text=words)
    if _SAME.fullmatch(words):
        return Clock("business_day", text=words)
    raise ValueError(f"'{_clip(text)}' is not a span that can be promised; write for example {EXAMPLES}")


def parse_time(text: str) -> time:
    """A time of day: `18:00`, `8:30`, `6 p.m.`, `18 h 00`. Raises ValueError for a time that is not on the clock."""
    words = " ".join(text.split()).lower()
    found = _TIME.fullmatch(words.replace(" h ", "h"))
    if not found or (found["minute"] is None and found["half"] is None):
        raise ValueError(f"'{_clip(text)}' is not a time of day; write it like 16:30")
    hour, minute = int(found["hour"]), int(found["minute"] or 0)
    if minute > 59 or hour > 23 or (found["half"] and not 1 <= hour <= 12):
        raise ValueError(f"'{_clip(text)}' is not on the clock; write a time between 00:00 and 23:59")
    if found["half"]:
        hour = hour % 12 + (12 if found["half"] == "p" else 0)
    return time(hour, minute)


def _counted(amount: int, unit: str, words: str) -> Clock:
    name: str = "business_days" if unit.startswith(("business", "working")) else "days" if "day" in unit else "hours"
    if not 1 <= amount <= _MOST[name]:
        raise ValueError(f"'{words}': between 1 and {_MOST[name]} can be promised")
    if name == "business_days":
        return Clock("business_days", amount, text=words)
    return Clock("days", amount, text=words) if name == "days" else Clock("hours", amount, text=words)


def _clip(text: str) -> str:
    return text if len(text) <= 60 else text[:60] + "…"
