"""Listening sockets that several processes hold: inherited ones (systemd's LISTEN_FDS) and shared ones (SO_REUSEPORT).

A socket that somebody else keeps open, systemd or the parent of workers, loses no connection when a gateway ends: whoever waits in
its queue is taken by the next one.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping, MutableMapping

BACKLOG = 1024
_FIRST = 3
"""The first descriptor systemd passes (sd_listen_fds(3))."""

Sockets = Mapping[str, socket.socket]
"""By address, HOST:PORT as in the configuration."""

NONE: Sockets = {}


def inherited(environment: MutableMapping[str, str] = os.environ) -> dict[str, socket.socket]:
    """What systemd passed to this process, by address; the variables are removed, so that no child takes them for its own."""
    pid, count = environment.pop("LISTEN_PID", ""), environment.pop("LISTEN_FDS", "")
    environment.pop("LISTEN_FDNAMES", None)
    if pid != str(os.getpid()) or not count.isdigit():
        return {}
    found = [socket.socket(fileno=_FIRST + number) for number in range(int(count))]
    for each in found:
        each.set_inheritable(False)
    return {_address(each): each for each in found if each.family in (socket.AF_INET, socket.AF_INET6)}


def shared(bind: str) -> socket.socket:
    """A socket bound to HOST:PORT that other processes of the same user may share (SO_REUSEPORT); not listening yet. Raises OSError."""
    host, _, port = bind.rpartition(":")
    family, kind, protocol, _, address = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    bound = socket.socket(family, kind, protocol)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        bound.bind(address)
    except OSError:
        bound.close()
        raise
    return bound


def last_arrivals(listening: socket.socket) -> list[socket.socket]:
    """Connections that wait in the queue of a socket about to be closed, which would reset them; not blocking."""
    listening.setblocking(False)
    found: list[socket.socket] = []
    try:
        while len(found) < BACKLOG:
            found.append(listening.accept()[0])
    except OSError:  # nobody waits any more
        pass
    return found


def _address(bound: socket.socket) -> str:
    host, port = bound.getsockname()[:2]
    return f"[{host}]:{port}" if bound.family == socket.AF_INET6 else f"{host}:{port}"
