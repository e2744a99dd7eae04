"""What a client has sent and nobody has read yet: command lines or raw octets, bounded, with back-pressure.

Only CRLF ends a command line: a bare CR or LF stays inside it, and the grammar refuses it there.
"""

from __future__ import annotations

import asyncio

from gateway.delivery.deadline import Deadline

HIGH_WATER = 1 << 17
"""Octets after which the client is no longer read, until they are taken. uvloop reads up to 256,000 at once: of a fast client that is one piece."""

SMALL = 1 << 12
"""Octets below which a piece is not kept as it came."""


class ClientGone(Exception):
    """The client will send nothing more."""


class ClientSilent(Exception):
    """The client did not send in time."""


class LineTooLong(Exception):
    """A command line was over the limit; all of it has been thrown away."""


class Inbox:
    """Octets of one client, in order. For one reader."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._buffer = bytearray()
        self._pieces: list[bytes] = []
        self._size = 0
        self._seen = 0
        self._ended = False
        self._overlong = False
        self._waiter: asyncio.Future[None] | None = None
        self._deadline = Deadline(loop, self._silent)
        self._transport: asyncio.Transport | None = None
        self._paused = False

    def attach(self, transport: asyncio.Transport) -> None:
        """Whose reading is paused; again after STARTTLS."""
        self._transport = transport

    def feed(self, octets: bytes) -> None:
        # What a large message brings is mostly taken as it came. Small pieces are joined at once: each for itself takes much more than its octets.
        if len(octets) < SMALL:
            self._joined().extend(octets)
        else:
            self._pieces.append(octets)
        self._size += len(octets)
        if self._size > HIGH_WATER and not self._paused and self._transport is not None:
            self._transport.pause_reading()
            self._paused = True
        self._wake()

    def feed_end(self) -> None:
        """Nothing more will come."""
        self._ended = True
        self._wake()

    def interrupt(self) -> None:
        """End a wait although nothing has come."""
        self._wake()

    def close(self) -> None:
        self._deadline.close()

    def __len__(self) -> int:
        return self._size

    def take_line(self, limit: int) -> bytes | None:
        """The next complete line without its CRLF, or None. Raises LineTooLong."""
        buffer = self._joined()
        end = buffer.find(b"\r\n")
        if end < 0:
            if len(buffer) > limit:
                self._overlong = True
                self.drop(len(buffer) - 1)  # the last octet may be the CR of its CRLF
            self._seen = self._size
            return None
        line = bytes(buffer[:end])
        self.drop(end + 2)
        if self._overlong or len(line) > limit:
            self._overlong = False
            raise LineTooLong
        return line

    def take(self) -> bytes:
        """Everything that is there."""
        octets = self._pieces[0] if len(self._pieces) == 1 and not self._buffer else bytes(self._joined())
        self._buffer.clear()
        self._pieces.clear()
        self._size = self._seen = 0
        self._resume()
        return octets

    def peek(self) -> bytes:
        """Everything that is there, left where it is."""
        self._seen = self._size
        return bytes(self._joined())

    def drop(self, count: int) -> None:
        """Throw away the first `count` octets."""
        del self._joined()[:count]
        self._size -= count
        self._seen = 0
        self._resume()

    def give_back(self, octets: bytes) -> None:
        """Octets that `take` gave and that belong to the next command."""
        self._joined()[:0] = octets
        self._size += len(octets)

    def _joined(self) -> bytearray:
        for each in self._pieces:
            self._buffer += each
        self._pieces.clear()
        return self._buffer

    async def more(self, seconds: float) -> float:
        """Wait for something beyond what was last looked at; how many seconds. Raises ClientSilent after `seconds`, ClientGone at the end."""
        if self._size != self._seen:
            return 0.0
        if self._ended:
            raise ClientGone
        since = self._loop.time()
        self._waiter = self._loop.create_future()
        self._deadline.set(seconds)
        try:
            await self._waiter
        finally:
            self._waiter = None
            self._deadline.clear()
        return self._loop.time() - since

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _silent(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(ClientSilent())

    def _resume(self) -> None:
        if self._paused and self._transport is not None and self._size <= HIGH_WATER // 2:
            self._paused = False
            if not self._transport.is_closing():
                self._transport.resume_reading()
