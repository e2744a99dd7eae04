"""A next hop that writes Maildirs: ROOT/<lower-cased address>/{tmp,new,cur}. For a first look, small sites and tests.

250 means that file and folder have been flushed to the disk. The file holds the octets of the message as received; nothing is
added, no Return-Path either. It never writes outside ROOT: an address with a character that means something to a file
system is refused.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import re
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gateway.delivery.extensions import Extensions
from gateway.delivery.hop import broken
from gateway.delivery.reply import Reply, own
from gateway.delivery.stuffing import Unstuffer
from gateway.delivery.timeouts import Timeouts

EXTENSIONS = Extensions({"PIPELINING": "", "8BITMIME": "", "SMTPUTF8": "", "ENHANCEDSTATUSCODES": ""})

_PATH = re.compile(rb"[^:]*:\s*<([^<>\"/\\\x00-\x20\x7f]+)>(?: .*)?\Z")
_FAULT = own(451, "3.0", "The mailbox cannot be written, try again later")
_serial = itertools.count()


@dataclass(frozen=True)
class MaildirHop:
    """A folder of Maildirs. A `gateway.delivery.hop.NextHop`."""

    root: Path

    async def open(self, timeouts: Timeouts, hostname: str) -> MaildirSession:
        """Nothing to connect to; whether the folder can be written shows at the first recipient."""
        return MaildirSession(self.root)


class MaildirSession:
    """One delivery. A `gateway.delivery.hop.HopSession`; the work of each step is done in a thread, in order."""

    extensions = EXTENSIONS
    reused = False
    one_recipient = False

    def __init__(self, root: Path) -> None:
        self._root = root
        self._boxes: list[Path] = []
        self._delivery: _Delivery | None = None
        self._unstuffer = Unstuffer()
        self._waiting: list[bytes] = []
        self._work: asyncio.Future[Reply] | None = None
        self.closed = False

    def command(self, line: bytes) -> asyncio.Future[Reply]:
        verb = line[:4].upper()
        if verb == b"RCPT":
            return self._answer(self._recipient(line))
        if verb == b"DATA" and self._boxes:
            self._delivery = _Delivery(list(dict.fromkeys(self._boxes)))
            return self._answer(Reply(354, ("End data with <CR><LF>.<CR><LF>",)))
        if verb == b"DATA":
            return self._answer(own(554, "5.1", "No valid recipients"))
        self._boxes.clear()
        return self._answer(own(250, "0.0", "Ok"))

    def flush(self) -> None:
        """Commands are answered as they are asked."""

    def write(self, octets: bytes) -> None:
        self._waiting.append(self._unstuffer.feed(octets))

    async def drain(self) -> None:
        delivery = self._delivery
        if delivery is None or self.closed or not self._waiting:
            return
        octets, self._waiting = b"".join(self._waiting), []
        await self._in_thread(lambda: delivery.append(octets))

    def end(self, last: bytes = b"") -> asyncio.Future[Reply]:
        delivery = self._delivery
        if delivery is None or self.closed:
            gone: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
            gone.set_exception(broken("no delivery under way"))
            return gone
        self._waiting.append(self._unstuffer.feed(last))
        octets, self._waiting = b"".join(self._waiting), []

        def finish() -> None:
            delivery.append(octets)
            delivery.finish()

        self._delivery = None
        self._boxes.clear()
        return asyncio.ensure_future(self._in_thread(finish))

    def rest(self, seconds: float) -> bool:
        return False

    def quit(self) -> None:
        self.abort()

    def abort(self) -> None:
        self.closed = True
        if self._delivery is not None:
            self._delivery.discard()

    async def _in_thread(self, work: Callable[[], None]) -> Reply:
        """A fault of the disk is remembered by the delivery and answered at the end, as SMTP has it."""
        try:
            await asyncio.to_thread(work)
        except OSError:
            return _FAULT
        return own(250, "0.0", "Ok: delivered to the mailbox")

    def _answer(self, reply: Reply) -> asyncio.Future[Reply]:
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        future.set_result(reply)
        return future

    def _recipient(self, line: bytes) -> Reply:
        box = mailbox_folder(self._root, line)
        if box is None:
            return own(553, "1.3", "This address cannot be the name of a mailbox here")
        self._boxes.append(box)
        return own(250, "1.5", "Ok")


def mailbox_folder(root: Path, line: bytes) -> Path | None:
    """The Maildir for the path of a RCPT line; None when its address is unsafe as a file name."""
    found = _PATH.match(line)
    if found is None:
        return None
    try:
        name = found[1].decode("utf-8").lower()
    except UnicodeDecodeError:
        return None
    if name.startswith((".", "-")) or not name.isprintable() or len(name.encode("utf-8")) > 255:
        return None
    return root / name


class _Delivery:
    """One message on its way into some Maildirs; blocking, for a thread. The first fault is raised again at `finish`.

    The lock is for a session that is aborted while its thread still writes: a descriptor closed under a write may be another's by then.
    """

    def __init__(self, boxes: list[Path]) -> None:
        self._lock = threading.RLock()
        self._boxes = boxes
        self._name = f"{time.time():.6f}.P{os.getpid()}Q{next(_serial)}R{secrets.token_hex(4)}.gateway"
        self._file: int | None = None
        self._fault: OSError | None = None

    def append(self, octets: bytes) -> None:
        with self._lock:
            if self._fault is None:
                try:
                    self._append(octets)
                except OSError as error:
                    self._fault = error

    def finish(self) -> None:
        """Into `new` of every box, or of none. Raises OSError."""
        with self._lock:
            try:
                self._finish()
            finally:
                self.discard()

    def discard(self) -> None:
        """Close and remove what lies in `tmp`; what is appended later is dropped."""
        with self._lock:
            if self._fault is None:
                self._fault = OSError("discarded")
            if self._file is not None:
                os.close(self._file)
                self._file = None
                for box in self._boxes:
                    self._temporary(box).unlink(missing_ok=True)

    def _finish(self) -> None:
        delivered: list[Path] = []
        try:
            if self._fault is not None:
                raise self._fault
            if self._file is not None:
                os.fsync(self._file)
            for box in self._boxes[1:]:
                self._prepare(box)
                os.link(self._temporary(self._boxes[0]), self._temporary(box))
            for box in self._boxes:
                self._temporary(box).rename(box / "new" / self._name)
                delivered.append(box / "new" / self._name)
                _flush(box / "new")
        except OSError:
            for path in delivered:
                path.unlink(missing_ok=True)
            raise

    def _append(self, octets: bytes) -> None:
        if self._file is None:
            self._prepare(self._boxes[0])
            self._file = os.open(self._temporary(self._boxes[0]), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        view = memoryview(octets)
        while view:
            view = view[os.write(self._file, view) :]

    def _temporary(self, box: Path) -> Path:
        return box / "tmp" / self._name

    @staticmethod
    def _prepare(box: Path) -> None:
        if (box / "new").is_dir() and (box / "tmp").is_dir():
            return
        for folder in ("tmp", "new", "cur"):
            (box / folder).mkdir(mode=0o700, parents=True, exist_ok=True)
        _flush(box)
        _flush(box.parent)


def _flush(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
