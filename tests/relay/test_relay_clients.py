"""Clients that leave, half leave, dawdle or flood (docs/threats.md R4, S5)."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable

import pytest

from gateway.relay import connection
from gateway.relay.door import Limits
from tests.harness.client import SmtpClient
from tests.harness.hop import RecordingHop, say
from tests.harness.waiting import wait_for
from tests.relay.rig import FrontDoor, read_until, reset

RCPT = b"hr@toronto.example"
LEAVING = pytest.mark.parametrize("leave", ["close", "reset"])


def leave_by(client: SmtpClient, how: str) -> None:
    (client.reset if how == "reset" else client.close)()


@LEAVING
def test_gone_after_the_dot_while_the_next_hop_works(leave: str, hop: RecordingHop, door: FrontDoor, client: SmtpClient):
    hop.script.end = say("250 2.0.0 Ok", after=0.3)
    client.begin(b"a@example.org", RCPT)
    client.command(b"DATA")
    client.write(b"Subject: x\r\n\r\nx\r\n.\r\n")
    wait_for(lambda: hop.transactions, "the message at the next hop")
    leave_by(client, leave)
    assert len(hop.wait_accepted()) == 1
    assert door.wait_seen()[0].octets == b"Subject: x\r\n\r\nx\r\n"
    door.wait_no_sessions()


@LEAVING
def test_gone_while_it_is_observed(leave: str, hop: RecordingHop, door: FrontDoor, client: SmtpClient):
    door.observer.hold = threading.Event()
    client.begin(b"a@example.org", RCPT)
    client.command(b"DATA")
    client.write(b"x\r\n.\r\n")
    hop.wait_accepted()
    leave_by(client, leave)
    door.observer.hold.set()
    door.wait_seen()
    door.wait_no_sessions()


@LEAVING
@pytest.mark.parametrize("size", [10, 1_000_000])
def test_gone_inside_the_message(leave: str, size: int, hop: RecordingHop, door: FrontDoor, client: SmtpClient):
    client.begin(b"a@example.org", RCPT)
    client.command(b"DATA")
    client.write(b"x" * size + b"\r\n")
    leave_by(client, leave)
    door.wait_no_sessions()
    wait_for(lambda: len(hop.aborted) == 1, "the next hop sees the connection end without a final dot")
    assert not hop.accepted
    assert not door.seen


@LEAVING
@pytest.mark.parametrize("commands", [b"", b"MAIL FROM:<a@example.org>\r\n", b"MAIL FROM:<a@example.org>\r\nRCPT TO:<hr@toronto.example>\r\n"])
def test_gone_before_data(leave: str, commands: bytes, hop: RecordingHop, door: FrontDoor, client: SmtpClient):
    client.write(commands)
    leave_by(client, leave)
    door.wait_no_sessions()
    assert not hop.lines(b"DATA")


CONVERSATION = (
    b"EHLO x\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<hr@toronto.example>\r\nDATA\r\nSubject: x\r\n\r\n..y\r\n.\r\nQUIT\r\n",
    b"Subject: x\r\n\r\n..y\r\n",
)


@pytest.mark.parametrize("leave", ["close", "reset", "half-close"])
def test_gone_at_each_octet(leave: str, hop: RecordingHop, open_door: Callable[..., FrontDoor]):
    """Whatever came of the message: all of it is passed on and observed, once, or the next hop gets no final dot."""
    door = open_door(hop.url, loop="uvloop")
    whole, wire = CONVERSATION
    for at in range(len(whole) + 1):
        with socket.create_connection(("127.0.0.1", door.port), 10) as client:
            read_until(client, b"220 gateway.example ESMTP\r\n")  # there is a session
            client.sendall(whole[:at])
            if leave == "half-close":
                client.shutdown(socket.SHUT_WR)
                answer = read_until(client, b"never")
                dot = at >= whole.index(b"\r\n.\r\n") + 5
                assert (b"354 " in answer) is (at >= whole.index(b"Subject")), at
                assert bool(hop.accepted) is dot, at
            elif leave == "reset":
                reset(client)
        door.wait_no_sessions()
        assert [each.raw for each in hop.accepted] == [wire] * len(door.seen), at
        assert len(door.seen) <= 1, at
        hop.forget()
        door.seen.clear()
    with SmtpClient(door.port) as another:
        assert another.send(b"a@example.org", RCPT, b"x\r\n").code == 250


def test_gone_while_the_next_hop_thinks_about_mail(hop: RecordingHop, door: FrontDoor, client: SmtpClient):
    hop.script.mail = say("250 2.1.0 Ok", after=0.3)
    client.write(b"MAIL FROM:<a@example.org>\r\n")
    wait_for(lambda: hop.lines(b"MAIL"), "MAIL at the next hop")
    client.reset()
    door.wait_no_sessions()
    with SmtpClient(door.port) as another:
        assert another.send(b"a@example.org", RCPT, b"x\r\n").code == 250


def test_a_half_closed_client_gets_all_its_replies(hop: RecordingHop, door: FrontDoor, client: SmtpClient):
    hop.script.end = say("250 2.0.0 Ok", after=0.2)
    client.begin(b"a@example.org", RCPT)
    client.command(b"DATA")
    client.write(b"x\r\n.\r\nMAIL FROM:<b@example.org>\r\nRSET\r\n")
    client.socket.shutdown(socket.SHUT_WR)
    assert [client.reply().code for _ in range(3)] == [250, 250, 250]
    with pytest.raises(ConnectionError):
        client.reply()
    assert len(door.wait_seen()) == 1


@pytest.mark.parametrize("beginning", [b"", b"NOOP", b"MAIL FROM:<a@example.org>\r\nRCPT TO:<hr@toronto.example>\r\nDATA\r\nSubject: x\r\n"])
def test_a_client_that_falls_silent_is_told_and_closed(beginning: bytes, hop: RecordingHop, open_door: Callable[..., FrontDoor]):
    door = open_door(hop.url, limits=Limits(idle=0.3))
    with SmtpClient(door.port) as client:
        client.write(beginning)
        codes = [0]
        while codes[-1] != 421:
            codes.append(client.reply().code)
        with pytest.raises(ConnectionError):
            client.reply()
    assert not hop.accepted


@pytest.mark.parametrize("beginning", [b"", b"MAIL FROM:<a@example.org>\r\nRCPT TO:<hr@toronto.example>\r\nDATA\r\n"])
def test_dripping_does_not_hold_a_session(beginning: bytes, hop: RecordingHop, open_door: Callable[..., FrontDoor]):
    """An octet now and then neither renews the time for a command line nor keeps up the data rate."""
    door = open_door(hop.url, limits=Limits(idle=0.5))
    with SmtpClient(door.port) as client:
        client.write(beginning)
        for _ in range(beginning.count(b"\r\n")):
            client.reply()
        for _ in range(200):
            if client.answered(0.02):
                break
            client.write(b"x")
        else:
            pytest.fail("dripping kept the session")
        assert client.reply().code == 421


def test_a_slow_next_hop_is_not_the_clients_silence(hop: RecordingHop, open_door: Callable[..., FrontDoor]):
    door = open_door(hop.url, limits=Limits(idle=0.2))
    hop.script.mail = hop.script.end = say("250 2.0.0 Ok", after=0.6)
    with SmtpClient(door.port) as client:
        assert client.send(b"a@example.org", RCPT, b"x\r\n").code == 250


def test_one_client_too_many(hop: RecordingHop, open_door: Callable[..., FrontDoor]):
    door = open_door(hop.url, limits=Limits(connections=2))
    with SmtpClient(door.port) as first, SmtpClient(door.port):
        with SmtpClient(door.port, greet=False) as third:
            assert third.reply().lines == (b"421 4.7.0 Too many connections, try again later",)
            with pytest.raises(ConnectionError):
                third.reply()
        first.command(b"QUIT")
        wait_for(lambda: door.server.sessions == 1, "one session less")
        with SmtpClient(door.port) as fourth:
            assert fourth.greeting.code == 220


def test_commands_without_mail_end_the_session(hop: RecordingHop, open_door: Callable[..., FrontDoor]):
    door = open_door(hop.url, limits=Limits(commands_without_mail=10))
    with SmtpClient(door.port) as client:
        client.send(b"a@example.org", RCPT, b"x\r\n")
        assert [client.command(b"NOOP").code for _ in range(11)] == [250] * 10 + [421]


def test_many_recipients_of_one_message(hop: RecordingHop, door: FrontDoor, client: SmtpClient):
    client.write(b"MAIL FROM:<a@example.org>\r\n" + b"".join(b"RCPT TO:<r%d@toronto.example>\r\n" % each for each in range(1001)) + b"DATA\r\n")
    codes = [client.reply().code for _ in range(1003)]
    assert codes == [250] * 1001 + [452, 354]
    client.write(b"x\r\n.\r\n")
    assert client.reply().code == 250
    assert len(door.wait_seen()[0].envelope.rcpt_to) == 1000


def test_many_recipients_behind_a_mail_that_is_refused(hop: RecordingHop, door: FrontDoor, client: SmtpClient):
    """RFC 2920 §3.1: the group had to be written before MAIL was answered, so none of it is a mistake that could end the session."""
    hop.script.mail, hop.script.rcpt = say("451 4.7.1 Later"), say("503 5.5.1 MAIL first")
    client.write(b"MAIL FROM:<a@example.org>\r\n" + b"RCPT TO:<hr@toronto.example>\r\n" * 150 + b"NOOP\r\n")
    assert [client.reply().code for _ in range(152)] == [451, *[503] * 150, 250]
    hop.script.mail, hop.script.rcpt = say("250 2.1.0 Ok"), say("250 2.1.5 Ok")
    assert client.send(b"a@example.org", RCPT, b"x\r\n").code == 250


def test_a_client_that_reads_no_replies_is_no_longer_read(hop: RecordingHop, open_door: Callable[..., FrontDoor], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(connection, "FAREWELL", 0.2)
    door = open_door(hop.url, limits=Limits(idle=0.5, commands_without_mail=10**9))
    with SmtpClient(door.port) as client:
        with pytest.raises(ConnectionError):
            client.write(b"HELP\r\n" * 10_000_000)
        door.wait_no_sessions()


def test_a_command_that_comes_while_a_reply_is_awaited(hop: RecordingHop, door: FrontDoor, client: SmtpClient):
    hop.script.mail = say("250 2.1.0 Ok", after=0.3)
    client.write(b"MAIL FROM:<a@example.org>\r\n")
    wait_for(lambda: hop.lines(b"MAIL"), "MAIL at the next hop")
    client.write(b"NOOP\r\n")
    assert [client.reply().code, client.reply().code] == [250, 250]


def test_a_reply_that_is_there_does_not_wait_for_the_next(hop: RecordingHop, door: FrontDoor, client: SmtpClient):
    hop.script.rcpt = say("250 2.1.5 Ok", after=1.0)
    client.write(b"MAIL FROM:<a@example.org>\r\nRCPT TO:<hr@toronto.example>\r\n")
    assert client.reply().text == "2.1.0 Ok"
    assert not client.answered(0.2)
    assert client.reply().text == "2.1.5 Ok"


def test_endless_octets_without_a_line_break_take_no_memory(hop: RecordingHop, door: FrontDoor, client: SmtpClient):
    for _ in range(64):
        client.write(b"x" * 65536)
    client.write(b"\r\nNOOP\r\n")
    assert [client.reply().code, client.reply().code] == [500, 250]
