"""Where the reading of one folder stands in Microsoft 365. Opaque to everybody else. Pure.

`Cursor` follows a delta query by the links that Graph gives; `Past` goes through a folder in order of time. Both know which messages
of the place they stand at were given already, because neither a page of Graph's nor a second ends where the watcher's page does.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import blake2s
from typing import Any

from gateway.mailboxes.mailbox import CursorLost


def mark(identifier: str) -> str:
    """Sixteen characters for an immutable id of some hundred."""
    return blake2s(identifier.encode(), digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True)
class Cursor:
    """Behind some page of a delta query."""

    since: datetime
    """Aware, to the second: only messages that the server received then or later count."""
    link: str = ""
    """Where the next page is; "" before the first."""
    listing: bool = True
    """Whether the list of what was there at the start is still being read."""
    given: tuple[str, ...] = ()
    """Marks of the messages of that page that were given already."""
    told: int = 0
    """Messages that this query has told of so far."""
    following: str = ""
    """The query that takes over at the next end of a round."""

    @classmethod
    def decode(cls, text: str) -> Cursor:
        """Raises CursorLost where it is none of ours: the mailbox was read over another protocol before."""
        kept = _decoded(text, "delta")
        try:
            kept["since"], kept["given"] = _time(kept["since"]), tuple(kept["given"])
            return cls(**{name: kept[name] for name in cls.__dataclass_fields__})
        except (ValueError, TypeError, KeyError):
            raise _lost() from None

    def encode(self) -> str:
        return json.dumps({"graph": "delta", **asdict(self), "since": self.since.isoformat()})


@dataclass(frozen=True, slots=True)
class Past:
    """Everything received before `at` was given, and of that second the messages in `given`."""

    at: datetime
    given: tuple[str, ...] = ()

    @classmethod
    def decode(cls, text: str) -> Past:
        """Raises CursorLost."""
        kept = _decoded(text, "past")
        try:
            return cls(_time(kept["at"]), tuple(kept["given"]))
        except (ValueError, TypeError, KeyError):
            raise _lost() from None

    def encode(self) -> str:
        return json.dumps({"graph": "past", "at": self.at.isoformat(), "given": self.given})


def _decoded(text: str, kind: str) -> dict[str, Any]:
    try:
        kept = json.loads(text)
        if kept["graph"] == kind:
            return dict(kept)
    except (ValueError, TypeError, KeyError):
        pass
    raise _lost()


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _lost() -> CursorLost:
    return CursorLost("the place kept for this folder is not one of Microsoft Graph's")
