"""Our session with an SMTP or LMTP next hop: commands out at once, replies back in order as futures.

It decides nothing about mail. It distrusts the next hop: a line over 2 KB, a reply over 64 KB, something that is no reply, a
reply nobody asked for, or silence ends the connection, and every outstanding future raises `Unavailable`.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from typing import cast

from gateway.delivery.credentials import Credentials
from gateway.delivery.deadline import Deadline
from gateway.delivery.extensions import NONE, Extensions, from_reply
from gateway.delivery.hop import Unavailable, broken, unreachable
from gateway.delivery.reply import Reply, parse
from gateway.delivery.timeouts import Timeouts

LINE_LIMIT = 2048
REPLY_LIMIT = 65536
"""Octets of one reply line, and of all lines of one reply."""

FAREWELL = 5.0
"""Seconds a next hop has to answer QUIT."""

Misfits = tuple[int, ...]
COMMAND: Misfits = (3,)
DATA: Misfits = (2,)
AUTH: Misfits = ()
"""First digits of a reply that would not fit what was asked: 3yz is an answer to DATA alone, and to AUTH beside 2yz."""

Expected = tuple["asyncio.Future[Reply]", float, Misfits]
"""Who waits, seconds from becoming the next one due, and what would be no answer."""


class SmtpSession(asyncio.Protocol):
    """One connection to a next hop; a `gateway.delivery.hop.HopSession`. Use it from its own event loop only."""

    def __init__(self, timeouts: Timeouts, *, lmtp: bool = False) -> None:
        self.extensions: Extensions = NONE
        self.reused = False
        self.one_recipient = lmtp
        self._loop = asyncio.get_running_loop()
        self._timeouts = timeouts
        self._deadline = Deadline(self._loop, self._silent)
        self._transport: asyncio.Transport | None = None
        self._failure: Unavailable | None = None
        self._expected: deque[Expected] = deque()
        self._unsent = b""
        self._buffer = b""
        self._lines: list[bytes] = []
        self._size = 0
        self._in_data = self._encrypted = False
        self._early: Reply | None = None
        self._writable: asyncio.Future[None] | None = None
        self._leaving = False
        self._greeting = self._expect(timeouts.command)

    # --- what the owner calls

    @property
    def closed(self) -> bool:
        return self._failure is not None or self._leaving

    async def greet(self, hostname: str, tls: ssl.SSLContext | None = None, server_name: str | None = None, *, required: bool = False) -> None:
        """Take the greeting, say EHLO (LHLO), and STARTTLS where `tls` is given and offered. Raises Unavailable, and ssl.SSLError.

        A greeting or EHLO that is refused says nothing about a message, so it is never passed on as a refusal of one.
        """
        if not (await self._greeting).positive:
            raise unreachable("refused at the greeting")
        await self._hello(hostname)
        if tls is None:
            return
        if "STARTTLS" not in self.extensions:
            if required:
                raise unreachable("offers no STARTTLS")
        elif (reply := await self._ask(b"STARTTLS")).positive:
            await self._start_tls(tls, server_name)
            await self._hello(hostname)
        elif required or reply.code == 421:  # which says that it hangs up: another next hop may do better
            raise unreachable("refused STARTTLS")

    def command(self, line: bytes) -> asyncio.Future[Reply]:
        return self._command(line, DATA if line[:4].upper() == b"DATA" else COMMAND)

    async def authenticate(self, credentials: Credentials) -> None:
        """After `greet`, inside TLS; PLAIN where it is offered, else LOGIN. Raises Unavailable."""
        if not self._encrypted:
            raise unreachable("no TLS to send a password in")
        offered = self.extensions.keywords.get("AUTH", "").upper().split()
        if "PLAIN" in offered:
            reply = await self._ask(credentials.plain(), AUTH)
        elif "LOGIN" in offered:
            command, *answers = credentials.login()
            reply = await self._ask(command, AUTH)
            for each in answers:
                if reply.code == 334:
                    reply = await self._ask(each, AUTH)
        else:
            raise unreachable("offers no AUTH PLAIN or LOGIN")
        if not reply.positive:
            raise unreachable(f"refused AUTH: {reply.code}")

    def flush(self) -> None:
        if self._unsent:
            unsent, self._unsent = self._unsent, b""
            self._send(unsent)

    def write(self, octets: bytes) -> None:
        self._send(self._unsent + octets)
        self._unsent = b""

    async def drain(self) -> None:
        if self._writable is not None:
            await self._writable

    def end(self, last: bytes = b"") -> asyncio.Future[Reply]:
        if self._early is not None:
            # Refused before the dot: the dot is not sent, so that nothing can be delivered after all.
            early = self._loop.create_future()
            early.set_result(self._early)
            self.abort()
            return early
        future = self._expect(self._timeouts.data_end)
        self._in_data = False
        self._send(last + b".\r\n")
        return future

    def rest(self, seconds: float) -> bool:
        if self.closed or self._expected or self._in_data:
            return False
        self.reused = True
        self._deadline.set(seconds)
        return True

    def quit(self) -> None:
        if self.closed:
            return
        if self._in_data or self._expected:
            self.abort()
            return
        farewell = self._expect(FAREWELL)
        self._send(b"QUIT\r\n")
        self._leaving = True
        farewell.add_done_callback(lambda _: self._fail(broken("left")))

    def abort(self) -> None:
        self._fail(broken("aborted"))

    # --- what the connection calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._encrypted = transport.get_extra_info("ssl_object") is not None

    def connection_lost(self, _: Exception | None) -> None:
        self._fail(broken("connection lost"))

    def pause_writing(self) -> None:
        self._writable = self._loop.create_future()
        self._deadline.set(self._timeouts.command)

    def resume_writing(self) -> None:
        writable, self._writable = self._writable, None
        if writable is not None and not writable.done():
            writable.set_result(None)
        self._set_deadline()

    def data_received(self, data: bytes) -> None:
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            self._line(line[:-1] if line.endswith(b"\r") else line)
            if self._failure is not None:
                return
        if len(self._buffer) > LINE_LIMIT:
            self._fail(broken("reply line too long"))

    # --- replies

    def _line(self, line: bytes) -> None:
        self._size += len(line)
        if len(line) > LINE_LIMIT or self._size > REPLY_LIMIT or len(self._lines) > REPLY_LIMIT // 8:
            self._fail(broken("reply too long"))
            return
        mark = line[3:4]
        if mark not in (b"", b" ", b"-") or not line[:3].isdigit():
            self._fail(broken("no SMTP reply"))
            return
        self._lines.append(line)
        if mark == b"-":
            return
        lines, self._lines, self._size = self._lines, [], 0
        try:
            self._reply(parse(lines))
        except ValueError:
            self._fail(broken("no SMTP reply"))

    def _reply(self, reply: Reply) -> None:
        if not self._expected:
            self._unasked(reply)
            return
        future, _, misfits = self._expected[0]
        if reply.code // 100 in misfits:
            self._fail(broken("a reply that does not fit its command"))
            return
        self._expected.popleft()
        self._set_deadline()
        self._in_data = misfits is DATA and reply.code // 100 == 3
        if not future.done():
            future.set_result(reply)

    def _unasked(self, reply: Reply) -> None:
        """Inside DATA a refusal may come before the dot; anywhere else, and in any other form, it is the end of the connection."""
        if self._in_data and self._early is None and reply.code >= 400:
            self._early = reply
        else:
            self._fail(broken("a reply nobody asked for"))

    def _expect(self, seconds: float, misfits: Misfits = COMMAND) -> asyncio.Future[Reply]:
        future: asyncio.Future[Reply] = self._loop.create_future()
        if self._failure is not None:
            _refuse(future, self._failure)
            return future
        self._expected.append((future, seconds, misfits))
        if len(self._expected) == 1:
            self._deadline.set(seconds)
        return future

    def _set_deadline(self) -> None:
        if self._expected:
            self._deadline.set(self._expected[0][1])
        else:
            self._deadline.clear()

    # --- the connection

    def _send(self, octets: bytes) -> None:
        # uvloop raises on a write after close, asyncio ignores it.
        if self._failure is None and self._transport is not None and not self._transport.is_closing():
            self._transport.write(octets)

    def _silent(self) -> None:
        if not self._expected and not self._in_data:
            self.quit()  # it rested long enough
            return
        self._fail(broken("silent for too long"))

    def _fail(self, failure: Unavailable) -> None:
        if self._failure is not None:
            return
        self._failure = failure
        self._deadline.close()
        if self._transport is not None:
            self._transport.abort()
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)
        self._writable = None
        while self._expected:
            future, _, _ = self._expected.popleft()
            if not future.done():
                _refuse(future, failure)

    def _command(self, line: bytes, misfits: Misfits) -> asyncio.Future[Reply]:
        future = self._expect(self._timeouts.command, misfits)
        self._unsent += line + b"\r\n"
        return future

    async def _ask(self, line: bytes, misfits: Misfits = COMMAND) -> Reply:
        future = self._command(line, misfits)
        self.flush()
        return await future

    async def _hello(self, hostname: str) -> None:
        reply = await self._ask(f"{'LHLO' if self.one_recipient else 'EHLO'} {hostname}".encode("ascii"))
        if reply.positive:
            self.extensions = from_reply(reply)
            return
        self.extensions = NONE
        if self.one_recipient or reply.code < 500 or not (await self._ask(f"HELO {hostname}".encode("ascii"))).positive:
            raise unreachable("refused at EHLO")

    async def _start_tls(self, tls: ssl.SSLContext, server_name: str | None) -> None:
        transport = self._transport
        if transport is None or self._buffer or self._lines or self._failure is not None:
            # Something followed the 220 in plain text: CVE-2011-0411 and its kin.
            self._fail(broken("plain text behind STARTTLS"))
            raise unreachable("plain text behind STARTTLS")
        try:
            encrypted = await self._loop.start_tls(transport, self, tls, server_hostname=server_name)
        except ConnectionError:
            encrypted = None
        if encrypted is None:
            raise ssl.SSLError("left inside the handshake")
        self._transport = encrypted
        self._encrypted = True


def _refuse(future: asyncio.Future[Reply], failure: Unavailable) -> None:
    future.set_exception(failure)
    future.exception()  # marks it as seen: whoever aborted no longer looks
