"""Where a reader of a Maildir stands. No server numbers the messages, so the place is a moment and the names that were seen around it.

Values only, no file and no clock. Names are kept as short hashes: a Maildir with a thousand new messages a day has a cursor of 10 kB.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from hashlib import blake2b

from gateway.mailboxes.mailbox import CursorLost

WINDOW = 86400.0
"""Seconds before the place in which names are remembered: what comes late, or by a host whose clock is wrong by less, is not overlooked.
What is older is taken for seen: somebody put an old message back."""

Names = Iterable[tuple[str, float]]
"""Unique name and order (seconds since the epoch) of each."""


@dataclass(frozen=True)
class FutureCursor:
    """For `changes`."""

    at: float
    seen: dict[str, float]
    """Hash of a unique name -> its order."""

    @classmethod
    def beginning(cls, present: Names, now: float) -> FutureCursor:
        """All that is there now is old."""
        return cls(now, {}).after(present, now)

    @classmethod
    def read(cls, text: str) -> FutureCursor:
        """Raises CursorLost."""
        try:
            found = json.loads(text)
            return cls(float(found["at"]), {str(name): float(order) for name, order in found["seen"].items()})
        except (ValueError, TypeError, KeyError, AttributeError):
            raise CursorLost("the place in the Maildir cannot be read") from None

    @property
    def text(self) -> str:
        return json.dumps({"at": self.at, "seen": self.seen}, separators=(",", ":"))

    def has_seen(self, unique: str, order: float) -> bool:
        return order < self.at - WINDOW or _short(unique) in self.seen

    def after(self, names: Names, now: float) -> FutureCursor:
        """With these seen, too. A name from the future moves nothing: its clock is wrong."""
        seen = self.seen | {_short(unique): order for unique, order in names}
        at = max([self.at, *(order for order in seen.values() if order <= now)])
        return FutureCursor(at, {name: order for name, order in seen.items() if order >= at - WINDOW})


@dataclass(frozen=True)
class HistoryCursor:
    """For `history`."""

    behind: tuple[float, str]
    """Receipt and unique name of the last message given."""
    future: str
    """The place for `changes` as it was when the history began: what comes meanwhile is seen again rather than overlooked."""

    @classmethod
    def beginning(cls, present: Names, now: float) -> HistoryCursor:
        return cls((0.0, ""), FutureCursor.beginning(present, now).text)

    @classmethod
    def read(cls, text: str) -> HistoryCursor:
        """Raises CursorLost."""
        try:
            found = json.loads(text)
            return cls((float(found["behind"][0]), str(found["behind"][1])), str(found["future"]))
        except (ValueError, TypeError, KeyError, IndexError):
            raise CursorLost("the place in the Maildir cannot be read") from None

    @property
    def text(self) -> str:
        return json.dumps({"behind": self.behind, "future": self.future}, separators=(",", ":"))

    def after(self, received: float, unique: str) -> HistoryCursor:
        return replace(self, behind=(received, unique))


def _short(unique: str) -> str:
    return blake2b(unique.encode("utf-8", "surrogateescape"), digest_size=6).hexdigest()
