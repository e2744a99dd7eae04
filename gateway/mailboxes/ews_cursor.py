"""Where the reading of one folder stands at an Exchange server. Opaque to everybody else.

Exchange has no "from now on": a folder's first sync state comes only with the list of all that is in it, page by page. While that list
is read, `since` tells what counts of it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from gateway.mailboxes.mailbox import CursorLost

LARGEST = 4 << 20
"""Characters of a sync state that we keep. Exchange's are compressed already, some hundred to some ten thousand characters."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place behind a page of changes."""

    state: str = ""
    """Exchange's sync state; "" is before the first page."""
    since: datetime | None = None
    """Aware. While the list of what was there is read: only what the server took at or after it counts. Afterwards None: all that comes."""

    @classmethod
    def decode(cls, text: str) -> Cursor:
        """Raises CursorLost where it is none of ours: the mailbox was read over another protocol before."""
        try:
            kept = json.loads(text)
            since = datetime.fromisoformat(kept["since"]).astimezone(UTC) if kept["since"] is not None else None
            return cls(str(kept["state"]), since)
        except (ValueError, TypeError, KeyError):
            raise CursorLost("the place kept for this folder is not one of an Exchange server") from None

    def encode(self) -> str:
        return json.dumps({"state": self.state, "since": self.since.isoformat() if self.since else None})

    def behind(self, state: str, *, more: bool) -> Cursor:
        """After a page."""
        return Cursor(state, self.since if more else None)
