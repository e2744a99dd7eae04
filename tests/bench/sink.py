"""The bench's next hop, a process of its own: takes all mail and keeps nothing but when an automatic reply came, and to whom.

`python -m tests.bench.sink PORT`. XTIMES gives, as one line of JSON, the messages taken, when the last one came, and the arrival of each
message from the null reverse-path by its recipient; XRESET forgets them. Times are the machine's monotonic seconds.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import cast

import uvloop

_HELLO = b"250-sink.example\r\n250-PIPELINING\r\n250-SIZE 99000000\r\n250-8BITMIME\r\n250-DSN\r\n250-SMTPUTF8\r\n250 ENHANCEDSTATUSCODES\r\n"
_OK, _DATA, _BYE = b"250 2.0.0 Ok\r\n", b"354 Go on\r\n", b"221 2.0.0 Bye\r\n"
_END = b"\r\n.\r\n"
_BEHIND = 40
"""A client may send a command such as QUIT with its final dot."""


class Seen:
    """By all connections."""

    def __init__(self) -> None:
        self.messages = 0
        self.last = 0.0
        self.replies: dict[str, float] = {}


class Session(asyncio.Protocol):
    def __init__(self, seen: Seen) -> None:
        self._seen = seen
        self._partial = b""
        self._tail = b""
        self._in_data = False
        self._reply_to = b""
        self._null = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(b"220 sink.example ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        if self._in_data:
            joined = self._tail + data
            end = len(joined) - 5 if joined.endswith(_END) else joined.rfind(_END, max(0, len(joined) - _BEHIND))
            if end < 0:
                self._tail = joined[-_BEHIND:]
                return
            data = joined[end + 5 :]
            self._taken()
        if data:
            self._commands(data)

    def _taken(self) -> None:
        now = time.monotonic()
        self._in_data, self._tail = False, b""
        self._seen.messages += 1
        self._seen.last = now
        if self._null:
            self._seen.replies[self._reply_to.decode("latin-1")] = now
        self._transport.write(_OK)

    def _commands(self, data: bytes) -> None:
        *lines, self._partial = (self._partial + data).split(b"\r\n")
        said = []
        for line in lines:
            verb = line[:4].upper()
            if verb == b"MAIL":
                self._null = line[10:12] == b"<>"
                said.append(_OK)
            elif verb == b"RCPT":
                self._reply_to = line[9:].partition(b">")[0]
                said.append(_OK)
            elif verb == b"DATA":
                self._in_data = True
                self._tail = b"\r\n"
                said.append(_DATA)
            elif verb == b"EHLO":
                said.append(_HELLO)
            elif verb == b"XTIM":
                said.append(json.dumps({"messages": self._seen.messages, "last": self._seen.last, "replies": self._seen.replies}).encode() + b"\r\n")
            elif verb == b"XRES":
                self._seen.__init__()  # type: ignore[misc]
                said.append(_OK)
            else:
                said.append(_BYE if verb == b"QUIT" else _OK)
        self._transport.write(b"".join(said))
        if lines and lines[-1][:4].upper() == b"QUIT":
            self._transport.close()


async def main() -> None:
    seen = Seen()
    server = await asyncio.get_running_loop().create_server(lambda: Session(seen), "127.0.0.1", int(sys.argv[1]), backlog=512)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())
