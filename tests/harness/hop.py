"""A scripted next hop (SMTP or LMTP) that keeps every octet it was sent.

It is deliberately not built on aiosmtpd or on the gateway's own session: a fault in either must not hide in both.
It runs on an event loop of its own in a thread, so that a test may be plain blocking code.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Self

from tests.harness.waiting import PATIENCE

Then = Literal["go on", "hang", "close", "reset"]
KEYWORDS = (b"PIPELINING", b"SIZE 52428800", b"8BITMIME", b"SMTPUTF8", b"DSN", b"ENHANCEDSTATUSCODES")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the hop does at one stage: wait `after` seconds, send `octets`, and then go on, hang, close or reset."""

    octets: bytes = b""
    after: float = 0.0
    then: Then = "go on"

    @property
    def positive(self) -> bool:
        """A whole 2yz or 3yz reply; half a one is none."""
        return bool(re.search(rb"(\A|\n)[23]\d\d[^-][^\n]*\n\Z", self.octets))


def say(*lines: str, after: float = 0.0, then: Then = "go on") -> Answer:
    """A reply given as its lines, each with its code: `say("550 5.1.1 no such", "550 5.1.1 person")` becomes `550-…`, `550 …`."""
    encoded = [line.encode("utf-8", "surrogateescape") for line in lines]
    last = len(encoded) - 1
    return Answer(b"".join((line if at == last else line[:3] + b"-" + line[4:]) + b"\r\n" for at, line in enumerate(encoded)), after, then)


HANG = Answer(then="hang")
CLOSE = Answer(then="close")
RESET = Answer(then="reset")
OK = say("250 2.0.0 Ok")


GREETING = say("220 hop.example ESMTP")
MAIL_OK = say("250 2.1.0 Ok")
RCPT_OK = say("250 2.1.5 Ok")
GO_AHEAD = say("354 End data with <CR><LF>.<CR><LF>")
QUEUED = say("250 2.0.0 Ok: queued as 4K7M")


@dataclass
class Script:
    """What the hop answers, stage by stage; change it between transactions as the test likes."""

    greeting: Answer = GREETING
    keywords: tuple[bytes, ...] = KEYWORDS
    ehlo: Answer | None = None
    mail: Answer = MAIL_OK
    rcpt: Answer = RCPT_OK
    rcpt_of: Mapping[str, Answer] = field(default_factory=dict)
    """By address; others get `rcpt`."""
    data: Answer = GO_AHEAD
    end: Answer = QUEUED
    xforward: Answer = OK

    def for_rcpt(self, address: bytes) -> Answer:
        return self.rcpt_of.get(address.decode("utf-8", "surrogateescape"), self.rcpt)


@dataclass
class Transaction:
    """One transaction as it came: command lines without their CRLF, and the octets between 354 and the end mark."""

    connection: int
    mail: bytes
    rcpt: list[bytes] = field(default_factory=list)
    """Lines of accepted recipients."""
    refused: list[bytes] = field(default_factory=list)
    raw: bytes = b""
    """Dot-stuffed, as on the wire, the CRLF before the final dot included, the dot not."""
    complete: bool = False
    """The end mark was seen."""
    accepted: bool = False
    """A positive reply was given to the end of data."""

    @property
    def octets(self) -> bytes:
        """`raw` with one leading dot of each line removed (RFC 5321 §4.5.2); only CRLF ends a line."""
        return re.sub(rb"(\A|\r\n)\.", rb"\1", self.raw)

    @property
    def mail_from(self) -> bytes:
        return _path(self.mail)

    @property
    def rcpt_to(self) -> list[bytes]:
        return [_path(line) for line in self.rcpt]


def _path(line: bytes) -> bytes:
    found = re.search(rb":\s*<([^>]*)>", line)
    return found.group(1) if found else b""


class _Gone(Exception):
    """The peer left, or the script ended the connection."""


class _Wire:
    """Reads lines and DATA from one connection; only CRLF ends a line."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer
        self._buffer = b""

    async def _more(self) -> None:
        chunk = await self._reader.read(1 << 18)
        if not chunk:
            raise _Gone
        self._buffer += chunk

    async def line(self) -> bytes:
        while b"\r\n" not in self._buffer:
            await self._more()
        line, self._buffer = self._buffer.split(b"\r\n", 1)
        return line

    async def data(self, keep: Callable[[bytes], None]) -> bytes:
        """Everything up to the final dot. What came of an unfinished message is handed to `keep`."""
        buffer = bytearray(b"\r\n" + self._buffer)
        self._buffer = b""
        searched = 0
        while (end := buffer.find(b"\r\n.\r\n", searched)) < 0:
            searched = max(0, len(buffer) - 4)
            chunk = await self._reader.read(1 << 18)
            if not chunk:
                keep(bytes(buffer[2:]))
                raise _Gone
            buffer += chunk
        self._buffer = bytes(buffer[end + 5 :])
        return bytes(buffer[2 : end + 2])

    async def do(self, answer: Answer) -> None:
        if answer.after:
            await asyncio.sleep(answer.after)
        with contextlib.suppress(ConnectionError):
            self.writer.write(answer.octets)
            await self.writer.drain()
        if answer.then == "hang":
            while await self._reader.read(1 << 18):
                pass
        elif answer.then == "reset":
            # Linger 0 makes close() send RST instead of FIN.
            self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.writer.transport.abort()
        if answer.then != "go on":
            raise _Gone


class RecordingHop:
    """A next hop on 127.0.0.1; use as a context manager. `transactions` holds all that reached DATA, in order of their end."""

    def __init__(self, *, lmtp: bool = False, port: int = 0, script: Script | None = None) -> None:
        self.script = script or Script()
        self.lmtp = lmtp
        self.port = port
        self.transactions: list[Transaction] = []
        self.commands: list[tuple[int, bytes]] = []
        """(connection, line) for every command line, in order of arrival."""
        self.connections = 0
        self.on_connect: Callable[[], None] = lambda: None
        """Called for each new connection, before the greeting."""
        self._news = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="recording-hop", daemon=True)
        self._server: asyncio.Server | None = None
        self._sessions: set[asyncio.Task[None]] = set()

    def __enter__(self) -> Self:
        self._thread.start()
        self.listen()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop_listening()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    @property
    def url(self) -> str:
        return f"{'lmtp' if self.lmtp else 'smtp'}://127.0.0.1:{self.port}"

    def listen(self) -> None:
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)

    def stop_listening(self) -> None:
        """As if the next hop died: no new connection, and the open ones are cut."""
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)

    @property
    def accepted(self) -> list[Transaction]:
        """The messages this hop said 2yz to."""
        with self._news:
            return [each for each in self.transactions if each.accepted]

    @property
    def aborted(self) -> list[Transaction]:
        """Those whose connection ended inside DATA, without a final dot."""
        with self._news:
            return [each for each in self.transactions if not each.complete]

    def wait_aborted(self, within: float = PATIENCE) -> None:
        with self._news:
            assert self._news.wait_for(lambda: any(not each.complete for each in self.transactions), within), "nothing was aborted"

    def wait_accepted(self, count: int = 1, within: float = PATIENCE) -> list[Transaction]:
        """At least `count` accepted messages, or AssertionError after `within` seconds."""
        with self._news:
            done = self._news.wait_for(lambda: sum(each.accepted for each in self.transactions) >= count, within)
        assert done, f"the hop accepted {len(self.accepted)} of {count} messages within {within:g} s"
        return self.accepted

    def forget(self) -> None:
        """Empty the records; connections stay as they are."""
        with self._news:
            self.transactions.clear()
            self.commands.clear()

    def cut(self) -> None:
        """End every open connection at once, and go on listening: what a restarted next hop looks like."""
        self.stop_listening()
        self.listen()

    def lines(self, verb: bytes) -> list[bytes]:
        """The command lines that begin with `verb`, in any case."""
        with self._news:
            return [line for _, line in self.commands if line.upper().startswith(verb)]

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _stop(self) -> None:
        if self._server:
            self._server.close()
        for task in self._sessions:
            task.cancel()
        await asyncio.gather(*self._sessions, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._sessions.add(task)
        self.connections += 1
        self.on_connect()
        try:
            await self._converse(_Wire(reader, writer), self.connections)
        except (_Gone, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._sessions.discard(task)
            writer.close()

    def _record(self, transaction: Transaction) -> None:
        with self._news:
            self.transactions.append(transaction)
            self._news.notify_all()

    async def _converse(self, wire: _Wire, number: int) -> None:
        await wire.do(self.script.greeting)
        current: Transaction | None = None
        while True:
            line = await wire.line()
            with self._news:
                self.commands.append((number, line))
            verb = line[:4].upper()
            if verb in (b"EHLO", b"HELO", b"LHLO"):
                await wire.do(self._hello(verb))
                current = None
            elif verb == b"MAIL":
                await wire.do(self.script.mail)
                current = Transaction(number, line) if self.script.mail.positive else None
            elif verb == b"RCPT" and current:
                answer = self.script.for_rcpt(_path(line))
                (current.rcpt if answer.positive else current.refused).append(line)
                await wire.do(answer)
            elif verb == b"DATA" and current:
                await self._data(wire, current)
                current = None
            elif verb == b"RSET":
                current = None
                await wire.do(OK)
            elif verb == b"QUIT":
                await wire.do(say("221 2.0.0 Bye", then="close"))
            elif verb == b"XFOR":
                await wire.do(self.script.xforward)
            else:
                await wire.do(OK if verb == b"NOOP" else say("503 5.5.1 Bad sequence of commands"))

    def _hello(self, verb: bytes) -> Answer:
        if self.script.ehlo:
            return self.script.ehlo
        lines = (b"hop.example", *(self.script.keywords if verb != b"HELO" else ()))
        return say(*(f"250 {line.decode()}" for line in lines))

    async def _data(self, wire: _Wire, current: Transaction) -> None:
        if not current.rcpt:
            await wire.do(say("554 5.5.1 No valid recipients"))
            return
        await wire.do(self.script.data)
        if not self.script.data.positive:
            return

        def unfinished(octets: bytes) -> None:
            current.raw = octets
            self._record(current)

        current.raw = await wire.data(unfinished)
        current.complete = True
        answer = self.script.end
        current.accepted = answer.positive
        # Recorded before the reply goes out, so that a test never sees a 250 for a message that is not here yet.
        self._record(current)
        await wire.do(Answer(answer.octets * len(current.rcpt), answer.after, answer.then) if self.lmtp else answer)
