"""An SMTP client that sends exactly the octets it is given, unlike smtplib, which stuffs dots after bare line feeds too."""

from __future__ import annotations

import re
import select
import socket
import struct
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from tests.harness.waiting import PATIENCE


@dataclass(frozen=True, slots=True)
class Reply:
    lines: tuple[bytes, ...]

    @property
    def code(self) -> int:
        return int(self.lines[-1][:3])

    @property
    def text(self) -> str:
        return "\n".join(line[4:].decode("latin-1") for line in self.lines)

    def __str__(self) -> str:
        return b" / ".join(self.lines).decode("latin-1")


@dataclass(frozen=True, slots=True)
class Sent:
    """The replies to one transaction; what was not reached is None."""

    mail: Reply
    rcpt: list[Reply] = field(default_factory=list)
    data: Reply | None = None
    end: Reply | None = None

    @property
    def last(self) -> Reply:
        return self.end or self.data or (self.rcpt[-1] if self.rcpt else self.mail)

    @property
    def code(self) -> int:
        return self.last.code


def stuffed(octets: bytes) -> bytes:
    """RFC 5321 §4.5.2: a dot before each line that begins with one; only CRLF begins a line."""
    return re.sub(rb"(\A|\r\n)\.", rb"\1..", octets)


def on_the_wire(octets: bytes) -> bytes:
    """What stands between 354 and the final dot for this message: stuffed, and ended with CRLF."""
    wire = stuffed(octets)
    return wire if wire.endswith(b"\r\n") or not wire else wire + b"\r\n"


class SmtpClient:
    """One connection to 127.0.0.1:`port`; every read is limited to `patience` seconds."""

    def __init__(self, port: int, *, helo: bytes = b"client.example", greet: bool = True, patience: float = PATIENCE, source: str = "") -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=patience, source_address=(source, 0) if source else None)
        self._buffer = b""
        self.keywords: set[str] = set()
        if greet:
            self.greeting = self.reply()
            self.keywords = {line[4:].decode().split(" ")[0].upper() for line in self.command(b"EHLO " + helo).lines[1:]}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self.socket.close()

    def reset(self) -> None:
        """Leave with RST, as a crashed client does."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def write(self, octets: bytes) -> None:
        self.socket.sendall(octets)

    def reply(self) -> Reply:
        """The next whole reply; ConnectionError when the server closes instead."""
        lines = []
        while True:
            while b"\r\n" not in self._buffer:
                chunk = self.socket.recv(1 << 16)
                if not chunk:
                    raise ConnectionError("closed by the server")
                self._buffer += chunk
            line, self._buffer = self._buffer.split(b"\r\n", 1)
            lines.append(line)
            if line[3:4] != b"-":
                return Reply(tuple(lines))

    def command(self, line: bytes) -> Reply:
        self.write(line + b"\r\n")
        return self.reply()

    def answered(self, within: float) -> bool:
        """Whether anything comes within so many seconds."""
        return bool(self._buffer) or bool(select.select([self.socket], [], [], within)[0])

    def begin(self, mail_from: bytes, *rcpt_to: bytes, mail: bytes = b"", rcpt: bytes = b"") -> Sent:
        """MAIL and each RCPT (with parameters, if any), one by one."""
        replied = self.command(b"MAIL FROM:<" + mail_from + b">" + (b" " + mail if mail else b""))
        if replied.code >= 300:
            return Sent(replied)
        return Sent(replied, [self.command(b"RCPT TO:<" + to + b">" + (b" " + rcpt if rcpt else b"")) for to in rcpt_to])

    def send(self, mail_from: bytes, rcpt_to: bytes | list[bytes], octets: bytes, *, wire: bytes | None = None, mail: bytes = b"") -> Sent:
        """A whole transaction. `wire` replaces what stands between 354 and the final dot."""
        begun = self.begin(mail_from, *([rcpt_to] if isinstance(rcpt_to, bytes) else rcpt_to), mail=mail)
        if not any(each.code < 300 for each in begun.rcpt):
            return begun
        data = self.command(b"DATA")
        if data.code != 354:
            return Sent(begun.mail, begun.rcpt, data)
        self.write((on_the_wire(octets) if wire is None else wire) + b".\r\n")
        return Sent(begun.mail, begun.rcpt, data, self.reply())


def send(port: int, mail_from: bytes, rcpt_to: bytes | list[bytes], octets: bytes, **how: bytes) -> Sent:
    """One message on one connection, with QUIT."""
    with SmtpClient(port) as client:
        sent = client.send(mail_from, rcpt_to, octets, **how)
        client.command(b"QUIT")
        return sent
