"""A Maildir to which mail is delivered as an MDA does it."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from gateway.mailboxes.mailbox import Folder
from tests.mailboxes.servers import ADDRESS

_numbers = count(1)


class MaildirServer:
    """`deliver` writes into tmp, then renames into new (cr.yp.to/proto/maildir.html)."""

    def __init__(self, folder: Path) -> None:
        self.folders: dict[Folder, Path] = {"inbox": folder / "Maildir", "sent": folder / "Maildir" / ".Sent"}
        for each in self.folders.values():
            for leaf in ("tmp", "new", "cur"):
                (each / leaf).mkdir(parents=True)

    def deliver(self, message: bytes, folder: Folder = "inbox") -> None:
        name = f"{time.time():.0f}.M{time.time_ns() // 1000 % 10**6}P{os.getpid()}Q{next(_numbers)}.{socket.gethostname()}"
        waiting = self.folders[folder] / "tmp" / name
        waiting.write_bytes(message)
        waiting.rename(self.folders[folder] / "new" / name)

    def settings(self) -> dict[str, object]:
        inbox, sent = self.folders["inbox"], self.folders["sent"]
        return {"name": "hr", "address": ADDRESS, "source": "maildir", "folder": str(inbox), "sent_folder": str(sent), "poll_every": "1s"}


@contextmanager
def maildir_server(folder: Path) -> Iterator[MaildirServer]:
    yield MaildirServer(folder)
