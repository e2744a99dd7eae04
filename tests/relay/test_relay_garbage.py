"""Clients that talk nonsense (docs/threats.md S5): nothing of it reaches the next hop as a message, and the next client is served."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.harness.client import SmtpClient
from tests.harness.hop import RecordingHop
from tests.relay.rig import FrontDoor

RCPT = b"hr@toronto.example"
WORDS = st.sampled_from(
    [b"EHLO x\r\n", b"HELO x\r\n", b"MAIL FROM:<a@example.org>\r\n", b"MAIL FROM:<>\r\n", b"RCPT TO:<hr@toronto.example>\r\n", b"RCPT TO:<>\r\n",
     b"DATA\r\n", b"RSET\r\n", b"NOOP\r\n", b"VRFY a\r\n", b"EXPN a\r\n", b"BDAT 3 LAST\r\nabc", b"AUTH PLAIN AGEAYg==\r\n", b"STARTTLS\r\n",
     b"XFORWARD A=b\r\n", b"XCLIENT ADDR=127.0.0.1\r\n", b"PROXY TCP4 1.2.3.4 1.2.3.4 1 1\r\n", b"GET / HTTP/1.1\r\n", b"\r\n", b"\n", b"\r",
     b"\0", b"\xff\xfb", b".", b"x", b" ", b"<", b">", b"Subject: x\r\n\r\nx\r\n", b"\r\n.\r\n", b"\n.\n",
     b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"]
)  # fmt: skip


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[RecordingHop, FrontDoor]]:
    with RecordingHop() as hop, FrontDoor(hop.url, loop="uvloop") as door:
        yield hop, door


def say_and_leave(port: int, octets: bytes) -> bytes:
    """All at once, half-closed; the whole answer."""
    answer = b""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client, suppress(ConnectionError):
        client.sendall(octets)
        client.shutdown(socket.SHUT_WR)
        while chunk := client.recv(65536):
            answer += chunk
    return answer


@given(st.lists(WORDS | st.binary(max_size=8), max_size=14).map(b"".join))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_a_client_says_the_next_one_is_served(served: tuple[RecordingHop, FrontDoor], octets: bytes) -> None:
    hop, door = served
    door.seen.clear()
    hop.forget()
    answer = say_and_leave(door.port, octets)
    assert all(line[:3].isdigit() and line[3:4] in b" -" for line in answer.split(b"\r\n")[:-1])
    door.wait_no_sessions()
    taken = answer.count(b"\r\n354 ")
    assert len(hop.accepted) <= min(taken, octets.count(b"\r\n.\r\n")), "a message without its whole way"
    assert len(door.seen) == len(hop.accepted)
    assert not any(word in line for _, line in hop.commands for word in (b"VRFY", b"AUTH", b"XCLIENT", b"PROXY", b"GET", b"BDAT"))
    with SmtpClient(door.port) as client:
        assert client.send(b"a@example.org", RCPT, b"x\r\n").code == 250


def test_a_storm_of_resets_ends(served: tuple[RecordingHop, FrontDoor]) -> None:
    answer = say_and_leave(served[1].port, b"EHLO x\r\n" + b"MAIL FROM:<a@example.org>\r\nRSET\r\n" * 2000)
    assert b"\r\n421 4.7.0 " in answer
    assert answer.count(b"\r\n") < 450
