"""The TCP connections to one Exchange server for one purpose, so that another thread can cut them: nothing else ends a library that waits.

Knows nothing of what goes over them, and imports no library: it is made before the slow ones are there.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime


class Lines:
    """All methods from any thread."""

    def __init__(self, on_stream: Callable[[], None] = lambda: None) -> None:
        self.on_stream = on_stream
        """Called by the thread that waits, when a streaming answer has begun."""
        self.server_time: datetime | None = None
        """What the server's clock (Date field) said last; aware, whole seconds."""
        self.is_cut = False
        self._sockets: list[socket.socket] = []
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """The earlier of the server's clock and ours, in whole seconds: one that is wrong must not make new mail old."""
        ours = datetime.now(UTC).replace(microsecond=0)
        return min(self.server_time or ours, ours)

    def opened(self, connection: socket.socket) -> None:
        """To be told of each new connection. Raises ConnectionAbortedError after `cut`."""
        with self._lock:
            if self.is_cut:
                raise ConnectionAbortedError
            self._sockets = [each for each in self._sockets if each.fileno() >= 0]
            self._sockets.append(connection)

    def interrupt(self) -> None:
        """Whoever waits for an answer gets an OSError now. New connections may follow."""
        with self._lock:
            for each in self._sockets:
                with suppress(OSError):
                    # Not SSLSocket.shutdown: it would take the TLS layer away from under the thread that reads.
                    socket.socket.shutdown(each, socket.SHUT_RDWR)
            self._sockets.clear()

    def cut(self) -> None:
        """`interrupt`, for good."""
        self.is_cut = True
        self.interrupt()
