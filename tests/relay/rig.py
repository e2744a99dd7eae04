"""A front door of our own on a free loopback port, in a thread, so that tests are plain blocking code."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import Any, Self

import uvloop

from gateway.delivery.next_hop import parse_next_hops
from gateway.delivery.pool import Pool
from gateway.delivery.timeouts import Timeouts
from gateway.message.model import Envelope
from gateway.relay.budget import Budget
from gateway.relay.listener import Limits, Listener, RelayServer, serve_listener
from tests.harness.waiting import PATIENCE, wait_for

NOW = datetime(2026, 11, 16, 15, 0, 0, tzinfo=UTC)
LOOPBACK = (ip_network("127.0.0.0/8"),)


@dataclass(frozen=True)
class Observed:
    octets: bytes
    complete: bool
    size: int
    envelope: Envelope


class RecordingObserver:
    """What intake would have been given. `fault` is raised when set; `hold` keeps the 250 back until it is set.

    `ahead`: sizes of messages that could be read while the next hop considered them.
    """

    def __init__(self) -> None:
        self.seen: list[Observed] = []
        self.heard_of: list[tuple[list[str], list[str]]] = []
        self.fault: Exception | None = None
        self.hold: threading.Event | None = None
        self.ahead: list[int] = []

    def sighted(self, octets: bytes, complete: bool, size: int, envelope: Envelope) -> Sighted:
        return Sighted(self, Observed(octets, complete, size, envelope))

    def heard(self, accepted: Sequence[str], unknown: Sequence[str]) -> None:
        self.heard_of.append((list(accepted), list(unknown)))


@dataclass(frozen=True)
class Sighted:
    observer: RecordingObserver
    observed: Observed

    def read_ahead(self) -> None:
        self.observer.ahead.append(self.observed.size)

    async def observe(self) -> None:
        if self.observer.hold:
            await asyncio.to_thread(self.observer.hold.wait, PATIENCE)
        self.observer.seen.append(self.observed)
        if self.observer.fault:
            raise self.observer.fault


class FrontDoor:
    """Use as a context manager. Keywords are fields of `Listener`; Received lines are off unless asked for."""

    def __init__(
        self,
        hops: str | Sequence[str],
        *,
        timeouts: Timeouts | None = None,
        limits: Limits | None = None,
        budget: Budget | None = None,
        loop: str = "asyncio",
        **listener: Any,
    ) -> None:
        self._hops = hops
        self._timeouts = timeouts or Timeouts(connect=5, command=10, data_end=10)
        self._limits = limits or Limits()
        self._budget = budget
        fields: dict[str, Any] = {"name": "inbound", "bind": "127.0.0.1:0", "allow": LOOPBACK, "received": False}
        self._listener = Listener(**(fields | listener))
        self._loop = uvloop.new_event_loop() if loop == "uvloop" else asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="front-door", daemon=True)
        self.observer = RecordingObserver()
        self.server: RelayServer
        self.pool: Pool
        self.faults: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        self._loop.set_exception_handler(lambda _, context: self.faults.append(context))
        self._thread.start()
        self.run(self._open())
        self.port: int = self.server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        self.run(self.server.drain(5))
        self.run(self.pool.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()
        assert not self.faults, self.faults

    @property
    def seen(self) -> list[Observed]:
        return self.observer.seen

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE)

    def wait_seen(self, count: int = 1) -> list[Observed]:
        wait_for(lambda: len(self.seen) >= count, f"{count} observed")
        return self.seen

    def wait_no_sessions(self) -> None:
        wait_for(lambda: self.server.sessions == 0, "all sessions over")

    async def _open(self) -> None:
        self.pool = Pool(parse_next_hops(self._hops), self._timeouts, "gateway.example")
        self.server = await serve_listener(
            self._listener, self.pool, self.observer, lambda: NOW, "gateway.example", self._limits, budget=self._budget
        )


Play = Callable[[socket.socket], None]


@contextlib.contextmanager
def raw_hop(play: Play) -> Iterator[str]:
    """A next hop that only does what `play` does with each connection; gives its URL."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listening.accept()
                threading.Thread(target=one, args=(connection,), daemon=True).start()

    def one(connection: socket.socket) -> None:
        connection.settimeout(PATIENCE)
        with connection, contextlib.suppress(OSError):
            play(connection)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"smtp://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        with contextlib.suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        listening.close()


def read_until(connection: socket.socket, end: bytes) -> bytes:
    """Everything up to `end`, or up to the peer's leaving."""
    octets = b""
    while end not in octets:
        chunk = connection.recv(65536)
        if not chunk:
            break
        octets += chunk
    return octets


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
