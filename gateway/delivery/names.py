"""Resolves the names of next hops with the system's resolver, in threads that nobody ever waits for.

It decides nothing about the answer. One lookup for a name at a time, however many ask: a resolver that is silent holds one thread for each
name of a next hop, neither other names nor the end of the process. The event loops' own lookups hold both.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import suppress
from ipaddress import ip_address


class Names:
    """For one event loop."""

    def __init__(self) -> None:
        self._asked: dict[str, asyncio.Future[tuple[str, ...]]] = {}

    async def addresses(self, host: str) -> tuple[str, ...]:
        """IP addresses in the resolver's order (RFC 6724); of an address, itself. Raises OSError, or UnicodeError for what cannot be a name."""
        if _is_address(host):
            return (host,)
        answer = self._asked.get(host)
        if answer is None:
            loop = asyncio.get_running_loop()
            answer = loop.create_future()
            try:
                threading.Thread(target=_look_up, args=(host, loop, answer), name="resolver", daemon=True).start()
            except RuntimeError:  # no room for a thread; the next one who asks may find some
                raise OSError("no thread for a lookup") from None
            self._asked[host] = answer
            answer.add_done_callback(lambda done: self._forget(host, done))
        return await asyncio.shield(answer)

    def _forget(self, host: str, done: asyncio.Future[tuple[str, ...]]) -> None:
        del self._asked[host]
        if not done.cancelled():
            done.exception()  # whoever asked may have gone meanwhile


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _look_up(host: str, loop: asyncio.AbstractEventLoop, answer: asyncio.Future[tuple[str, ...]]) -> None:
    found: tuple[str, ...] = ()
    fault: Exception | None = None
    try:
        found = tuple(dict.fromkeys(str(each[4][0]) for each in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)))
    except Exception as error:  # noqa: BLE001 - MemoryError too: without any answer this name would be waited for to the end of the process
        fault = error if isinstance(error, OSError | UnicodeError) else OSError(type(error).__name__)

    def tell() -> None:
        if fault is None:
            answer.set_result(found)
        else:
            answer.set_exception(fault)

    with suppress(RuntimeError):  # the loop was closed meanwhile
        loop.call_soon_threadsafe(tell)
