"""Next hops that are down, silent, hostile or gone (docs/threats.md R2, R7, R8): always 451, within the limits, nothing delivered twice by us."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from itertools import count

import pytest

from gateway.delivery.timeouts import Timeouts
from tests.harness.client import SmtpClient
from tests.harness.hop import CLOSE, HANG, RESET, RecordingHop, say
from tests.harness.ports import free_port
from tests.harness.waiting import wait_for
from tests.relay.rig import FrontDoor, raw_hop, read_until, reset

RCPT = b"hr@toronto.example"
BRIEF = Timeouts(connect=0.5, command=0.5, data_end=0.5)
OpenDoor = Callable[..., FrontDoor]


def status(reply: object) -> str:
    return str(reply)[:9]


def test_down(open_door: OpenDoor):
    door = open_door(f"smtp://127.0.0.1:{free_port()}")
    with SmtpClient(door.port) as client:
        assert client.keywords == set(), "nothing is announced for a next hop that cannot be asked"
        client.write(b"MAIL FROM:<a@example.org>\r\nRCPT TO:<hr@toronto.example>\r\nDATA\r\n")
        assert [status(client.reply()) for _ in range(3)] == ["451 4.4.1"] * 3
        assert client.command(b"RSET").code == 250


def test_up_again(hop: RecordingHop, open_door: OpenDoor):
    door = open_door(hop.url)
    hop.stop_listening()
    with SmtpClient(door.port) as client:
        assert client.command(b"MAIL FROM:<a@example.org>").code == 451
        hop.listen()
        assert client.send(b"a@example.org", RCPT, b"x\r\n").code == 250
        assert "DSN" not in client.keywords
        assert any(line.endswith(b"DSN") for line in client.command(b"EHLO again").lines)


@pytest.mark.parametrize("name", ["nowhere.invalid", "a" * 64 + ".example"])
def test_no_such_name(name: str, open_door: OpenDoor):
    door = open_door(f"smtp://{name}:25")
    with SmtpClient(door.port) as client:
        assert status(client.command(b"MAIL FROM:<a@example.org>")) == "451 4.4.1"


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data", "end"])
@pytest.mark.parametrize("then", [HANG, CLOSE, RESET], ids=["hang", "close", "reset"])
def test_silent_or_gone_at_each_stage(stage: str, then: object, hop: RecordingHop, open_door: OpenDoor):
    door = open_door(hop.url, timeouts=BRIEF)
    with SmtpClient(door.port) as client:
        setattr(hop.script, stage, then)
        sent = client.send(b"a@example.org", RCPT, b"x\r\n")
        assert status(sent.last) == "451 4.4.2"
        assert not door.seen
        setattr(hop.script, stage, getattr(type(hop.script)(), stage))
        client.command(b"RSET")
        assert client.send(b"a@example.org", RCPT, b"x\r\n").code == 250


@pytest.mark.parametrize("stage", ["greeting", "ehlo"])
@pytest.mark.parametrize("then", [HANG, CLOSE, RESET], ids=["hang", "close", "reset"])
def test_silent_or_gone_before_mail(stage: str, then: object, hop: RecordingHop, open_door: OpenDoor):
    setattr(hop.script, stage, then)
    door = open_door(hop.url, timeouts=BRIEF)
    with SmtpClient(door.port) as client:
        assert client.command(b"MAIL FROM:<a@example.org>").code == 451


@pytest.mark.parametrize(
    "greeting",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"220 " + b"x" * 100_000 + b"\r\n",
        b"x" * 100_000,
        b"220-more\r\n" * 20_000,
        b"22O hello\r\n",
        b"\r\n",
        b"999 no\r\n",
    ],
    ids=lambda octets: octets[:8].decode(),
)
def test_garbage_for_a_greeting(greeting: bytes, open_door: OpenDoor):
    def play(connection: socket.socket) -> None:
        connection.sendall(greeting)
        read_until(connection, b"never")

    with raw_hop(play) as url:
        door = open_door(url)
        with SmtpClient(door.port) as client:
            assert client.command(b"MAIL FROM:<a@example.org>").code == 451


def test_a_greeting_that_drips(open_door: OpenDoor):
    def play(connection: socket.socket) -> None:
        connection.settimeout(0.05)
        for _ in count():
            connection.sendall(b"220-\r\n")
            try:
                connection.recv(1)
            except TimeoutError:
                continue

    with raw_hop(play) as url:
        door = open_door(url, timeouts=BRIEF)
        with SmtpClient(door.port) as client:
            assert client.command(b"MAIL FROM:<a@example.org>").code == 451


def greeted(connection: socket.socket, keywords: bytes = b"250 PIPELINING\r\n") -> None:
    connection.sendall(b"220 hop\r\n")
    read_until(connection, b"\r\n")
    connection.sendall(b"250-hop\r\n" + keywords)


def test_a_group_goes_on_in_one_piece(open_door: OpenDoor):
    heard: list[bytes] = []

    def play(connection: socket.socket) -> None:
        greeted(connection)
        heard.append(connection.recv(65536))
        connection.sendall(b"250 ok\r\n" * 3 + b"354 go\r\n")
        read_until(connection, b"\r\n.\r\n")
        connection.sendall(b"250 done\r\n")
        read_until(connection, b"never")

    with raw_hop(play) as url:
        door = open_door(url)
        with SmtpClient(door.port) as client:
            group = b"MAIL FROM:<a@example.org>\r\nRCPT TO:<a@toronto.example>\r\nRCPT TO:<b@toronto.example>\r\nDATA\r\n"
            client.write(group)
            assert [client.reply().code for _ in range(4)] == [250, 250, 250, 354]
            client.write(b"x\r\n.\r\n")
            assert client.reply().code == 250
    assert b"".join(heard) == group


def test_refused_before_the_dot(open_door: OpenDoor):
    """Some servers refuse while the message still comes, and leave: their answer counts, and no dot is sent."""
    after: list[bytes] = []

    def play(connection: socket.socket) -> None:
        greeted(connection, b"250 SIZE 1000\r\n")
        for answer in (b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"):
            read_until(connection, b"\r\n")
            connection.sendall(answer)
        connection.recv(65536)
        connection.sendall(b"552 5.3.4 Too big\r\n")
        after.append(read_until(connection, b"never"))

    with raw_hop(play) as url:
        door = open_door(url)
        with SmtpClient(door.port) as client:
            client.begin(b"a@example.org", RCPT)
            client.command(b"DATA")
            client.write(b"x" * 100_000)
            wait_for(lambda: door.run(early(door)), "the early refusal")
            client.write(b"x" * 100_000 + b"\r\n.\r\n")
            assert client.reply().lines == (b"552 5.3.4 Too big",)
    wait_for(lambda: after, "the connection cut")
    assert b"\r\n.\r\n" not in after[0]
    assert not door.seen


async def early(door: FrontDoor) -> bool:
    session = next(iter(door.server._sessions))
    return session._mirror is not None and session._mirror.transaction._session._early is not None  # type: ignore[attr-defined]


@pytest.mark.parametrize("words", [b"250 2.0.0 Ok\r\n", b"250 2.0.0 Ok\r\n250 2.0.0 Ok\r\n"])
def test_taken_before_the_dot_is_never_believed(words: bytes, open_door: OpenDoor):
    def play(connection: socket.socket) -> None:
        greeted(connection)
        for answer in (b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n" + words):
            read_until(connection, b"\r\n")
            connection.sendall(answer)
        read_until(connection, b"never")

    with raw_hop(play) as url:
        door = open_door(url)
        with SmtpClient(door.port) as client:
            assert status(client.send(b"a@example.org", RCPT, b"x\r\n").last) == "451 4.4.2"
    assert not door.seen


# --- kept connections


def test_one_connection_for_many_messages(hop: RecordingHop, door: FrontDoor, client: SmtpClient):
    for _ in range(3):
        assert client.send(b"a@example.org", RCPT, b"x\r\n").code == 250
    with SmtpClient(door.port) as another:
        assert another.send(b"a@example.org", RCPT, b"x\r\n").code == 250
    assert hop.connections == 1


@pytest.mark.parametrize("stage", ["rcpt", "end"])
def test_a_connection_that_saw_a_refusal_is_not_kept(stage: str, hop: RecordingHop, door: FrontDoor, client: SmtpClient):
    setattr(hop.script, stage, say("550 5.1.1 No"))
    client.send(b"a@example.org", RCPT, b"x\r\n")
    setattr(hop.script, stage, getattr(type(hop.script)(), stage))
    client.command(b"RSET")
    client.send(b"a@example.org", RCPT, b"x\r\n")
    assert hop.connections == 2


def test_a_connection_with_one_refused_recipient_is_not_kept(hop: RecordingHop, door: FrontDoor, client: SmtpClient):
    hop.script.rcpt_of = {"no@toronto.example": say("550 5.1.1 No")}
    for connections in (1, 2):
        assert client.send(b"a@example.org", [RCPT, b"no@toronto.example"], b"x\r\n").code == 250
        assert hop.connections == connections


def stale_play(fate: Callable[[socket.socket], None]) -> Callable[[socket.socket], None]:
    """The first connection takes one message; `fate` happens to it at its second MAIL. Later ones take everything."""
    numbers = count()

    def play(connection: socket.socket) -> None:
        first, messages = next(numbers) == 0, 0
        greeted(connection)
        lines = connection.makefile("rb")
        for line in lines:
            if first and messages and line.startswith(b"MAIL"):
                lines.close()  # it holds the socket open
                fate(connection)
                read_until(connection, b"never")
                return
            if not line.startswith(b"DATA"):
                connection.sendall(b"250 ok\r\n")
                continue
            connection.sendall(b"354 go\r\n")
            while lines.readline() != b".\r\n":
                pass
            messages += 1
            connection.sendall(b"250 done\r\n")

    return play


def leave(connection: socket.socket) -> None:
    connection.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("fate", [leave, reset, lambda each: each.sendall(b"421 4.4.2 timeout\r\n")], ids=["close", "reset", "421"])
@pytest.mark.parametrize("pipelined", [False, True])
def test_a_kept_connection_that_is_dead_at_mail_is_replaced(fate: Callable[[socket.socket], None], pipelined: bool, open_door: OpenDoor):
    with raw_hop(stale_play(fate)) as url:
        door = open_door(url)
        with SmtpClient(door.port) as client:
            assert client.send(b"a@example.org", RCPT, b"one\r\n").code == 250
            if pipelined:
                client.write(b"MAIL FROM:<b@example.org>\r\nRCPT TO:<hr@toronto.example>\r\nDATA\r\n")
                assert [client.reply().code for _ in range(3)] == [250, 250, 354]
                client.write(b"two\r\n.\r\n")
                assert client.reply().code == 250
            else:
                assert client.send(b"b@example.org", RCPT, b"two\r\n").code == 250
        assert [each.octets for each in door.wait_seen(2)] == [b"one\r\n", b"two\r\n"]


def test_a_next_hop_that_hangs_up_on_a_fresh_connection_is_not_tried_again(open_door: OpenDoor):
    connections = count()

    def play(connection: socket.socket) -> None:
        next(connections)
        greeted(connection)
        read_until(connection, b"\r\n")

    with raw_hop(play) as url:
        door = open_door(url)
        with SmtpClient(door.port, greet=False) as client:
            client.reply()
            client.command(b"HELO x")
            assert status(client.command(b"MAIL FROM:<a@example.org>")) == "451 4.4.2"
    assert next(connections) == 1


def test_fail_over_in_order_and_what_was_announced(hop: RecordingHop, open_door: OpenDoor):
    """The second next hop knows no DSN that the first one announced: what uses it is put off, not refused for good."""
    with RecordingHop() as second:
        second.script.keywords = (b"PIPELINING",)
        second.script.mail = say("250 2.1.0 second")
        door = open_door([hop.url, second.url])
        with SmtpClient(door.port) as client:
            assert "DSN" in client.keywords
            hop.stop_listening()
            assert status(client.command(b"MAIL FROM:<a@example.org> RET=HDRS")) == "451 4.4.1"
            assert client.command(b"MAIL FROM:<a@example.org>").text == "2.1.0 second"
            client.command(b"RSET")
            assert client.command(b"EHLO again").lines[1:] == (b"250 PIPELINING",)


def send_until_stuck(client: SmtpClient, most: int) -> int:
    sent = 0
    while sent < most:
        try:
            sent += client.socket.send(b"x" * 65536)
        except TimeoutError:
            return sent
    return sent


def test_octets_flow_no_faster_than_the_next_hop_takes_them(open_door: OpenDoor):
    def play(connection: socket.socket) -> None:
        greeted(connection)
        for answer in (b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"):
            read_until(connection, b"\r\n")
            connection.sendall(answer)
        connection.settimeout(60)
        stopped.wait(30)

    stopped = threading.Event()
    with raw_hop(play) as url:
        door = open_door(url, timeouts=Timeouts(command=30))
        with SmtpClient(door.port) as client:
            client.begin(b"a@example.org", RCPT)
            client.command(b"DATA")
            client.socket.settimeout(1)
            sent = send_until_stuck(client, 200 << 20)
            stopped.set()
    assert sent < 40 << 20, "the sockets' buffers and little more"


def test_a_next_hop_that_stops_taking_octets(open_door: OpenDoor):
    def play(connection: socket.socket) -> None:
        greeted(connection)
        for answer in (b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"):
            read_until(connection, b"\r\n")
            connection.sendall(answer)
        stopped.wait(30)

    stopped = threading.Event()
    with raw_hop(play) as url:
        door = open_door(url, timeouts=BRIEF)
        with SmtpClient(door.port) as client:
            sent = client.send(b"a@example.org", RCPT, b"x" * (30 << 20) + b"\r\n")
            assert status(sent.last) == "451 4.4.2"
        stopped.set()
