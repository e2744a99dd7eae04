"""The octets to and from one IMAP server: a socket with TLS, bounded in time and in size, that another thread may cut.

It keeps what it has received until it is asked for, so that neither a time limit nor TLS can lose or hide a part of an answer: what
came together with the server's "+ idling" is seen at once. Knows nothing of IMAP but its lines.
"""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress

CONNECT, ANSWER = 15.0, 60.0
"""Seconds for a connection and its TLS, and between two pieces of an answer."""

LONGEST_LINE = 4 << 20
"""Octets of one line: some 400,000 UIDs."""

LONGEST_ANSWER = 16 << 20
"""Octets of all that comes after one command, until the next one."""


class TooMuch(ValueError):
    """The server sends more than it was asked for, by far."""


class Line:
    """One connection, for one thread; only `cut` may come from another one."""

    def __init__(self) -> None:
        self.sock: socket.socket | None = None
        self._pending = bytearray()
        self._received = 0
        self._is_cut = False

    def connect(self, host: str, port: int) -> None:
        """Raises OSError."""
        self.sock = socket.create_connection((host, port), CONNECT)
        if self._is_cut:
            self.close()
            raise ConnectionAbortedError
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def encrypt(self, context: ssl.SSLContext, host: str) -> None:
        """Raises ssl.SSLError; TooMuch when the server had already sent something, which was not protected."""
        if self._pending:
            raise TooMuch("octets before TLS")
        sock = self._open()
        sock.settimeout(CONNECT)
        # The handshake only after the new socket is known here: `cut` must reach it.
        self.sock = encrypted = context.wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)
        encrypted.do_handshake()

    def send(self, octets: bytes) -> None:
        """Raises OSError."""
        self._received = len(self._pending)
        sock = self._open()
        sock.settimeout(ANSWER)
        sock.sendall(octets)

    def readline(self, within: float) -> bytes:
        """With its line break; `within` seconds for each piece. Raises OSError (TimeoutError: nothing is lost, ask again) and TooMuch."""
        looked = 0
        while (end := self._pending.find(b"\n", looked)) < 0:
            looked = len(self._pending)
            if looked > LONGEST_LINE:
                raise TooMuch("a line without end")
            self._receive(within)
        return self._take(end + 1)

    def read(self, size: int) -> bytes:
        """Exactly so many octets. Raises OSError and TooMuch."""
        if size > LONGEST_ANSWER:
            raise TooMuch("a literal too long")
        while len(self._pending) < size:
            self._receive(ANSWER)
        return self._take(size)

    def cut(self) -> None:
        """Whoever reads or writes hears of it at once; nothing is sent any more. From any thread."""
        self._is_cut = True
        if self.sock is not None:
            with suppress(OSError):
                # Not SSLSocket.shutdown: it would first forget its keys, and a write at that moment would be in the clear.
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)

    def close(self) -> None:
        """Let go of the socket; by the thread that uses it."""
        if self.sock is not None:
            self.sock.close()

    def _open(self) -> socket.socket:
        if self.sock is None or self._is_cut:
            raise ConnectionAbortedError
        return self.sock

    def _receive(self, within: float) -> None:
        sock = self._open()
        sock.settimeout(within)
        octets = sock.recv(1 << 18)
        if not octets:
            raise ConnectionResetError("closed by the server")
        self._pending += octets
        self._received += len(octets)
        if self._received > LONGEST_ANSWER:
            raise TooMuch("an answer too long")

    def _take(self, count: int) -> bytes:
        taken = bytes(self._pending[:count])
        del self._pending[:count]
        return taken
