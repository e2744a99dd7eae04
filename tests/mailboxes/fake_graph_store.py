"""The mailbox behind the fake Graph: messages, and what happened to them, folder by folder, in order."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock
from typing import Any

SECOND = "%Y-%m-%dT%H:%M:%SZ"


@dataclass
class Kept:
    """A message. Its plain id changes with the folder, its immutable one does not; both hold what must be quoted in a URL."""

    number: int
    octets: bytes
    folder: str
    received_at: datetime
    is_draft: bool = False
    gone: bool = False

    @property
    def immutable(self) -> str:
        return "AAkALg/+" + base64.b64encode(f"immutable {self.number:08}".encode()).decode()

    @property
    def plain(self) -> str:
        return "AAMkAD/+" + base64.b64encode(f"{self.folder} {self.number:08}".encode()).decode()

    def shown(self, *, immutable: bool) -> dict[str, Any]:
        return {
            "@odata.type": "#microsoft.graph.message",
            "id": self.immutable if immutable else self.plain,
            "receivedDateTime": self.received_at.strftime(SECOND),
            "isDraft": self.is_draft,
        }


@dataclass(frozen=True)
class Query:
    """What a state token stands for."""

    folder: str
    since: datetime
    change_type: str
    after: int
    """Changes after this one are told of."""
    listed: tuple[int, ...] | None = None
    """Of the first round: the numbers still to be listed."""
    told: int = 0


@dataclass
class Store:
    """Thread-safe."""

    messages: dict[int, Kept] = field(default_factory=dict)
    log: list[tuple[str, str, int]] = field(default_factory=list)
    """Folder, created · updated · deleted, number."""
    tokens: dict[str, Query] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def add(self, octets: bytes, folder: str, received_at: datetime | None = None, *, is_draft: bool = False) -> Kept:
        with self.lock:
            received_at = (received_at or datetime.now(UTC)).replace(microsecond=0)
            kept = self.messages[len(self.messages)] = Kept(len(self.messages), octets, folder, received_at, is_draft)
            self.log.append((folder, "created", kept.number))
            return kept

    def update(self, kept: Kept) -> None:
        """Somebody marks it as read."""
        with self.lock:
            self.log.append((kept.folder, "updated", kept.number))

    def move(self, kept: Kept, folder: str) -> None:
        with self.lock:
            self.log.append((kept.folder, "deleted", kept.number))
            kept.folder = folder
            self.log.append((folder, "created", kept.number))

    def delete(self, kept: Kept) -> None:
        with self.lock:
            kept.gone = True
            self.log.append((kept.folder, "deleted", kept.number))

    def find(self, identifier: str) -> Kept | None:
        return next((each for each in self.messages.values() if identifier in (each.immutable, each.plain) and not each.gone), None)

    def in_folder(self, folder: str, since: datetime) -> list[Kept]:
        """Oldest first."""
        found = [each for each in self.messages.values() if each.folder == folder and not each.gone and each.received_at >= since]
        return sorted(found, key=lambda each: (each.received_at, each.number))

    def keep(self, query: Query) -> str:
        token = secrets.token_urlsafe(24)
        self.tokens[token] = query
        return token
