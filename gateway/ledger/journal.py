"""Observations that the ledger could not take, safe on the local disk until it can (docs/promises.md, P2).

Decides in which segment a record goes and when a segment is erased. Never interprets a record, never reorders, never gives up
one that is readable. Several processes may share a folder: each locks its own segments, and adopts those of the dead.
"""

from __future__ import annotations

import errno
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from typing import Any

import structlog

from gateway import telemetry
from gateway.ledger.errors import JournalFailed
from gateway.ledger.key_file import sync_folder
from gateway.ledger.segment import OVERHEAD, Segment, Stored

SEGMENT = 4 << 20
"""Octets of a segment; a bigger record gets a segment of its own."""

RESERVE = 16 << 20
"""Octets taken in advance, for the time when the disk is full."""

LIMIT = 1 << 30
"""Octets the journal may grow to: an outage of ours must not fill the disk that the mail server writes to."""

_HEAD_ROOM = 64

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class JournalRecord:
    """One record that waits for the ledger."""

    header: dict[str, Any]
    octets: bytes
    segment: Segment
    stored: Stored


class Journal:
    """Append from any thread; replay and forget from one at a time. Opens itself when first used, or by `open`."""

    def __init__(self, folder: Path, *, reserve: int = RESERVE, limit: int = LIMIT) -> None:
        self._folder = folder
        self._reserve = reserve
        self._limit = limit
        self._lock = RLock()
        self._segments: list[Segment] = []
        self._active: Segment | None = None
        self._used = 0
        """Times that a segment was put to use; never falls, so that a record of an earlier use is known as such."""
        self._opened = False
        self._trouble = ""

    @property
    def health(self) -> str:
        """ "ok", or what is wrong or waits; for people."""
        if self._trouble:
            return f"unusable: {self._trouble}"
        return f"{self.pending} observations wait for the ledger" if self.pending else "ok"

    def open(self) -> None:
        """Adopt what dead processes left, and take the reserve. Raises JournalFailed; a later use tries again."""
        with self._lock:
            if not self._opened:
                try:
                    self._adopt()
                    self._take_reserve()
                except OSError as error:
                    raise self._failed(error) from None

    def close(self) -> None:
        """Unlock all segments; what waits in them is adopted by the next process that opens the folder."""
        with self._lock:
            for each in self._segments:
                each.close()
            self._segments, self._active, self._opened = [], None, False

    @property
    def pending(self) -> int:
        """Records that wait for the ledger."""
        return sum(each.live for each in self._segments)

    def append(self, header: Mapping[str, Any], octets: bytes) -> None:
        """Durable when it returns. `header`: JSON values. Blocks for a disk sync. Raises JournalFailed, and then nothing is promised."""
        encoded = json.dumps(dict(header), separators=(",", ":")).encode("ascii")
        try:
            with self._lock:
                self._prepare()
                self._leave_what_is_gone()
                segment = self._with_room(len(encoded) + len(octets))
                end = segment.append(encoded, octets)
        except OSError as error:
            raise self._failed(error) from None
        try:
            segment.make_durable(end)
        except OSError as error:
            with self._lock:
                segment.live -= 1
            raise self._failed(error) from None
        self._trouble = ""

    def replay(self) -> Iterator[JournalRecord]:
        """What was durable at the time of the call and is not forgotten, oldest first; what ended processes left, too. Raises JournalFailed."""
        try:
            with self._lock:
                if self._opened:
                    with suppress(OSError):  # what we hold ourselves comes back all the same
                        self._take_over()
                self._prepare()
                found = sorted(((each.generation, each.path, each, each.durable) for each in self._segments if each.live), key=lambda one: one[:2])
            for _, _, segment, end in found:
                yield from (JournalRecord(json.loads(each.header), each.octets, segment, each) for each in segment.records(end))
        except OSError as error:
            raise self._failed(error) from None

    def forget(self, record: JournalRecord) -> None:
        """The ledger has it: overwrite it. Its segment is erased with the last of its records. Raises JournalFailed."""
        try:
            with self._lock:
                if record.segment not in self._segments:
                    return
                record.segment.forget(record.stored)
                if record.segment.live == 0:
                    self._retire(record.segment)
        except OSError as error:
            raise self._failed(error) from None

    def _failed(self, error: OSError) -> JournalFailed:
        self._trouble = errno.errorcode.get(error.errno or 0, "unknown")
        return JournalFailed(f"the journal cannot be written or read: {self._trouble}")

    def _prepare(self) -> None:
        """Use finds what there is, even where the disk has no room for the reserve any more."""
        if not self._opened:
            self._adopt()

    def _adopt(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._take_over()
        self._opened = True

    def _take_over(self) -> None:
        """Segments that no living process holds: a predecessor may end, or be killed, long after we began."""
        ours = {each.path for each in self._segments}
        waiting = lost = 0
        try:
            for path in sorted(self._folder.glob("*.segment")):
                segment = Segment.adopt(path) if path not in ours else None
                if segment is not None:
                    self._segments.append(segment)
                    self._used = max(self._used, segment.generation)
                    waiting, lost = waiting + segment.live, lost + segment.damaged
                    if segment.live == 0:
                        self._retire(segment)
        finally:
            _say_what_was_found(waiting, lost)

    def _leave_what_is_gone(self) -> None:
        """Somebody deleted or replaced segment files: what this process still holds of them is written anew, into files that are there."""
        gone = [each for each in self._segments if each.gone]
        if not gone:
            return
        log.error("journal-replaced", said="segment files of the journal were deleted or replaced; writing new ones")
        rescued = [stored for each in gone for stored in each.records(each.durable) if each.live]
        for each in gone:
            self._segments.remove(each)
            each.close()
        if self._active in gone:
            self._active = None
        for stored in rescued:
            segment = self._with_room(len(stored.header) + len(stored.octets))
            segment.make_durable(segment.append(stored.header, stored.octets))

    def _take_reserve(self) -> None:
        while sum(each.size for each in self._segments) < self._reserve:
            self._grow(SEGMENT)

    def _with_room(self, length: int) -> Segment:
        if self._active is not None and self._active.has_room(length):
            return self._active
        spare = next((each for each in self._segments if each.generation == 0 and not each.broken and each.size >= _needed(length)), None)
        segment = spare or self._grow(max(SEGMENT, _needed(length)))
        self._used += 1
        segment.start(self._used)
        self._active = segment
        return segment

    def _grow(self, size: int) -> Segment:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if sum(each.size for each in self._segments) + size > max(self._limit, self._reserve):
            raise OSError(errno.EDQUOT, "the journal has reached its limit")
        number = 0
        while True:
            number += 1
            try:
                segment = Segment.create(self._folder / f"{number:06}.segment", size)
            except (FileExistsError, BlockingIOError):  # another process was first, or adopts what it saw half made
                continue
            sync_folder(self._folder)
            self._segments.append(segment)
            return segment

    def _retire(self, segment: Segment) -> None:
        """Nothing in it waits any more: zeros over it, then back to the reserve, or away when there is enough."""
        segment.erase()
        if segment is self._active:
            self._active = None
        spare = sum(each.size for each in self._segments if each.generation == 0 and each is not segment)
        if segment.broken or segment.size != SEGMENT or spare >= self._reserve:
            segment.path.unlink(missing_ok=True)
            segment.close()
            self._segments.remove(segment)


def _say_what_was_found(waiting: int, lost: int) -> None:
    if waiting:
        log.warning("journal-adopted", observations=waiting)
    if lost:
        telemetry.MESSAGES.labels("unknown", "unrecorded").inc(lost)
        log.critical("observation-lost", why="damaged records in the journal", observations=lost)


def _needed(length: int) -> int:
    return length + OVERHEAD + _HEAD_ROOM
