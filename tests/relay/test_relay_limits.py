"""What one client, and all of them together, may take (docs/threats.md S5, S6): others are served meanwhile."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from ipaddress import ip_network

import pytest

from gateway.relay import session
from gateway.relay.budget import Budget, Share
from gateway.relay.crowd import Crowd
from gateway.relay.door import Limits
from gateway.relay.session import RelaySession
from tests.harness.client import SmtpClient
from tests.harness.hop import HANG, QUEUED, RecordingHop, say
from tests.harness.waiting import wait_for
from tests.relay.rig import FrontDoor

OpenDoor = Callable[..., FrontDoor]
RCPT = b"hr@toronto.example"
ANYWHERE = (ip_network("0.0.0.0/0"), ip_network("::/0"))
BALANCER = (ip_network("127.0.0.1/32"),)


# --- sessions of one address


def test_who_is_counted():
    crowd = Crowd(2, (*ANYWHERE, ip_network("192.0.2.25/32")))
    assert [crowd.enter("203.0.113.5") for _ in range(3)] == [True, True, False]
    assert crowd.enter("::ffff:203.0.113.5") is False, "the same client, by its other name"
    assert crowd.enter("203.0.113.6")
    assert all(crowd.enter("192.0.2.25") for _ in range(9)), "a smart host named by its address"
    assert all(crowd.enter("127.0.0.1") for _ in range(9))
    crowd.leave("203.0.113.5")
    assert crowd.enter("203.0.113.5")


def test_ipv6_clients_are_counted_by_their_network():
    crowd = Crowd(2, ANYWHERE)
    assert [crowd.enter(f"2001:db8::{each}") for each in range(3)] == [True, True, False]
    assert crowd.enter("2001:db8:0:1::1")


def proxied(port: int, address: str) -> SmtpClient:
    client = SmtpClient(port, greet=False)
    client.write(f"PROXY TCP4 {address} 192.0.2.1 4711 25\r\n".encode())
    return client


def test_one_address_too_often(hop: RecordingHop, open_door: OpenDoor):
    door = open_door(hop.url, allow=ANYWHERE, proxy_from=BALANCER, limits=Limits(connections_per_address=2))
    with proxied(door.port, "203.0.113.5") as first, proxied(door.port, "203.0.113.5") as second:
        assert [first.reply().code, second.reply().code] == [220, 220]
        with proxied(door.port, "203.0.113.5") as third, proxied(door.port, "203.0.113.6") as other:
            assert third.reply().lines == (b"421 4.7.0 Too many connections from your address, try again later",)
            assert other.reply().code == 220
        first.command(b"QUIT")
        wait_for(lambda: door.server.sessions == 1, "one session less")
        with proxied(door.port, "203.0.113.5") as fourth:
            assert fourth.reply().code == 220


# --- a flood of commands


def test_a_flood_of_commands_leaves_the_others_their_turn(hop: RecordingHop, open_door: OpenDoor, monkeypatch: pytest.MonkeyPatch):
    """Counted, not timed: how many of them are obeyed in one round of the event loop."""
    rounds, obeyed, real = [0], Counter[int](), session._COMMANDS[b"RCPT"]

    def turn(loop: asyncio.AbstractEventLoop) -> None:
        rounds[0] += 1
        loop.call_soon(turn, loop)

    async def count(each: RelaySession, argument: bytes) -> None:
        if not obeyed:
            turn(asyncio.get_running_loop())
        obeyed[rounds[0]] += 1
        await real(each, argument)

    monkeypatch.setitem(session._COMMANDS, b"RCPT", count)
    door = open_door(hop.url, loop="uvloop", recipient_domains=("toronto.example",), limits=Limits(recipients_beyond=10**9))
    with SmtpClient(door.port) as client:
        client.command(b"MAIL FROM:<a@example.org>")
        client.write(b"RCPT TO:<a@example.org>\r\n" * 4000)
        assert {client.reply().code for _ in range(4000)} == {550}
    assert max(obeyed.values()) <= 20


# --- the time of a session


@pytest.mark.parametrize("beginning", [b"", b"MAIL FROM:<a@example.org>\r\n"])
def test_a_session_ends_when_its_time_is_over(beginning: bytes, hop: RecordingHop, open_door: OpenDoor):
    door = open_door(hop.url, limits=Limits(session=0.4))
    with SmtpClient(door.port) as client:
        client.write(beginning)
        if beginning:
            client.reply()
        until = time.monotonic() + 10
        while not client.answered(0.05):
            assert time.monotonic() < until
        assert client.reply().lines == (b"421 4.4.2 This session has lasted long enough, connect again",)


def test_commands_do_not_renew_the_time_of_a_session(hop: RecordingHop, open_door: OpenDoor):
    door = open_door(hop.url, limits=Limits(session=0.4, commands_without_mail=10**9))
    with SmtpClient(door.port) as client:
        wait_for(
            lambda: (
                client.command(b"NOOP").code == 421 or client.command(b"MAIL FROM:<a@example.org>").code == 421 or client.command(b"RSET").code == 421
            ),
            "the end",
            every=0,
        )


def test_a_message_that_is_coming_is_finished(hop: RecordingHop, open_door: OpenDoor):
    door = open_door(hop.url, limits=Limits(session=0.3))
    with SmtpClient(door.port) as client:
        client.begin(b"a@example.org", RCPT)
        client.command(b"DATA")
        client.write(b"x\r\n")
        assert not client.answered(0.6)
        client.write(b".\r\n")
        assert [client.reply().code, client.reply().code] == [250, 421]
    assert len(door.wait_seen()) == 1


# --- memory


def test_what_is_counted():
    budget = Budget(200_000)
    first, second = Share(budget), Share(budget)
    first.holds(100_000)
    assert not budget.spent
    second.holds(0)
    assert budget.spent
    first.holds(50_000)
    assert not budget.spent
    first.release()
    second.release()
    assert budget.held == 0


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_no_message_begins_while_too_much_is_under_way(loop: str, hop: RecordingHop, open_door: OpenDoor):
    budget = Budget(100_000)
    door = open_door(hop.url, budget=budget, loop=loop)
    with SmtpClient(door.port) as big, SmtpClient(door.port) as other, SmtpClient(door.port) as late:
        late.begin(b"a@example.org", RCPT)
        big.begin(b"a@example.org", RCPT)
        big.command(b"DATA")
        big.write(b"x" * 70 + b"\r\n")
        big.write((b"x" * 70 + b"\r\n") * 1000)
        wait_for(lambda: budget.spent, "the budget is spent")
        assert other.command(b"MAIL FROM:<a@example.org>").lines == (b"452 4.3.1 Too much mail under way, try again later",)
        assert late.command(b"DATA").code == 452
        big.write(b".\r\n")
        assert big.reply().code == 250, "what has begun is finished"
        assert budget.held == 0
        for client in (other, late):
            assert client.send(b"a@example.org", RCPT, b"x\r\n").code == 250


@pytest.mark.parametrize("how", ["gone", "refused", "hop gone"])
def test_memory_is_given_back_however_a_message_ends(how: str, hop: RecordingHop, open_door: OpenDoor):
    budget = Budget()
    door = open_door(hop.url, budget=budget)
    hop.script.end = say("554 5.7.1 No") if how == "refused" else QUEUED
    with SmtpClient(door.port) as client:
        client.begin(b"a@example.org", RCPT)
        client.command(b"DATA")
        client.write(b"x\r\n")
        wait_for(lambda: budget.held, "counted")
        if how == "hop gone":
            hop.cut()
        if how == "gone":
            client.reset()
        else:
            client.write(b".\r\n")
            assert client.reply().code >= 400
    wait_for(lambda: budget.held == 0, "given back")


# --- slow loris


@pytest.fixture
def many() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.mark.parametrize(
    "beginning",
    [
        b"",
        b"EHLO x\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<hr@toronto.example>\r\n",
        b"EHLO x\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<hr@toronto.example>\r\nDATA\r\nSubj",
    ],
)
def test_five_hundred_clients_that_dawdle_keep_nobody_waiting(beginning: bytes, hop: RecordingHop, open_door: OpenDoor, many: ExitStack):
    door = open_door(hop.url, loop="uvloop", limits=Limits(idle=300))
    dawdlers = [many.enter_context(socket.create_connection(("127.0.0.1", door.port), 10)) for _ in range(500)]
    for each in dawdlers:
        each.sendall(beginning)
    wait_for(lambda: door.server.sessions == 500, "all are there")
    took = []
    for at in range(20):
        for each in dawdlers[at::20]:
            each.sendall(b"N")
        since = time.monotonic()
        with SmtpClient(door.port) as client:
            assert client.send(b"b@example.org", RCPT, b"x\r\n").code == 250
        took.append(time.monotonic() - since)
    assert sorted(took)[10] < 1.0, took


def test_dawdlers_are_told_to_go_all_of_them(hop: RecordingHop, open_door: OpenDoor, many: ExitStack):
    door = open_door(hop.url, loop="uvloop", limits=Limits(idle=1.0))
    dawdlers = [many.enter_context(SmtpClient(door.port, greet=False)) for _ in range(200)]
    assert {each.reply().code for each in dawdlers} == {220}
    assert {each.reply().code for each in dawdlers} == {421}
    door.wait_no_sessions()


def test_a_next_hop_that_hangs_for_many_keeps_the_others_going(hop: RecordingHop, open_door: OpenDoor, many: ExitStack):
    hop.script.rcpt_of = {"stuck@toronto.example": HANG}
    door = open_door(hop.url, loop="uvloop")
    for _ in range(100):
        client = many.enter_context(SmtpClient(door.port))
        client.write(b"MAIL FROM:<a@example.org>\r\nRCPT TO:<stuck@toronto.example>\r\n")
    wait_for(lambda: len(hop.lines(b"RCPT")) == 100, "all are stuck")
    done = threading.Event()

    def one() -> None:
        with SmtpClient(door.port) as client:
            assert client.send(b"a@example.org", RCPT, b"x\r\n").code == 250
        done.set()

    threading.Thread(target=one, daemon=True).start()
    assert done.wait(5)
    hop.stop_listening()  # or the end would wait for those that are stuck
