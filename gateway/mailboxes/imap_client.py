"""imapclient on a line of our own: bounded answers, IDLE that loses no notification, STARTTLS that believes nothing said before it.

Decides nothing about messages. Keeps no record of commands: they contain credentials.
"""

from __future__ import annotations

import imaplib
import logging
import re
import ssl
import time
from typing import Any

from imapclient import IMAPClient

from gateway.mailboxes.imap_line import ANSWER, Line

logging.getLogger("imapclient").setLevel(logging.WARNING)  # its finer records quote commands and answers

ENDED_WITHIN = 20.0
"""Seconds in which a server must end IDLE once told to."""

_COUNT = re.compile(rb"\* (\d+) (EXISTS|EXPUNGE)\b", re.IGNORECASE)


class Wire(imaplib.IMAP4):
    """The protocol engine under imapclient."""

    def __init__(self, line: Line, host: str, port: int, context: ssl.SSLContext | None) -> None:
        """Connects and reads the greeting; `context` for TLS from the first octet. Raises OSError, IMAP4.error."""
        self._line = line
        self._context = context
        self._within = ANSWER
        super().__init__(host, port)

    def open(self, host: str = "", port: int = 0, timeout: float | None = None) -> None:
        self.host, self.port = host, port
        self._line.connect(host, port)
        if self._context:
            self._line.encrypt(self._context, host)
        assert self._line.sock
        self.sock = self._line.sock

    def read(self, size: int) -> bytes:
        return self._line.read(size)

    def readline(self) -> bytes:
        return self._line.readline(self._within)

    def send(self, data: Any) -> None:
        self._line.send(data)

    def shutdown(self) -> None:
        self._line.close()

    def starttls(self, ssl_context: ssl.SSLContext | None = None) -> Any:
        """What came before TLS counts for nothing, and what came behind the OK ends the connection (CVE-2011-0411 and its kin)."""
        assert ssl_context
        kind, data = self._simple_command("STARTTLS")
        if kind == "OK":
            self._line.encrypt(ssl_context, self.host)
            assert self._line.sock
            self.sock = self._line.sock
            self.untagged_responses.clear()
            self._tls_established = True
            self._get_capabilities()
        return kind, data

    def quoted(self, text: str) -> str:
        """For a command: imaplib quotes a password, but no user."""
        return str(self._quote(text))

    def idle(self, seconds: float, exists: int) -> bool | None:
        """IDLE (RFC 2177) on the folder that was examined last and then had `exists` messages.

        True: there are more; False: none came within `seconds`; None: the server will not wait. Raises OSError, IMAP4.error.
        """
        tag = self._command("IDLE")
        more, begun = False, False
        while not begun and self.tagged_commands[tag] is None:
            heard = self._next(ANSWER)
            begun = heard is None
            exists, more = _counted(heard, exists, more)
        end = time.monotonic() + seconds
        while not more and self.tagged_commands[tag] is None and (left := end - time.monotonic()) > 0:
            try:
                exists, more = _counted(self._next(left), exists, more)
            except TimeoutError:
                break
        by_itself = self.tagged_commands[tag] is not None
        if not by_itself:
            self.send(b"DONE\r\n")
        while self.tagged_commands[tag] is None:
            exists, more = _counted(self._next(ENDED_WITHIN), exists, more)
        del self.tagged_commands[tag]
        return more or (None if by_itself else False)

    def _next(self, within: float) -> bytes | None:
        """One response, noted by imaplib like any other; None is the server's "+". `within` seconds for each piece of its line."""
        self._within = within
        try:
            heard: bytes | None = self._get_response()
        finally:
            self._within = ANSWER
        self._check_bye()
        return heard

    def _log(self, line: str) -> None:
        """imaplib would keep the last ten commands."""

    def _mesg(self, s: str, secs: float | None = None) -> None:
        """imaplib would write commands and answers to standard error."""


def _counted(heard: bytes | None, exists: int, more: bool) -> tuple[int, bool]:
    """How many messages there are after this response, and whether any is new. A count alone says nothing: some servers repeat theirs."""
    if found := _COUNT.match(heard or b""):
        count = int(found[1])
        if found[2].upper() == b"EXPUNGE":
            return exists - 1, more
        return count, more or count > exists
    return exists, more


class Client(IMAPClient):  # type: ignore[misc] # no types are published for it
    """imapclient, its times with their zones, on a `Line`."""

    def __init__(self, line: Line, host: str, port: int, context: ssl.SSLContext | None) -> None:
        """`context` for TLS from the first octet, else None. Raises OSError, IMAPClient.Error."""
        self._line = line
        self.selected: object = None
        """What the last examination of a folder found, as long as that folder is the selected one."""
        super().__init__(host, port, ssl=context is not None, ssl_context=context)
        self.wire.debug = 0  # imapclient asks for a record of everything
        self.normalise_times = False

    @property
    def wire(self) -> Wire:
        wire: Wire = self._imap
        return wire

    def _create_IMAP4(self) -> Wire:  # noqa: N802 - imapclient's
        return Wire(self._line, self.host, self.port, self.ssl_context)

    def _set_read_timeout(self) -> None:
        """The line has limits of its own."""
