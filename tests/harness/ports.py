"""Free loopback ports that no other worker and no outgoing connection can take meanwhile."""

from __future__ import annotations

import os
import socket
from itertools import cycle

# Below the kernel's range for outgoing connections (32768 and up), and each xdist worker has its own thousand.
_FIRST = 20_000
_EACH = 1_000


def _worker() -> int:
    return int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 12


_candidates = cycle(range(_FIRST + _worker() * _EACH, _FIRST + (_worker() + 1) * _EACH))


def free_port() -> int:
    """A port on 127.0.0.1 that nothing listens on; not handed out again for a thousand calls."""
    for port in _candidates:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise AssertionError("cycle() never ends")
