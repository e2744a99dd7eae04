"""Wild clients before a wild next hop (docs/threats.md R14): whoever is told 250 has its message there, octet for octet, and observed.

Both sides draw what they do; a failure names its seed, though not when threads ran.
"""

from __future__ import annotations

import itertools
import random
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from time import monotonic

import pytest
from structlog.testing import capture_logs

from gateway.delivery.timeouts import Timeouts
from gateway.relay.door import Limits
from tests.harness.client import Reply, SmtpClient, on_the_wire
from tests.relay.rig import FrontDoor, raw_hop, reset

SECONDS = 1.5
CLIENTS = 8
KEYWORDS = (b"PIPELINING", b"8BITMIME", b"SMTPUTF8", b"DSN", b"SIZE 1000000", b"XFORWARD NAME ADDR PORT")
FITTING = {b"MAIL": b"250 2.1.0 Ok\r\n", b"RCPT": b"250 2.1.5 Ok\r\n", b"DATA": b"354 go\r\n", b"QUIT": b"221 Bye\r\n"}
UNFIT = (b"421 4.3.2 Bye\r\n", b"451-4.3.0 a\r\n451 4.3.0 b\r\n", b"550 5.1.1 No\r\n", b"554 5.7.1 No\r\n", b"530 5.7.0 TLS\r\n", b"354 what\r\n",
         b"junk\r\n", b"", b"250", b"250-\r\n", b"\0\0\r\n", b"2" * 5000, b"250 2.0.0 a\r\n250 2.0.0 b\r\n")  # fmt: skip
REFUSALS = (b"550 5.1.1 No", b"554 5.7.1 No", b"530 5.7.0 TLS")


class WildHop:
    """One reply of twenty is another than it should be; what it has taken is known before it says so."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._numbers = itertools.count()
        self.taken: dict[bytes, bytes] = {}

    def play(self, connection: socket.socket) -> None:
        chance = random.Random(f"{self._seed}-{next(self._numbers)}")
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._say(connection, chance, b"220 hop\r\n")
        with connection.makefile("rb") as lines:
            for line in lines:
                verb = line[:4].upper()
                if verb in (b"EHLO", b"HELO"):
                    keywords = [each for each in KEYWORDS if chance.random() < 0.8]
                    connection.sendall(b"".join(b"250-" + each + b"\r\n" for each in (b"hop", *keywords)) + b"250 HELP\r\n")
                    continue
                said = self._say(connection, chance, FITTING.get(verb, b"250 2.0.0 Ok\r\n"))
                if verb == b"DATA" and said.startswith(b"354"):
                    octets = b""
                    while (line := lines.readline()) != b".\r\n":
                        if not line:
                            return  # without a dot there is no message
                        octets += line
                    self._end(connection, chance, octets)

    def _end(self, connection: socket.socket, chance: random.Random, octets: bytes) -> None:
        token = octets.partition(b"\r\n")[0]
        self.taken[token] = octets
        if not self._say(connection, chance, b"250 2.0.0 Taken\r\n").startswith(b"2"):
            del self.taken[token]

    def _say(self, connection: socket.socket, chance: random.Random, fitting: bytes) -> bytes:
        if chance.random() > 0.05:
            said = fitting
        elif chance.random() < 0.3:
            reset(connection)
            raise OSError
        else:
            said = chance.choice(UNFIT)
        for at in range(0, len(said), step := 1 if chance.random() < 0.2 else 10_000):
            connection.sendall(said[at : at + step])
        return said


class WildClient(threading.Thread):
    """`told` are the messages it was told 250 for, of those with a recipient."""

    def __init__(self, seed: int, number: int, port: int) -> None:
        super().__init__(daemon=True)
        self._chance = random.Random(f"{seed}-client-{number}")
        self._number = number
        self._port = port
        self.told: dict[bytes, bytes] = {}
        self.heard: list[Reply] = []

    def run(self) -> None:
        until = monotonic() + SECONDS
        for connection in itertools.count():
            if monotonic() > until:
                return
            with suppress(OSError), SmtpClient(self._port) as client:
                for message in range(self._chance.randint(1, 4)):
                    self._send(client, b"%d-%d-%d" % (self._number, connection, message))

    def _send(self, client: SmtpClient, token: bytes) -> None:
        chance = self._chance
        group = [b"MAIL FROM:<a@example.org>\r\n", *[b"RCPT TO:<hr@toronto.example>\r\n"] * chance.randint(1, 3), b"DATA\r\n"]
        replies: list[Reply] = []
        for piece in [b"".join(group)] if chance.random() < 0.4 else group:
            client.write(piece)
            replies += [self._reply(client) for _ in range(piece.count(b"\r\n"))]
        if replies[-1].code != 354:
            client.write(b"RSET\r\n")
            self._reply(client)
            return
        octets = token + b"\r\n" + bytes(chance.choices(b"abc\r\n\0\xff", k=chance.choice([0, 5, 50, 5000]))) + b"\r\n"
        wire = on_the_wire(octets) + b".\r\n"
        if chance.random() < 0.08:
            client.write(wire[: chance.randrange(len(wire))])
            (client.reset if chance.random() < 0.5 else client.close)()
            raise ConnectionError
        cut = chance.randrange(len(wire))
        for piece in (wire[:cut], wire[cut:]):
            client.write(piece)
        if self._reply(client).code == 250 and any(each.code == 250 for each in replies[1:-1]):
            self.told[token] = octets

    def _reply(self, client: SmtpClient) -> Reply:
        self.heard.append(client.reply())
        return self.heard[-1]


@pytest.mark.parametrize("seed", [1, 2])
def test_whoever_is_told_250_has_its_message_there(seed: int, open_door: Callable[..., FrontDoor]):
    hop = WildHop(seed)
    with raw_hop(hop.play) as url, capture_logs() as logs:
        brief = Timeouts(connect=0.3, command=0.3, data_end=0.3)
        door = open_door(url, loop="uvloop", timeouts=brief, limits=Limits(errors=10**6, commands_without_mail=10**6))
        clients = [WildClient(seed, number, door.port) for number in range(CLIENTS)]
        for each in clients:
            each.start()
        for each in clients:
            each.join()
        door.wait_no_sessions()
        told = {token: octets for each in clients for token, octets in each.told.items()}
        assert len(told) > 20, "it was worth while"
        assert {token: hop.taken.get(token) for token in told} == told
        seen = [observed.octets for observed in door.seen]
        assert len(set(seen)) == len(seen), "observed once"
        assert told.keys() <= {each.partition(b"\r\n")[0] for each in seen} <= hop.taken.keys()
    lines = [line for each in clients for reply in each.heard for line in reply.lines]
    assert all(32 <= octet < 127 for line in lines for octet in line)
    assert {line for line in lines if line.startswith(b"5")} <= {*REFUSALS, b"503 5.5.1 Send MAIL first", b"503 5.5.1 No valid recipients"}
    assert not [each for each in logs if each["event"] == "fault"]
