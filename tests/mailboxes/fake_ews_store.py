"""What a fake Exchange keeps of one mailbox: folders with a log of changes, sync states as Exchange hands them out, automatic replies."""

from __future__ import annotations

import base64
import gzip
import json
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count

FOLDERS = ("inbox", "sentitems")


class StateRefused(Exception):
    """ErrorInvalidSyncStateData."""


@dataclass
class Item:
    """`kind` is the XML element; `code` a response code instead of the MIME; `header` what arrived, where the MIME is too large to fetch."""

    id: str
    kind: str
    mime: bytes
    received: datetime
    size: int
    code: str = ""
    header: str = ""


@dataclass
class OutOfOffice:
    state: str = "Disabled"
    audience: str = "All"
    internal: str = ""
    external: str = ""
    start: str = "2026-11-22T14:00:00Z"
    end: str = "2026-11-23T14:00:00Z"


@dataclass
class Store:
    """One mailbox. All methods from any thread."""

    address: str
    items: dict[str, Item] = field(default_factory=dict)
    log: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: {folder: [] for folder in FOLDERS})
    """For each folder, in order: ("Create" | "Delete" | "ReadFlagChange", item)."""
    out_of_office: OutOfOffice = field(default_factory=OutOfOffice)
    generation: int = 1
    """Another one, and no sync state from before is valid any more: the mailbox has moved."""
    changed: threading.Condition = field(default_factory=threading.Condition)
    _numbers: count[int] = field(default_factory=lambda: count(1))

    def add(
        self, folder: str, mime: bytes, *, kind: str = "Message", received: datetime | None = None, code: str = "", header: str = "", size: int = 0
    ) -> str:
        with self.changed:
            item = Item(f"AAMk{next(self._numbers):06}=", kind, mime, received or datetime.now(UTC), size or len(mime) + 500, code, header)
            self.items[item.id] = item
            self.log[folder].append(("Create", item.id))
            self.changed.notify_all()
        return item.id

    def touch(self, folder: str, item: str, change: str) -> None:
        with self.changed:
            self.log[folder].append((change, item))
            if change == "Delete":
                del self.items[item]
            self.changed.notify_all()

    def sync(self, folder: str, state: str, most: int) -> tuple[list[tuple[str, str]], str, bool]:
        """(changes, next state, whether that is all). The first list is newest first, as Exchange gives it."""
        with self.changed:
            log = self.log[folder]
            place = self._decode(state, folder) if state else {"until": len(log), "offset": 0}
            if "offset" in place:
                there = [each for change, each in reversed(log[: place["until"]]) if change == "Create" and each in self.items]
                page = there[place["offset"] : place["offset"] + most]
                offset = place["offset"] + len(page)
                rest = {"until": place["until"], "offset": offset} if offset < len(there) else {"seen": place["until"]}
                return [("Create", each) for each in page], self._encode(rest, folder), "seen" in rest and place["until"] == len(log)
            end = min(place["seen"] + most, len(log))
            changes = [(change, each) for change, each in log[place["seen"] : end] if change == "Delete" or each in self.items]
            return changes, self._encode({"seen": end}, folder), end == len(log)

    def _encode(self, place: dict[str, int], folder: str) -> str:
        text = json.dumps({**place, "folder": folder, "generation": self.generation})
        return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()

    def _decode(self, state: str, folder: str) -> dict[str, int]:
        try:
            place = json.loads(gzip.decompress(base64.b64decode(state)))
        except (ValueError, OSError):
            raise StateRefused from None
        if place.pop("folder") != folder or place.pop("generation") != self.generation:
            raise StateRefused
        return place
