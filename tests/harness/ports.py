"""Free loopback ports that no other test process and no outgoing connection can take meanwhile."""

from __future__ import annotations

import fcntl
import os
import socket
import tempfile
from collections.abc import Iterator
from functools import cache
from itertools import cycle
from pathlib import Path

# Below the kernel's range for outgoing connections (32768 and up); each process claims one block of them for its life.
_FIRST, _BLOCKS, _EACH = 20_000, 24, 500


def _claim_block() -> int:
    """Its first port. The lock ends with the process, so a killed run leaves nothing behind."""
    folder = Path(tempfile.gettempdir(), "gateway-test-ports")
    folder.mkdir(exist_ok=True)
    if not os.access(folder, os.W_OK):  # another user's: `free_port` looks whether a port is taken in any case
        folder = folder.with_name(f"{folder.name}-{os.getuid()}")
        folder.mkdir(exist_ok=True)
    for block in range(_BLOCKS):
        lock = os.open(folder / str(block), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
        else:
            return _FIRST + block * _EACH
    raise AssertionError(f"more than {_BLOCKS} test processes at once")


@cache
def _ports() -> Iterator[int]:
    first = _claim_block()
    return cycle(range(first, first + _EACH))


def free_port() -> int:
    """A port on 127.0.0.1 that nothing listens on; not handed out again for some hundred calls."""
    return next(port for port in _ports() if _is_free(port))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
