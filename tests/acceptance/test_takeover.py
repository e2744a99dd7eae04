"""One gateway takes over from another, and several share the work: nobody is refused, nothing is lost, nothing is acknowledged twice."""

from __future__ import annotations

import copy
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.conftest import GatewayFactory
from tests.harness.client import SmtpClient, send
from tests.harness.gateway import GatewayProcess, listening
from tests.harness.hop import RecordingHop
from tests.harness.mails import carries, inquiry, new_message_id, resident, wait_acknowledged
from tests.harness.waiting import PATIENCE, wait_for

pytestmark = pytest.mark.front_door

RCPT = b"hr@toronto.example"
RESTARTS = 10


@dataclass
class Sender:
    """Sends one message after the other, each on a connection of its own, until stopped."""

    port: int
    acknowledged: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    """Connections that were refused, or reset before a greeting."""
    asked_to_wait: int = 0
    over: bool = False

    def run(self) -> None:
        while not self.over:
            try:
                client = SmtpClient(self.port, greet=False)
                greeting = client.reply()
            except OSError as error:
                self.refused.append(type(error).__name__)
                continue
            with client, suppress(ConnectionError):  # in the middle: 421 and an end, so no 250
                if greeting.code == 421 or not self._send(client):
                    self.asked_to_wait += 1

    def _send(self, client: SmtpClient) -> bool:
        message_id = new_message_id()
        if client.command(b"EHLO x").code != 250:
            return False
        taken = client.send(resident(message_id), RCPT, inquiry(message_id)).code == 250
        if taken:
            self.acknowledged.append(message_id)
        return taken


@contextmanager
def sending(port: int) -> Iterator[Sender]:
    sender = Sender(port)
    thread = threading.Thread(target=sender.run, daemon=True)
    thread.start()
    try:
        yield sender
    finally:
        sender.over = True
        thread.join(PATIENCE)


def assert_nothing_lost(sender: Sender, hop: RecordingHop) -> None:
    assert not sender.refused, (sender.refused, len(sender.acknowledged))
    arrived = b"\n".join(each.raw for each in hop.accepted)
    counts = {each: arrived.count(b"Message-ID: " + each.encode()) for each in sender.acknowledged}
    assert set(counts.values()) == {1}


@pytest.fixture
def successors() -> Iterator[Callable[[GatewayProcess], GatewayProcess]]:
    """Another process on the same configuration; all are ended."""
    made: list[GatewayProcess] = []

    def make(before: GatewayProcess) -> GatewayProcess:
        made.append(copy.copy(before))
        made[-1].process = None
        return made[-1]

    yield make
    for each in made:
        each.kill()


def test_restarts_with_shared_ports(new_gateway: GatewayFactory, successors: Callable[[GatewayProcess], GatewayProcess], hop: RecordingHop):
    running = new_gateway(settings={"relay": {"share_ports": True}})
    running.start()
    with sending(running.inbound) as sender:
        for number in range(RESTARTS):
            successor = successors(running)
            successor.start(ready=False)
            wait_for(lambda: successor.output.count("Page: ") == number + 2, "the successor listens")  # noqa: B023 - asked at once
            before = len(sender.acknowledged)
            assert running.stop() == 0
            running = successor
            wait_for(lambda: len(sender.acknowledged) > before, "mail goes on")  # noqa: B023 - asked at once
    assert_nothing_lost(sender, hop)


def test_restarts_with_sockets_that_systemd_keeps(new_gateway: GatewayFactory, hop: RecordingHop):
    gateway = new_gateway()
    with socket.create_server(("127.0.0.1", gateway.inbound), backlog=128) as kept, sending(gateway.inbound) as sender:
        for _ in range(RESTARTS):
            gateway.start(kept=[kept.fileno()])
            before = len(sender.acknowledged)
            wait_for(lambda: len(sender.acknowledged) > before, "mail goes on")  # noqa: B023 - asked at once
            assert gateway.stop() == 0
        gateway.start(kept=[kept.fileno()])
        before = len(sender.acknowledged)
        wait_for(lambda: len(sender.acknowledged) > before, "who waited is served")
        sender.over = True
    assert_nothing_lost(sender, hop)


def test_ports_are_not_shared_unless_asked(new_gateway: GatewayFactory, successors: Callable[[GatewayProcess], GatewayProcess]):
    """Two gateways on one address by mistake would each get half of the mail."""
    gateway = new_gateway()
    gateway.start()
    for options in ((), ("--workers", "2")):
        second = successors(gateway)
        second.start(ready=False, options=options)
        assert second.process
        assert second.process.wait(PATIENCE) == 2
    assert gateway.output.count("the port is in use") == 2


# --- several workers


@pytest.fixture
def team(new_gateway: GatewayFactory) -> GatewayProcess:
    gateway = new_gateway()
    gateway.start(options=("--workers", "3"))
    wait_for(lambda: all(listening(gateway.web + number) for number in range(3)), f"three pages\n{gateway.output[-2000:]}")
    return gateway


def workers_of(gateway: GatewayProcess) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{gateway.pid}/task/{gateway.pid}/children").read_text().split()]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_workers_share_the_mail_and_acknowledge_once(team: GatewayProcess, hop: RecordingHop, notices_hop: RecordingHop):
    ids = [new_message_id() for _ in range(60)]
    for each in ids:
        assert send(team.inbound, resident(each), RCPT, inquiry(each)).code == 250
    for each in ids:
        assert len(wait_acknowledged(notices_hop, each)) == 1
    assert len([one for one in hop.accepted if carries(one, ids[0])]) == 1
    relayed = [team_metrics(team, number) for number in range(3)]
    assert sum(relayed) == 60
    assert sum(each > 0 for each in relayed) >= 2, relayed
    assert team.stop() == 0
    assert len(notices_hop.accepted) == 60


def team_metrics(team: GatewayProcess, number: int) -> int:
    page = copy.copy(team)
    page.web = team.web + number
    counted = [line for line in page.http("/metrics")[1].splitlines() if line.startswith("gateway_messages_total")]
    return sum(int(float(line.rsplit(" ", 1)[1])) for line in counted)


def test_a_worker_that_dies_is_replaced_and_said_so(team: GatewayProcess, hop: RecordingHop):
    with sending(team.inbound) as sender:
        wait_for(lambda: sender.acknowledged, "mail flows")
        victim = workers_of(team)[1]
        os.kill(victim, signal.SIGKILL)
        wait_for(lambda: "worker-ended" in team.output, "it is said")
        wait_for(lambda: len(workers_of(team)) == 3 and victim not in workers_of(team), "another takes its place")
        before = len(sender.acknowledged)
        wait_for(lambda: len(sender.acknowledged) > before + 20, "mail goes on")
        sender.over = True
    assert "ConnectionRefusedError" not in sender.refused
    arrived = b"\n".join(each.raw for each in hop.accepted)
    assert all(each.encode() in arrived for each in sender.acknowledged)


def test_all_read_again_and_all_drain_when_told(team: GatewayProcess, hop: RecordingHop):
    workers = workers_of(team)
    assert team.process
    team.process.send_signal(signal.SIGHUP)
    wait_for(lambda: team.output.count("policy-in-force") == 6, "each worker has read its policy twice")
    clients = [SmtpClient(team.inbound) for _ in range(12)]
    for client in clients:
        client.begin(b"a@example.org", RCPT)
        client.command(b"DATA")
    team.process.send_signal(signal.SIGTERM)
    wait_for(lambda: team.output.count("draining") == 3, "all drain")
    for client in clients:
        client.write(b"Subject: x\r\n\r\nx\r\n.\r\n")
        assert [client.reply().code, client.reply().code] == [250, 421]
        client.close()
    assert team.process.wait(PATIENCE) == 0
    assert not any(map(alive, workers))
    assert len(hop.accepted) == 12


def test_workers_end_with_a_parent_that_was_killed(team: GatewayProcess):
    workers = workers_of(team)
    team.kill()
    wait_for(lambda: not any(map(alive, workers)), "no orphan goes on")


def test_workers_of_a_wrong_configuration_say_so_once(new_gateway: GatewayFactory):
    gateway = new_gateway(settings={"ledger": {"url": "nonsense://"}})
    gateway.start(options=("--workers", "3"), ready=False)
    assert gateway.process
    assert gateway.process.wait(PATIENCE) == 2
    assert gateway.output.count("error:") == 1, gateway.output
