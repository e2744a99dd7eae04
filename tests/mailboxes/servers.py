"""Every kind of mailbox server that the shared tests run against: one line each in SERVERS.

A server runs as long as its context, keeps mail for `hr@toronto.example`, and takes messages at any time, from any thread.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from gateway.mailboxes.mailbox import Folder

ADDRESS = "hr@toronto.example"


class MailboxServer(Protocol):
    """A server with one mailbox, empty at first."""

    def deliver(self, message: bytes, folder: Folder = "inbox") -> None:
        """Put a message (CRLF line ends) there, received now; it is there when this returns."""

    def settings(self) -> dict[str, object]:
        """The `[[mailbox]]` table that watches it: name, address, source, and what this source needs."""


Server = Callable[[Path], AbstractContextManager[MailboxServer]]
"""Starts one in an empty folder of its own (mode 0755, on a path that other users can reach)."""


def _lazily(module: str, name: str) -> Server:
    """What one server needs is imported only by the tests that use it."""

    def start(folder: Path) -> AbstractContextManager[MailboxServer]:
        started: Any = getattr(import_module(f"tests.mailboxes.{module}"), name)(folder)
        return started

    return start


SERVERS: Mapping[str, Server] = {
    "ews": _lazily("fake_ews", "ews_server"),
    "graph": _lazily("fake_graph", "fake_graph"),
    "maildir": _lazily("maildir_server", "maildir_server"),
    "imap": _lazily("imap_server", "imap_server"),
}
