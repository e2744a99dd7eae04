"""The end of the service: no new client, idle ones are told, messages under way are finished (docs/threats.md R13)."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable

import pytest

from tests.harness.client import SmtpClient
from tests.harness.hop import HANG, RecordingHop, say
from tests.harness.waiting import wait_for
from tests.relay.rig import FrontDoor, read_until

RCPT = b"hr@toronto.example"


def drained(door: FrontDoor, seconds: float) -> Callable[[], int]:
    found: list[int] = []
    thread = threading.Thread(target=lambda: found.append(door.run(door.server.drain(seconds))))
    thread.start()

    def result() -> int:
        thread.join(20)
        return found[0]

    return result


def test_idle_clients_are_told_and_new_ones_refused(door: FrontDoor, client: SmtpClient):
    result = drained(door, 5)
    assert client.reply().lines == (b"421 4.3.2 The service is closing, try again later",)
    with pytest.raises(ConnectionError):
        client.reply()
    assert result() == 0
    with pytest.raises(ConnectionRefusedError):
        SmtpClient(door.port)


def test_who_waits_in_the_queue_is_told_too(door: FrontDoor):
    """Closing a listening socket resets them: to a client that is a refused connection."""
    waiting: list[socket.socket] = []

    async def crowd_and_drain() -> None:
        # Blocking, in the loop's own thread: the kernel completes these connections, and nobody can accept them yet.
        waiting.extend(socket.create_connection(("127.0.0.1", door.port), 10) for _ in range(5))
        await door.server.drain(5)

    door.run(crowd_and_drain())
    for each in waiting:
        with each:
            assert read_until(each, b"421 4.3.2").startswith(b"220 ")


@pytest.mark.parametrize("stage", ["mail", "data", "end"])
def test_a_message_under_way_is_finished(stage: str, hop: RecordingHop, door: FrontDoor, client: SmtpClient):
    hop.script.end = say("250 2.0.0 Ok", after=0.3)
    result = None
    client.command(b"MAIL FROM:<a@example.org>")
    if stage == "mail":
        result = drained(door, 10)
    client.command(b"RCPT TO:<hr@toronto.example>")
    client.command(b"DATA")
    client.write(b"Subject: x\r\n")
    if stage == "data":
        result = drained(door, 10)
    client.write(b"\r\nx\r\n.\r\n")
    if stage == "end":
        wait_for(lambda: hop.transactions, "the message at the next hop")
        result = drained(door, 10)
    assert client.reply().code == 250
    assert client.reply().code == 421
    assert result is not None
    assert result() == 0
    assert len(door.seen) == 1


def test_what_does_not_end_in_time_is_cut_without_a_dot(hop: RecordingHop, door: FrontDoor, client: SmtpClient):
    client.begin(b"a@example.org", RCPT)
    client.command(b"DATA")
    client.write(b"half")
    assert drained(door, 0.2)() == 1
    wait_for(lambda: hop.aborted, "cut")
    assert not hop.accepted


def test_a_silent_next_hop_does_not_hold_the_end(hop: RecordingHop, door: FrontDoor, client: SmtpClient):
    hop.script.mail = HANG
    client.write(b"MAIL FROM:<a@example.org>\r\n")
    wait_for(lambda: hop.lines(b"MAIL"), "MAIL at the next hop")
    assert drained(door, 0.2)() == 1


def test_a_port_in_use_and_a_bad_certificate_are_errors_at_once(door: FrontDoor, hop: RecordingHop, tmp_path):
    with pytest.raises(OSError, match=r"."), FrontDoor(hop.url, bind=f"127.0.0.1:{door.port}"):
        pass
    (tmp_path / "c.pem").write_text("no certificate")
    with pytest.raises(OSError, match=r"."), FrontDoor(hop.url, tls="required", certificate=tmp_path / "c.pem"):
        pass
    with pytest.raises(ValueError, match="header field"), FrontDoor(hop.url, marker="no field"):
        pass


def test_nothing_is_left_running(door: FrontDoor, client: SmtpClient):
    client.command(b"QUIT")
    door.wait_no_sessions()

    async def tasks() -> list[str]:
        mine = asyncio.current_task()
        return [repr(each.get_coro()) for each in asyncio.all_tasks() if each is not mine]

    assert door.run(tasks()) == []
