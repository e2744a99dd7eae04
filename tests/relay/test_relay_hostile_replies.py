"""Replies of a next hop that means harm or is broken (docs/threats.md R8): the client gets one sound reply, and no message is made up."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress
from time import sleep

import pytest

from gateway.delivery.timeouts import Timeouts
from tests.harness.client import SmtpClient
from tests.harness.hop import Answer, RecordingHop
from tests.harness.waiting import PATIENCE
from tests.relay.rig import FrontDoor, raw_hop, read_until

RCPT = b"hr@toronto.example"
REPLIES = {
    "no line break": (b"250 2.0.0 Ok", "hang"),
    "gone within a line": (b"250 2.0.", "close"),
    "gone within a reply": (b"250-2.0.0 more\r\n", "close"),
    "endless lines": (b"250-x\r\n" * 20_000, "hang"),
    "one endless line": (b"250 " + b"x" * 100_000, "hang"),
    "NUL first": (b"\x00250 Ok\r\n", ""),
    "digits of another script": ("٢٥٠ Ok\r\n".encode(), ""),
    "HTTP": (b"HTTP/1.1 200 OK\r\n\r\n", ""),
    "nothing": (b"\r\n", ""),
    "codes that differ": (b"250-fine\r\n550 no\r\n", ""),
}
SOUND = {
    "eight bits and NUL": b"550 5.7.1 caf\xe9 \x00 \x1b[31m\r\n",
    "a carriage return": b"550 5.7.1 a\rb\r\n",
    "a second reply": b"550 5.7.1 no\r\n250 2.0.0 Ok\r\n",
}
STAGES = ["mail", "rcpt", "data", "end"]


@pytest.fixture
def brief_door(hop: RecordingHop, open_door: Callable[..., FrontDoor]) -> FrontDoor:
    return open_door(hop.url, timeouts=Timeouts(connect=0.3, command=0.3, data_end=0.3), loop="uvloop")


@pytest.mark.parametrize("stage", STAGES)
def test_at_each_stage(stage: str, hop: RecordingHop, brief_door: FrontDoor):
    for what, (octets, then) in REPLIES.items():
        with SmtpClient(brief_door.port) as client:
            setattr(hop.script, stage, Answer(octets, then=then))  # type: ignore[arg-type]  # one of its words
            sent = client.send(b"a@example.org", RCPT, b"x\r\n")
            assert sent.code >= 400, what
            assert sent.code < 500 or what == "codes that differ", what
            assert not brief_door.seen, what
            setattr(hop.script, stage, getattr(type(hop.script)(), stage))
            client.command(b"RSET")
            assert client.send(b"a@example.org", RCPT, b"x\r\n").code == 250, what
            brief_door.wait_seen()
            brief_door.seen.clear()


@pytest.mark.parametrize("stage", STAGES)
def test_a_reply_that_drips_ends_with_its_time(stage: str, open_door: Callable[..., FrontDoor]):
    """Each line of a reply that never ends renews nothing."""
    answers = {"mail": b"250 ok\r\n", "rcpt": b"250 ok\r\n", "data": b"354 go\r\n", "end": b"250 done\r\n"}

    def play(connection: socket.socket) -> None:
        connection.sendall(b"220 hop\r\n")
        read_until(connection, b"\r\n")
        connection.sendall(b"250 hop\r\n")
        for name, answer in answers.items():
            read_until(connection, b"\r\n" if name != "end" else b"\r\n.\r\n")
            connection.settimeout(0.05)
            while name == stage:
                connection.sendall(b"250-wait\r\n")
                with suppress(TimeoutError):
                    connection.recv(1)
            connection.settimeout(PATIENCE)
            connection.sendall(answer)

    with raw_hop(play) as url:
        door = open_door(url, timeouts=Timeouts(connect=0.3, command=0.3, data_end=0.3), loop="uvloop")
        with SmtpClient(door.port) as client:
            assert client.send(b"a@example.org", RCPT, b"Subject: x\r\n\r\nx\r\n").last.lines[0].startswith(b"451 4.4.2 ")
        assert not door.seen


SPLIT = [
    (b"220-a\r\n220 b\r\n", b"\r\n"),
    (b"250-hop\r\n250-DSN\r\n250 SIZE 9\r\n", b"\r\n"),
    (b"250-2.1.0 o\r\n250 2.1.0 k\r\n", b"\r\n"),
    (b"251 2.1.5 ok\r\n", b"\r\n"),
    (b"354 go\r\n", b".\r\n"),
    (b"250 2.0.0 done\r\n", b"never"),
]


def test_replies_that_come_octet_by_octet(open_door: Callable[..., FrontDoor]):
    def play(connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for answer, then in SPLIT:
            for octet in answer:
                connection.sendall(bytes([octet]))
                sleep(0)
            read_until(connection, then)

    with raw_hop(play) as url:
        door = open_door(url, loop="uvloop")
        with SmtpClient(door.port) as client:
            assert client.keywords == {"DSN", "SIZE"}
            sent = client.send(b"a@example.org", RCPT, b"x\r\n")
            assert [sent.mail.lines, sent.rcpt[0].code, sent.last.text] == [(b"250-2.1.0 o", b"250 2.1.0 k"), 251, "2.0.0 done"]


@pytest.mark.parametrize("stage", STAGES)
def test_refusals_are_made_safe(stage: str, hop: RecordingHop, brief_door: FrontDoor):
    for what, octets in SOUND.items():
        with SmtpClient(brief_door.port) as client:
            setattr(hop.script, stage, Answer(octets))
            last = client.send(b"a@example.org", RCPT, b"x\r\n").last
            assert last.code == 550, what
            assert all(32 <= octet < 127 for line in last.lines for octet in line), what
            assert client.command(b"NOOP").code == 250, f"{what}: what came behind it answers nothing"
            assert not brief_door.seen, what
