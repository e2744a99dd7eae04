"""A thread of its own for a library that waits: one mailbox's waiting stalls neither the loop nor another mailbox.

Does what it is given, one after the other. It cannot be stopped in the middle of something: whoever gave it the work makes that end.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")


class OwnThread:
    """Made and used in an event loop. A daemon: a name server that does not answer must not keep the process alive."""

    def __init__(self, name: str) -> None:
        self._given: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._ended = asyncio.Event()
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def do(self, work: Callable[[], T]) -> asyncio.Future[T]:
        """Its result, or what it raised. Cancelling the future does not stop work that has begun."""
        future: Future[T] = Future()
        self._given.put((future, work))
        return asyncio.wrap_future(future)

    def end(self) -> None:
        """After what it was given; does not wait."""
        self._given.put(None)

    async def ended(self, within: float) -> bool:
        """Whether it has ended within `within` seconds."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._ended.wait(), within)
        return self._ended.is_set()

    def _run(self) -> None:
        while given := self._given.get():
            future, work = given
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(work())
            except Exception as error:  # noqa: BLE001 - it belongs to whoever waits for the result
                future.set_exception(error)
        with suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._ended.set)
