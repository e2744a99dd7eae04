"""A resolver that never answers: only mail for that name waits, and no longer than the connect limit."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from gateway.delivery.timeouts import Timeouts
from tests.harness.client import SmtpClient
from tests.harness.hop import RecordingHop
from tests.harness.waiting import PATIENCE
from tests.relay.rig import FrontDoor

RCPT = b"hr@toronto.example"
BRIEF = Timeouts(connect=0.5, command=5, data_end=5)
MANY = 40
"""More than asyncio has threads for names, on any machine."""
OpenDoor = Callable[..., FrontDoor]


@pytest.fixture
def deaf_resolver(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Names wait until the test is over; addresses are what they are."""
    let_go, real = threading.Event(), socket.getaddrinfo

    def getaddrinfo(host: Any, *others: Any, **named: Any) -> Any:
        if str(host).endswith(".example"):
            let_go.wait(PATIENCE)
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return real(host, *others, **named)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    yield
    let_go.set()


@pytest.mark.usefixtures("deaf_resolver")
@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_names_that_nobody_resolves_hold_up_nobody_else(loop: str, hop: RecordingHop, open_door: OpenDoor):
    stuck, other = open_door("smtp://hop.example:25", timeouts=BRIEF, loop=loop), open_door(hop.url, loop=loop)
    waiting = [SmtpClient(stuck.port, greet=False) for _ in range(MANY)]
    for each in waiting:
        each.write(b"HELO client.example\r\nMAIL FROM:<a@example.org>\r\n")
    with SmtpClient(other.port) as client:
        assert client.send(b"a@example.org", RCPT, b"x\r\n").code == 250
    for each in waiting:
        assert [str(each.reply())[:3] for _ in range(3)] == ["220", "250", "451"]
        each.close()
    assert sum(thread.name == "resolver" for thread in threading.enumerate()) <= 1


@pytest.mark.usefixtures("deaf_resolver")
def test_the_second_next_hop_is_taken(hop: RecordingHop, open_door: OpenDoor):
    door = open_door(["smtp://hop.example:25", hop.url], timeouts=BRIEF)
    with SmtpClient(door.port) as client:
        assert client.send(b"a@example.org", RCPT, b"x\r\n").code == 250


def test_each_address_of_a_name_is_tried(monkeypatch: pytest.MonkeyPatch, hop: RecordingHop, open_door: OpenDoor):
    real = socket.getaddrinfo

    def getaddrinfo(host: Any, *others: Any, **named: Any) -> Any:
        if host != "hop.example":
            return real(host, *others, **named)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in ("127.0.0.9", "127.0.0.9", "127.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    door = open_door(f"smtp://hop.example:{hop.port}")
    with SmtpClient(door.port) as client:
        assert client.send(b"a@example.org", RCPT, b"x\r\n").code == 250


def no_thread(_: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")


def no_memory(*_: object, **__: object) -> None:
    raise MemoryError


@pytest.mark.parametrize(("of", "name", "fault"), [(threading.Thread, "start", no_thread), (socket, "getaddrinfo", no_memory)])
def test_a_look_up_that_cannot_be_made_is_made_again(of: Any, name: str, fault: object, hop: RecordingHop, open_door: OpenDoor):
    """A machine short of threads or memory for a moment: the name is not waited for to the end of the process."""
    door = open_door(f"smtp://localhost:{hop.port}")
    with SmtpClient(door.port, greet=False) as client:
        client.reply()
        client.command(b"HELO client.example")
        with pytest.MonkeyPatch.context() as broken:
            broken.setattr(of, name, fault)
            assert client.command(b"MAIL FROM:<a@example.org>").lines[0].startswith(b"451 4.4.1 ")
        assert client.send(b"a@example.org", RCPT, b"x\r\n").code == 250
