"""Opens a front door and closes it again without losing a message. Wiring only; what is said is `relay.session`'s."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import cast

from gateway.delivery.pool import Pool
from gateway.relay import replies
from gateway.relay.door import Door, Limits, Listener
from gateway.relay.observer import Observer
from gateway.relay.received import marker_field
from gateway.relay.session import RelaySession

__all__ = ["Limits", "Listener", "RelayServer", "serve_listener"]


class RelayServer:
    """One open front door."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._server: asyncio.Server | None = None
        self._sessions: set[RelaySession] = set()

    @property
    def sockets(self) -> Sequence[socket.socket]:
        """Where it listens; empty once closed."""
        return self._server.sockets if self._server is not None else ()

    @property
    def sessions(self) -> int:
        """Conversations that are not over."""
        return len(self._sessions)

    async def open(self) -> None:
        """Raises OSError when the address is in use or not ours."""
        host, _, port = self._door.listener.bind.rpartition(":")
        self._server = await asyncio.get_running_loop().create_server(self._session, host.strip("[]"), int(port), backlog=1024)

    def close(self) -> None:
        """Take no new client."""
        if self._server is not None:
            self._server.close()

    async def drain(self, timeout: float) -> int:
        """Close, say 421 to idle clients, and let messages under way end for `timeout` seconds. How many sessions had to be cut."""
        self.close()
        for session in list(self._sessions):
            session.turn_away()
        tasks = {session.task for session in self._sessions if session.task is not None}
        if not tasks:
            return 0
        _, running = await asyncio.wait(tasks, timeout=timeout)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        return len(running)

    def _session(self) -> asyncio.Protocol:
        if len(self._sessions) >= self._door.limits.connections:
            return _TurnedAway()
        session = RelaySession(self._door, self._sessions.discard)
        self._sessions.add(session)
        return session


async def serve_listener(
    listener: Listener, pool: Pool, observer: Observer, clock: Callable[[], datetime], hostname: str, limits: Limits
) -> RelayServer:
    """Open one front door. Raises OSError (address, certificate file), ssl.SSLError (certificate) and ValueError (marker)."""
    marker_field(listener.marker)
    server = RelayServer(Door(listener, pool, observer, clock, hostname, limits, tls_context(listener)))
    await server.open()
    return server


def tls_context(listener: Listener) -> ssl.SSLContext | None:
    """The certificate of a listener with TLS, read now. Raises OSError or ssl.SSLError."""
    if listener.tls == "none" or listener.certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(listener.certificate, listener.key)
    return context


class _TurnedAway(asyncio.Protocol):
    """One client too many."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        writer = cast(asyncio.Transport, transport)
        writer.write(replies.TOO_MANY_CLIENTS.encode())
        writer.close()
