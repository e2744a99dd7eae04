"""Opens a front door and closes it again without losing a message. Wiring only; what is said is `relay.session`'s."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import cast

from gateway import sockets
from gateway.delivery.pool import Pool
from gateway.relay import replies
from gateway.relay.budget import Budget
from gateway.relay.certificate import Certificate
from gateway.relay.conversation import Conversation
from gateway.relay.crowd import Crowd
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
        self._own_queue = True
        self._sessions: set[Conversation] = set()

    @property
    def sockets(self) -> Sequence[socket.socket]:
        """Where it listens; empty once closed."""
        return self._server.sockets if self._server is not None else ()

    @property
    def sessions(self) -> int:
        """Conversations that are not over."""
        return len(self._sessions)

    async def open(self, listening: socket.socket | None = None, *, share: bool = False) -> None:
        """At `listening`, a socket that others keep open too, or at the listener's address, which `share` lets other gateways have as well.

        Raises OSError when the address is in use or not ours.
        """
        loop = asyncio.get_running_loop()
        self._own_queue = listening is None
        if listening is not None:
            self._server = await loop.create_server(self._session, sock=listening, backlog=sockets.BACKLOG)
            return
        host, _, port = self._door.listener.bind.rpartition(":")
        self._server = await loop.create_server(self._session, host.strip("[]"), int(port), backlog=sockets.BACKLOG, reuse_port=share)

    def reload_certificate(self) -> None:
        """Read certificate and key again, for the sessions to come."""
        if self._door.certificate is not None:
            self._door.certificate.reload(self._door.listener.name, self._door.clock())

    async def close(self) -> None:
        """Take no new client but those that wait already, and would be reset; a queue that others share is theirs."""
        if self._server is None:
            return
        kept = [socket.socket(fileno=os.dup(each.fileno())) for each in self._server.sockets] if self._own_queue else []
        self._server.close()
        self._server = None
        await asyncio.sleep(0)  # uvloop lets go of the descriptor only now, and ours is the last one
        for each in kept:
            arrived = sockets.last_arrivals(each)
            each.close()
            for connection in arrived:
                await asyncio.get_running_loop().connect_accepted_socket(self._session, connection)

    async def drain(self, timeout: float) -> int:
        """Close, say 421 to idle clients, and let messages under way end for `timeout` seconds. How many sessions had to be cut."""
        await self.close()
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
    listener: Listener,
    pool: Pool,
    observer: Observer,
    clock: Callable[[], datetime],
    hostname: str,
    limits: Limits,
    *,
    budget: Budget | None = None,
    listening: socket.socket | None = None,
    share: bool = False,
) -> RelayServer:
    """Open one front door; the doors of a process share a budget. `listening` and `share` as in `RelayServer.open`.

    Raises OSError (address, certificate file), ssl.SSLError (certificate) and ValueError (marker).
    """
    marker_field(listener.marker)
    crowd = Crowd(limits.connections_per_address, listener.allow)
    server = RelayServer(Door(listener, pool, observer, clock, hostname, limits, budget or Budget(), crowd, certificate_of(listener)))
    await server.open(listening, share=share)
    return server


def certificate_of(listener: Listener) -> Certificate | None:
    """The certificate of a listener with TLS, read now. Raises OSError or ssl.SSLError."""
    if listener.tls == "none" or listener.certificate is None:
        return None
    return Certificate(listener.certificate, listener.key, ask=bool(listener.client_names), client_ca=listener.client_ca)


class _TurnedAway(asyncio.Protocol):
    """One client too many."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        writer = cast(asyncio.Transport, transport)
        writer.write(replies.TOO_MANY_CLIENTS.encode())
        writer.close()
