"""The bench's client, a process of its own: `python -m tests.bench.source` reads a job as JSON and prints what happened.

As cheap as Python allows, and the same for all peers. It keeps connections or makes one for each message, as fast as the peer takes
them or at a rate, and pipelines MAIL, RCPT and DATA or waits for each reply.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import deque
from dataclasses import asdict, dataclass, field
from typing import Any, cast

import uvloop

from tests.bench.letters import Letters, Shape

GONE = "the peer closed a connection"


@dataclass(frozen=True, slots=True)
class Job:
    """`rate`: messages a second; 0: as many as the peer takes. `first`: number of the first letter, for senders of their own."""

    port: int
    messages: int
    size: int
    mailboxes: tuple[str, ...]
    run: str
    shape: Shape = "text"
    connections: int = 20
    rate: float = 0.0
    keep: bool = True
    pipeline: bool = True
    first: int = 0

    def to_json(self) -> str:
        return json.dumps(asdict(self))


@dataclass(slots=True)
class Done:
    """Monotonic seconds, which all processes of a machine share."""

    began: float = 0.0
    ended: float = 0.0
    sent: dict[str, tuple[float, float, float]] = field(default_factory=dict)
    """Sender -> when MAIL went out, when the final dot did, when its 250 came."""


class Source:
    """All connections of one job."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.done = Done()
        self.finished = asyncio.get_running_loop().create_future()
        self._loop = asyncio.get_running_loop()
        letters = Letters(job.size, job.shape, job.mailboxes, job.run)
        self.body = letters.body
        numbers = range(job.first, job.first + job.messages)
        self._letters = deque((letters.sender(each), letters.recipient(each), letters.head(each)) for each in numbers)
        self._late: deque[float] = deque()
        self._idle: list[Client] = []
        self._left = job.messages
        self.connecting: set[asyncio.Task[Any]] = set()

    async def run(self) -> Done:
        await asyncio.gather(*(self._connect() for _ in range(self.job.connections)))
        self.done.began = time.monotonic()
        if self.job.rate:
            for each in range(self.job.messages):
                self._loop.call_at(self._loop.time() + each / self.job.rate, self._due)
        else:
            for client in list(self._idle):
                self.free(client)
        await self.finished
        return self.done

    def free(self, client: Client) -> None:
        """A connection has nothing to do."""
        if not self.job.rate:
            if self._letters:
                client.begin(time.monotonic(), *self._letters.popleft())
        elif self._late:
            client.begin(self._late.popleft(), *self._letters.popleft())
        else:
            self._idle.append(client)

    def _due(self) -> None:
        """A message that finds no connection free waits, and its waiting counts."""
        now = time.monotonic()
        if self._idle:
            self._idle.pop().begin(now, *self._letters.popleft())
        else:
            self._late.append(now)

    def over(self) -> None:
        self._left -= 1
        if not self._left:
            self.done.ended = time.monotonic()
            self.finished.set_result(None)

    async def _connect(self) -> None:
        if not self.job.keep:
            self._idle.append(cast(Client, Absent(self)))
            return
        greeted = self._loop.create_future()

        def ready(client: Client) -> None:
            self._idle.append(client)
            greeted.set_result(None)

        await self._loop.create_connection(lambda: Client(self, greeted=ready), "127.0.0.1", self.job.port)
        await greeted


class Client(asyncio.Protocol):
    """One connection: a list of what to do at each reply that is awaited."""

    def __init__(self, source: Source, greeted: Any) -> None:
        self._source = source
        self._greeted = greeted
        self._partial = b""
        self._steps: deque[Any] = deque([self._hello, lambda: greeted(self)])
        self._sender = ""
        self._since = self._dot_at = 0.0
        self._left = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, error: Exception | None) -> None:
        if not self._left and not self._source.finished.done():
            self._source.finished.set_exception(ConnectionError(GONE))

    def data_received(self, data: bytes) -> None:
        *lines, self._partial = (self._partial + data).split(b"\r\n")
        for line in lines:
            if line[3:4] == b"-":
                continue
            if line[:1] in b"45":
                self._refused(line)
                return
            self._steps.popleft()()

    def _refused(self, line: bytes) -> None:
        self._source.finished.set_exception(ConnectionError(f"the peer said {line.decode('latin-1')}"))
        self._left = True
        self._transport.close()

    def _hello(self) -> None:
        self._transport.write(b"EHLO bench.example.org\r\n")

    def begin(self, since: float, sender: str, recipient: str, head: bytes) -> None:
        self._sender, self._since = sender, since
        commands = (b"MAIL FROM:<%b>\r\n" % sender.encode(), b"RCPT TO:<%b>\r\n" % recipient.encode(), b"DATA\r\n")
        if self._source.job.pipeline:
            self._steps.extend((_nothing, _nothing, lambda: self._letter(head), self._taken))
            self._transport.write(b"".join(commands))
        else:
            mail, rcpt, data = commands
            write = self._transport.write
            self._steps.extend((lambda: write(rcpt), lambda: write(data), lambda: self._letter(head), self._taken))
            write(mail)

    def _letter(self, head: bytes) -> None:
        body = self._source.body
        if len(body) < 1 << 16:
            self._transport.write(head + body)
        else:
            self._transport.writelines((head, body))
        self._dot_at = time.monotonic()

    def _taken(self) -> None:
        self._source.done.sent[self._sender] = (self._since, self._dot_at, time.monotonic())
        if not self._source.job.keep:
            self._left = True
            self._transport.write(b"QUIT\r\n")
            self._transport.close()
            self._source.free(cast(Client, Absent(self._source)))
        else:
            self._source.free(self)
        self._source.over()


class Absent:
    """A place for a connection that is made when there is something to send."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def begin(self, since: float, *letter: Any) -> None:
        loop = asyncio.get_running_loop()
        client = Client(self._source, greeted=lambda client: client.begin(since, *letter))
        self._source.connecting.add(loop.create_task(loop.create_connection(lambda: client, "127.0.0.1", self._source.job.port)))


def _nothing() -> None:
    pass


async def main() -> None:
    given = json.loads(sys.stdin.read())
    given["mailboxes"] = tuple(given["mailboxes"])
    print(json.dumps(asdict(await Source(Job(**given)).run())))


if __name__ == "__main__":
    uvloop.run(main())
