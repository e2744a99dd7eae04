"""Where the reading of one folder stands at an Exchange server. Opaque to everybody else.

Exchange has no "from now on": a folder's first sync state comes only with the list of all that is in it, page by page. While that list
is read, `since` tells what is new in it. Afterwards it keeps out what a person drags back into the folder years later.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from gateway.mailboxes.mailbox import CursorLost

LATE = timedelta(hours=1)
"""A message may have waited so long in the server's queues: its time is that at which the server took it, not that of the folder."""

LARGEST = 4 << 20
"""Characters of a sync state that we keep. Exchange's are compressed already, some hundred to some ten thousand characters."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Only messages that the server took at or after `since` count."""

    since: datetime
    state: str = ""
    """Exchange's sync state; "" is before the first page."""
    listing: bool = True
    """Whether the list of what was there is still being read."""

    @classmethod
    def decode(cls, text: str) -> Cursor:
        """Raises CursorLost where it is none of ours: the mailbox was read over another protocol before."""
        try:
            kept = json.loads(text)
            since = datetime.fromisoformat(kept["since"])
            cursor = cls(since.astimezone(UTC), str(kept["state"]), bool(kept["listing"]))
        except (ValueError, TypeError, KeyError):
            raise CursorLost("the place kept for this folder is not one of an Exchange server") from None
        return cursor

    def encode(self) -> str:
        return json.dumps({"since": self.since.isoformat(), "state": self.state, "listing": self.listing})

    def behind(self, state: str, *, more: bool, now: datetime) -> Cursor:
        """After a page. `now` is the server's time (aware)."""
        if self.listing and not more:
            return Cursor(now - LATE, state, listing=False)
        return replace(self, state=state)
