"""One file of the journal: space taken in advance, records written in place, so that a full disk cannot stop it.

    file     = head, record, record, … zeros
    head     = magic 8, generation 8, nonce 8, CRC-32 of these 4, zeros 4
    record   = fixed part, header (JSON), octets
    fixed    = magic 4, state 1, zeros 3, nonce 8, header length 4, octets length 4, CRC-32 of the rest 4, CRC-32 of this part without state 4

All numbers are big-endian. The nonce is drawn each time the file is put to use: neither an old record of the same file nor a
message that contains something like a record is taken for one. Knows nothing of mail, and never deletes a file.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

_HEAD = struct.Struct(">8sQ8sI4x")
_HEAD_MAGIC = b"SPGJRNL1"
_FIXED = struct.Struct(">4sB3x8sIIII")
_RECORD_MAGIC = b"SPGr"
_LIVE, _DONE = 1, 2
_STATE_AT = 4
_ZEROS = bytes(1 << 16)

OVERHEAD = _FIXED.size


@dataclass(frozen=True, slots=True)
class Stored:
    """A record as it lies in the file."""

    generation: int
    offset: int
    header: bytes
    octets: bytes


class Segment:
    """An open, locked segment file. Appends and `forget` are the journal's to serialise; `make_durable` may be called by many threads."""

    def __init__(self, path: Path, handle: int) -> None:
        self.path = path
        self.size = os.fstat(handle).st_size
        self.generation = 0
        """Order of use among all segments; 0: a spare one, all zeros."""
        self.live = 0
        """Records neither forgotten nor failed."""
        self.position = 0
        self.durable = 0
        """Everything before this offset is known to be on the disk."""
        self.broken = False
        """A write or sync failed: what the kernel then says of later syncs cannot be trusted, so nothing more is written here."""
        self.damaged = 0
        """Records that were durable once and cannot be read any more, as found when it was adopted."""
        self._handle = handle
        self._nonce = b""
        self._sync = Lock()

    @classmethod
    def create(cls, path: Path, size: int) -> Segment:
        """A spare segment with all its space taken. Raises OSError; FileExistsError when another process was first."""
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.posix_fallocate(handle, 0, size)
            _overwrite(handle, 0, size)  # real zeros: later writes change no metadata, and copy nothing
            os.fsync(handle)
        except BaseException:
            os.close(handle)
            path.unlink(missing_ok=True)
            raise
        return cls(path, handle)

    @classmethod
    def adopt(cls, path: Path) -> Segment | None:
        """Open the segment of a process that is gone; None when its process lives, or somebody else had no more use for it. Raises OSError."""
        try:
            handle = os.open(path, os.O_RDWR)
        except FileNotFoundError:  # since the folder was listed
            return None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return None
        segment = cls(path, handle)
        segment._read_back()
        return segment

    def start(self, generation: int) -> None:
        """Put a spare segment to use."""
        nonce = secrets.token_bytes(8)
        head = _HEAD.pack(_HEAD_MAGIC, generation, nonce, _head_crc(generation, nonce))
        os.pwrite(self._handle, head, 0)
        self.generation, self._nonce, self.position, self.live = generation, nonce, _HEAD.size, 0

    def has_room(self, length: int) -> bool:
        """For a record whose header and octets have this length together."""
        return not self.broken and self.position + OVERHEAD + length <= self.size

    @property
    def gone(self) -> bool:
        """Its file was deleted or replaced: what is written into it is lost with this process. Raises OSError when nobody can tell."""
        try:
            there = self.path.stat()
        except FileNotFoundError:
            return True
        ours = os.fstat(self._handle)
        return (there.st_dev, there.st_ino) != (ours.st_dev, ours.st_ino)

    def append(self, header: bytes, octets: bytes) -> int:
        """Write a record, not yet durable; returns its end, for `make_durable`. Raises OSError."""
        body = header + octets
        lengths = (len(header), len(octets), zlib.crc32(body))
        record = _FIXED.pack(_RECORD_MAGIC, _LIVE, self._nonce, *lengths, _fixed_crc(self._nonce, *lengths)) + body
        try:
            _write_all(self._handle, record, self.position)
        except OSError:
            self.broken = True
            raise
        self.position += len(record)
        self.live += 1
        return self.position

    def make_durable(self, end: int) -> None:
        """Return when everything before `end` is on the disk; one sync serves all who wait. Raises OSError."""
        with self._sync:
            if self.durable >= end:
                return
            if self.broken:
                raise OSError("an earlier sync of this segment failed")
            reached = self.position
            try:
                os.fdatasync(self._handle)
            except OSError:
                self.broken = True
                raise
            self.durable = reached

    def records(self, end: int) -> Iterator[Stored]:
        """Live records before `end`, in the order they were written; what is torn or damaged is stepped over."""
        content = os.pread(self._handle, end, 0)
        for offset, header_length, octets_length, crc in self._fixed_parts(content):
            start = offset + _FIXED.size
            body = content[start : start + header_length + octets_length]
            if zlib.crc32(body) == crc:
                yield Stored(self.generation, offset, body[:header_length], body[header_length:])

    def forget(self, stored: Stored) -> None:
        """Mark a record as settled and overwrite its content (docs/promises.md, P8). Twice is once. Raises OSError."""
        if stored.generation != self.generation or os.pread(self._handle, 1, stored.offset + _STATE_AT) != bytes([_LIVE]):
            return
        os.pwrite(self._handle, bytes([_DONE]), stored.offset + _STATE_AT)
        _overwrite(self._handle, stored.offset + _FIXED.size, len(stored.header) + len(stored.octets))
        self.live -= 1

    def erase(self) -> None:
        """Make it a spare again: zeros over everything that was written, on the disk when it returns. Raises OSError."""
        _overwrite(self._handle, 0, self.position)
        os.fdatasync(self._handle)
        self.generation, self.position, self.durable, self.live = 0, 0, 0, 0

    def close(self) -> None:
        """Unlock; whoever adopts it next finds what is durable."""
        handle, self._handle = self._handle, -1  # its number will soon be another file's
        os.close(handle)

    def _read_back(self) -> None:
        head = os.pread(self._handle, _HEAD.size, 0)
        if len(head) < _HEAD.size:
            return
        magic, generation, nonce, crc = _HEAD.unpack(head)
        if magic != _HEAD_MAGIC or crc != _head_crc(generation, nonce):
            self.position = self._last_trace()  # a spare one, or torn before its first record was durable
            return
        self.generation, self._nonce = generation, nonce
        self.live = sum(1 for _ in self.records(self.size))
        self.damaged = self._damage()
        self.position = self.durable = self.size  # never appended to again; erased as a whole

    def _last_trace(self) -> int:
        content = os.pread(self._handle, self.size, 0)
        return len(content.rstrip(b"\0"))

    def _damage(self) -> int:
        """How many records are lost: places stepped over, and bodies that do not fit. The last one may be torn; nobody was told it was kept."""
        content = os.pread(self._handle, self.size, 0)
        places = list(self._places(content))
        expected, lost = _HEAD.size, 0
        for number, (offset, state, header_length, octets_length, crc) in enumerate(places, 1):
            start, end = offset + _FIXED.size, offset + _FIXED.size + header_length + octets_length
            lost += offset > expected
            lost += state == _LIVE and number < len(places) and zlib.crc32(content[start:end]) != crc
            expected = end
        return lost

    def _fixed_parts(self, content: bytes) -> Iterator[tuple[int, int, int, int]]:
        """(offset, header length, octets length, CRC of both) of each live record."""
        return ((offset, *lengths) for offset, state, *lengths in self._places(content) if state == _LIVE)  # type: ignore[misc]  # three of them

    def _places(self, content: bytes) -> Iterator[tuple[int, int, int, int, int]]:
        """Offset, state, both lengths and CRC of each record, live or done; searches on behind a damaged place."""
        offset = _HEAD.size
        while 0 <= offset <= len(content) - _FIXED.size:
            magic, state, nonce, header_length, octets_length, crc, own_crc = _FIXED.unpack_from(content, offset)
            if magic != _RECORD_MAGIC or nonce != self._nonce or own_crc != _fixed_crc(nonce, header_length, octets_length, crc):
                offset = content.find(_RECORD_MAGIC, offset + 1)
                continue
            yield offset, state, header_length, octets_length, crc
            offset += _FIXED.size + header_length + octets_length


def _head_crc(generation: int, nonce: bytes) -> int:
    return zlib.crc32(struct.pack(">8sQ8s", _HEAD_MAGIC, generation, nonce))


def _fixed_crc(nonce: bytes, header_length: int, octets_length: int, crc: int) -> int:
    return zlib.crc32(struct.pack(">4s8sIII", _RECORD_MAGIC, nonce, header_length, octets_length, crc))


def _write_all(handle: int, octets: bytes, offset: int) -> None:
    view = memoryview(octets)
    while view:
        written = os.pwrite(handle, view, offset)
        view, offset = view[written:], offset + written


def _overwrite(handle: int, start: int, length: int) -> None:
    end = start + length
    while start < end:
        start += os.pwrite(handle, _ZEROS[: end - start], start)
