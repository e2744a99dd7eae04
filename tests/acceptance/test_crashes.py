"""kill -9 at every step of one message, and at any moment of many (docs/promises.md, P1 and P3).

Oracle: what the client was told 250 for is at the next hop; each message has exactly one acknowledgement record; a repeated
acknowledgement carries the same Message-ID. Clients behave as an MTA does: without a 250 they send again.
"""

from __future__ import annotations

import random
import threading

import pytest

from gateway.pausepoint import POINTS
from tests.conftest import GatewayFactory
from tests.harness import ledger
from tests.harness.client import SmtpClient, send
from tests.harness.gateway import GatewayProcess
from tests.harness.hop import HANG, RecordingHop, Script, say
from tests.harness.mails import acknowledgements, carries, inquiry, new_message_id, parsed, resident, wait_acknowledged
from tests.harness.waiting import wait_for

pytestmark = pytest.mark.front_door

LEASE = 90.0
"""Seconds in which a dead sender's lease is surely over."""


def told_250(client: SmtpClient) -> bool:
    """What the client hears of its message; a lost connection is no 250."""
    try:
        return client.reply().code == 250
    except OSError:
        return False


def offer(gateway: GatewayProcess, message_id: str) -> SmtpClient:
    """Send a whole inquiry and do not wait for its reply."""
    client = SmtpClient(gateway.inbound)
    client.begin(resident(message_id), b"hr@toronto.example")
    client.command(b"DATA")
    client.write(inquiry(message_id) + b".\r\n")
    return client


def try_once(gateway: GatewayProcess, message_id: str) -> bool:
    try:
        return send(gateway.inbound, resident(message_id), b"hr@toronto.example", inquiry(message_id)).code == 250
    except OSError:
        return False


def assert_the_oracle(gateway: GatewayProcess, hop: RecordingHop, notices_hop: RecordingHop, message_ids: list[str]) -> None:
    """Every message is there, was acknowledged, once by record, and all copies of an acknowledgement are the same mail."""
    for message_id in message_ids:
        assert any(carries(each, message_id) for each in hop.accepted)
        wait_acknowledged(notices_hop, message_id, within=LEASE)
    ledger.wait_settled(gateway.database, within=LEASE)
    records = ledger.acknowledgements(gateway.database)
    assert len(records) == len(message_ids)
    assert {row["state"] for row in records} == {"sent"}
    written = [{parsed(each.octets)["Message-ID"] for each in acknowledgements(notices_hop, message_id)} for message_id in message_ids]
    assert all(len(same) == 1 for same in written)
    assert len(set.union(*written)) == len(message_ids)


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_a_point_and_restarted(new_gateway: GatewayFactory, hop: RecordingHop, notices_hop: RecordingHop, point: str):
    gateway = new_gateway()
    gateway.start(pause_at=point)
    message_id = new_message_id()
    client = offer(gateway, message_id)
    assert gateway.wait_paused() == point
    gateway.kill()
    heard = told_250(client)
    client.close()
    assert any(carries(each, message_id) for each in hop.accepted), "every point is after the next hop's 250"
    gateway.start()
    if not heard:
        assert try_once(gateway, message_id)
    assert_the_oracle(gateway, hop, notices_hop, [message_id])
    if point == "after-notice-send":
        assert len(acknowledgements(notices_hop, message_id)) == 2, "the crash stood between sending and settling"


def test_killed_before_the_end_of_data(new_gateway: GatewayFactory, hop: RecordingHop, notices_hop: RecordingHop):
    gateway = new_gateway()
    gateway.start()
    message_id = new_message_id()
    with SmtpClient(gateway.inbound) as client:
        client.begin(resident(message_id), b"hr@toronto.example")
        client.command(b"DATA")
        client.write(inquiry(message_id))
        assert not client.answered(0.1)
        gateway.kill()
        assert not told_250(client)
    assert not hop.accepted
    gateway.start()
    assert try_once(gateway, message_id)
    assert_the_oracle(gateway, hop, notices_hop, [message_id])
    assert len(hop.accepted) == 1


def test_killed_after_the_250_the_acknowledgement_still_goes_out(new_gateway: GatewayFactory, hop: RecordingHop, notices_hop: RecordingHop):
    notices_hop.script.greeting = HANG
    gateway = new_gateway()
    gateway.start()
    message_ids = [new_message_id() for _ in range(5)]
    assert all(try_once(gateway, each) for each in message_ids)
    gateway.kill()
    notices_hop.script = Script()
    gateway.start()
    assert_the_oracle(gateway, hop, notices_hop, message_ids)
    assert len(hop.accepted) == 5


def test_killed_again_and_again_under_load(new_gateway: GatewayFactory, hop: RecordingHop, notices_hop: RecordingHop):
    """Eight clients, forty messages, four kills at moments nobody chose."""
    gateway = new_gateway()
    gateway.start()
    message_ids = [new_message_id() for _ in range(40)]
    waiting = list(message_ids)
    finished: list[str] = []

    def deliver() -> None:
        while waiting:
            try:
                message_id = waiting.pop()
            except IndexError:
                return
            wait_for(lambda: try_once(gateway, message_id), "the message is taken", within=LEASE)  # noqa: B023
            finished.append(message_id)

    clients = [threading.Thread(target=deliver, daemon=True) for _ in range(8)]
    for client in clients:
        client.start()
    chance = random.Random(20261116)
    for kill in range(4):
        wait_for(lambda: len(finished) >= 6 * kill + chance.randrange(6), "some are through", within=LEASE)  # noqa: B023
        gateway.kill()
        gateway.start()
    for client in clients:
        client.join(LEASE)
    assert sorted(finished) == sorted(message_ids)
    assert_the_oracle(gateway, hop, notices_hop, message_ids)


def test_sigterm_finishes_what_runs(new_gateway: GatewayFactory, hop: RecordingHop, notices_hop: RecordingHop):
    hop.script.end = say("250 2.0.0 Ok, slowly", after=1.0)
    gateway = new_gateway()
    gateway.start()
    message_ids = [new_message_id() for _ in range(10)]
    clients = [offer(gateway, each) for each in message_ids]
    wait_for(lambda: len(hop.transactions) == 10, "all ten are at the next hop")
    status: list[int] = []
    stopper = threading.Thread(target=lambda: status.append(gateway.stop()))
    stopper.start()
    assert all(told_250(client) for client in clients)
    for client in clients:
        client.close()
    stopper.join()
    assert status == [0]
    gateway.start()
    assert_the_oracle(gateway, hop, notices_hop, message_ids)
    assert len(hop.accepted) == 10


def test_a_repeat_is_relayed_again_and_not_acknowledged_again(new_gateway: GatewayFactory, hop: RecordingHop, notices_hop: RecordingHop):
    """The same mail in two transactions, before and after a restart: relayed each time, one acknowledgement."""
    gateway = new_gateway()
    gateway.start()
    message_id = new_message_id()
    assert try_once(gateway, message_id)
    assert try_once(gateway, message_id)
    wait_acknowledged(notices_hop, message_id)
    gateway.stop()
    gateway.start()
    assert try_once(gateway, message_id)
    assert len(hop.accepted) == 3
    assert_the_oracle(gateway, hop, notices_hop, [message_id])
    assert len(acknowledgements(notices_hop, message_id)) == 1
