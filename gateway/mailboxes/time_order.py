"""Puts any number of places in order of time with little memory: sorted runs in temporary files, merged as they are read."""

from __future__ import annotations

import heapq
import json
import tempfile
from collections.abc import Iterator
from datetime import datetime
from typing import IO, Any

from gateway.mailboxes.archive import Place

RUN = 50_000
"""Places held in memory (about 20 MB)."""


class TimeOrder:
    """Add places, then iterate, as often as wanted. Of the same second, the order is that of path and position.

    Raises OSError when the temporary folder has no room.
    """

    def __init__(self, run: int = RUN) -> None:
        self._run = run
        self._waiting: list[list[Any]] = []
        self._runs: list[IO[str]] = []
        self._count = 0

    def close(self) -> None:
        """Remove the temporary files."""
        for each in self._runs:
            each.close()

    def __len__(self) -> int:
        return self._count

    def add(self, at: datetime, place: Place) -> None:
        """`at`: aware."""
        self._waiting.append([int(at.timestamp()), place.file, place.position, place.offset, place.length])
        self._count += 1
        if len(self._waiting) >= self._run:
            self._write()

    def __iter__(self) -> Iterator[Place]:
        self._waiting.sort()
        for each in self._runs:
            each.seek(0)
        for _, *place in heapq.merge(self._waiting, *(map(json.loads, each) for each in self._runs)):
            yield Place(*place)

    def _write(self) -> None:
        self._waiting.sort()
        file = tempfile.TemporaryFile("w+", encoding="ascii")  # noqa: SIM115 - `close` closes it
        file.writelines(f"{json.dumps(each)}\n" for each in self._waiting)
        self._runs.append(file)
        self._waiting = []
