"""The connection below a session: aiosmtpd's, except where it would lose, hold or cancel what is under way.

It reads into an inbox, writes with care, encrypts and hangs up. It knows nothing of SMTP. docs/relay.md says what is replaced, and why.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from typing import cast

from aiosmtpd.smtp import SMTP

from gateway.relay import proxy_protocol
from gateway.relay.inbox import ClientGone, ClientSilent, Inbox

# aiosmtpd prints every command, and so every address.
logging.getLogger("mail.log").setLevel(logging.CRITICAL)

HANDSHAKE = 30.0
"""Seconds for a client's TLS handshake."""

ANNOUNCEMENT = 10.0
"""Seconds for a load balancer's PROXY header, which it sends before anything else."""

FAREWELL = 5.0
"""Seconds for a client to take the last replies, and to end a handshake while the service ends."""


class ClientConnection(SMTP):
    """One client's connection; the conversation over it is `_handle_client`, which no event here cancels."""

    def __init__(self) -> None:
        # Not SMTP.__init__: for each connection it looks through its class for commands, hooks and mechanisms of AUTH, 0.1 ms of them.
        self.loop = asyncio.get_running_loop()
        self.transport: asyncio.Transport | None = None
        self._handler_coroutine: asyncio.Task[None] | None = None
        self._inbox = Inbox(self.loop)
        self._peer, self._port = "", 0
        self._encrypted = self._handshaking = False
        self._gone = False
        self._writable: asyncio.Future[None] | None = None

    @property
    def task(self) -> asyncio.Task[None] | None:
        """The conversation, once there is a connection."""
        return self._handler_coroutine

    # --- what the event loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        peer = transport.get_extra_info("peername")
        if isinstance(peer, tuple):
            self._peer, self._port = str(peer[0]).partition("%")[0], int(peer[1])
        self.transport = cast(asyncio.Transport, transport)
        self._inbox.attach(self.transport)
        # The library's timer would count our own work as the client's silence; the inbox has one that does not.
        self._handler_coroutine = self.loop.create_task(self._handle_client())

    def data_received(self, data: bytes) -> None:
        self._inbox.feed(data)

    def eof_received(self) -> bool:
        # A client that has said all it wants still gets its replies. TLS knows no half-closed connection.
        self._inbox.feed_end()
        return not self._encrypted

    def connection_lost(self, error: Exception | None) -> None:
        # SMTP.connection_lost would cancel the conversation, and with it a message under way.
        self._gone = True
        self._inbox.feed_end()
        self.resume_writing()

    def pause_writing(self) -> None:
        self._writable = self.loop.create_future()

    def resume_writing(self) -> None:
        writable, self._writable = self._writable, None
        if writable is not None and not writable.done():
            writable.set_result(None)

    # --- what the conversation calls

    async def _learn_client(self) -> None:
        """The peer is what its PROXY header says. Raises ClientGone when it sends none, or not in time."""
        until = self.loop.time() + ANNOUNCEMENT
        try:
            while (announced := proxy_protocol.read(self._inbox.peek())) is None:
                await self._inbox.more(until - self.loop.time())
        except (ValueError, ClientSilent):
            raise ClientGone from None
        self._inbox.drop(announced.length)
        if announced.client is not None:
            self._peer, self._port = announced.client

    def _write(self, octets: bytes) -> None:
        # uvloop raises on a write after close, asyncio ignores it.
        if not self._gone and self.transport is not None and not self.transport.is_closing():
            self.transport.write(octets)

    async def _until_read(self, seconds: float) -> None:
        """Wait until the client has read what was written to it. Raises ClientSilent."""
        if self._writable is None:
            return
        try:
            async with asyncio.timeout(seconds):
                await self._writable
        except TimeoutError:
            raise ClientSilent from None

    async def _encrypt(self, context: ssl.SSLContext) -> None:
        """TLS from the next octet on, in both directions; the inbox must be empty. Raises ClientGone when the handshake fails."""
        transport = cast(asyncio.Transport, self.transport)
        self._handshaking = True
        try:
            encrypted = await self.loop.start_tls(transport, self, context, server_side=True, ssl_handshake_timeout=HANDSHAKE)
        except OSError:  # ssl.SSLError and TimeoutError are of it
            transport.abort()
            raise ClientGone from None
        finally:
            self._handshaking = False
        if encrypted is None:
            raise ClientGone
        self.transport = encrypted
        self._inbox.attach(encrypted)
        self._encrypted = True

    def _hurry_handshake(self) -> None:
        """The service ends, and nothing can be said to a client before its handshake is over."""

        def cut() -> None:
            if self._handshaking and self.transport is not None:
                self.transport.abort()

        if self._handshaking:
            self.loop.call_later(FAREWELL, cut)

    def _hang_up(self) -> None:
        self._inbox.close()
        transport = self.transport
        if self._gone or transport is None:
            return
        transport.close()
        if transport.get_write_buffer_size():
            # A client that reads nothing would keep what is unsent, and its connection, for ever.
            self.loop.call_later(FAREWELL, transport.abort)
