"""Streaming notifications of one mailbox: they say only that it is worth looking. What is missed between two streams is found by looking.

Listening is a convenience: where the server has no streams for us, breaks them or forgets subscriptions, the mailbox is looked at every
`poll_every`, and the stream is tried again, less and less often.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

from gateway.mailboxes.ews_lines import Lines
from gateway.mailboxes.mailbox import Folder, MailboxFault
from gateway.settings.mailboxes import EwsMailbox

if TYPE_CHECKING:
    from gateway.mailboxes.ews_exchange import Exchange

STEADY = 5.0
"""Seconds: a stream that lasted less did not work."""

LONGEST_PAUSE = 300.0
"""Seconds between two tries, at most; 1, 2, 4 … at first, so that a broken proxy is not asked all the time."""


class Listening:
    """Runs in a thread of its own from the first to the last: `run` ends after `stop`."""

    def __init__(self, settings: EwsMailbox, folders: tuple[Folder, ...], tell: Callable[[], None]) -> None:
        self.lines = Lines(on_stream=tell)  # what came before the stream began may have been told to nobody
        self._settings = settings
        self._folders = folders
        self._tell = tell
        self._stopped = threading.Event()

    def run(self) -> None:
        short = 0
        while not self._stopped.is_set():
            began = time.monotonic()
            self._listen_until_it_breaks()
            short = 0 if time.monotonic() - began > STEADY else short + 1
            self._tell()
            self._stopped.wait(min(2.0 ** min(short - 1, 10), LONGEST_PAUSE) if short else 0)

    def stop(self) -> None:
        """From any thread. `run` still tells the server that nobody listens any more, unless `lines` are cut."""
        self._stopped.set()
        self.lines.interrupt()

    def _listen_until_it_breaks(self) -> None:
        from gateway.mailboxes.ews_exchange import Exchange  # noqa: PLC0415 - slow to import

        try:
            exchange = Exchange(self._settings, self.lines, Counter())
        except MailboxFault:
            return
        try:
            self._listen(exchange)
        except MailboxFault:
            return  # whoever looks next hears it from the server
        finally:
            exchange.close()

    def _listen(self, exchange: Exchange) -> None:
        subscription = exchange.subscribe(self._folders)
        try:
            lasted = STEADY
            while lasted >= STEADY and exchange.is_fresh() and not self._stopped.is_set():
                began = time.monotonic()
                for _ in exchange.stream(subscription):
                    self._tell()
                lasted = time.monotonic() - began
        finally:
            if self._stopped.is_set():
                exchange.unsubscribe(subscription)
