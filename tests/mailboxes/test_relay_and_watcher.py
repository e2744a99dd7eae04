"""The same mail by the relay and in a watched mailbox, in any order: one case, one acknowledgement. And one watcher, however many processes."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.test_takeover import workers_of
from tests.conftest import GatewayFactory
from tests.harness.client import send
from tests.harness.gateway import GatewayProcess
from tests.harness.hop import RecordingHop
from tests.harness.ledger import acknowledgements, count, rows, wait_recorded, wait_settled
from tests.harness.mails import inquiry, new_message_id, resident
from tests.harness.waiting import wait_for
from tests.mailboxes.maildir_server import MaildirServer
from tests.mailboxes.test_watch_kills import delivering, received

pytestmark = pytest.mark.front_door

HR = b"hr@toronto.example"
LIMITS = {"caps": dict.fromkeys(("correspondent", "domain", "gateway", "breaker"), "none"), "timeouts": {"mailbox_lease": "1s"}}


@pytest.fixture
def server(tmp_path: Path) -> MaildirServer:
    """The Maildir into which the relay delivers hr@, too."""
    server = MaildirServer(tmp_path / "mail")
    (tmp_path / "mail" / "Maildir").rename(tmp_path / "mail" / HR.decode())
    server.folders = {"inbox": tmp_path / "mail" / HR.decode(), "sent": tmp_path / "mail" / HR.decode() / ".Sent"}
    return server


@pytest.fixture
def gateway(new_gateway: GatewayFactory, tmp_path: Path, server: MaildirServer, notices_hop: RecordingHop) -> Iterator[GatewayProcess]:
    """What it relays inward lies in the watched mailbox at once."""
    relays_to = f"maildir:////{str(tmp_path).strip('/')}/mail"
    started = new_gateway(next_hop=relays_to, settings={"mailbox": [server.settings()], **LIMITS})
    started.start()
    wait_for(lambda: count(started.database, "watch_cursor") == 2, "it watches")
    yield started
    assert started.stop() == 0


def seen_by_the_watcher(gateway: GatewayProcess) -> int:
    found = rows(gateway.database, "SELECT messages FROM watch_cursor WHERE folder = 'inbox'")
    return int(found[0]["messages"]) if found else 0


def test_relay_and_watcher_see_the_same_mail_in_both_orders(gateway: GatewayProcess, server: MaildirServer, notices_hop: RecordingHop):
    at_once = [new_message_id() for _ in range(20)]
    for each in at_once:  # the next hop has it, and so has the mailbox, before the relay has recorded it
        assert send(gateway.inbound, resident(each), HR, inquiry(each)).code == 250
    wait_for(lambda: seen_by_the_watcher(gateway) == 20, "the watcher has seen them, too")
    watcher_first = [new_message_id() for _ in range(5)]
    for each in watcher_first:
        server.deliver(received(each))
    wait_recorded(gateway.database, 25)
    for each in watcher_first:
        assert send(gateway.inbound, resident(each), HR, inquiry(each)).code == 250
    wait_for(lambda: seen_by_the_watcher(gateway) == 30, "and those that the relay delivered afterwards")
    wait_settled(gateway.database)
    doors = {row["door"]: row["messages"] for row in rows(gateway.database, "SELECT door, count(*) AS messages FROM message GROUP BY door")}
    assert doors == {"relay": 20, "mailbox": 5}, "each is one message, and what the mailbox keeps no Return-Path of is left to the relay"
    assert (count(gateway.database, "service_case"), len(acknowledgements(gateway.database)), len(notices_hop.accepted)) == (25, 25, 25)
    ready = json.loads(gateway.http("/readyz")[1])
    assert ready["details"]["mailbox hr"] == "ok"
    metrics = gateway.http("/metrics")[1]
    assert 'gateway_mailbox_up{mailbox="hr"} 1.0' in metrics
    assert 'gateway_mailbox_arrivals_total{folder="inbox",mailbox="hr"} 30.0' in metrics


def test_one_of_several_processes_watches_and_another_takes_over(
    new_gateway: GatewayFactory, server: MaildirServer, tmp_path: Path, notices_hop: RecordingHop
):
    gateway = new_gateway(settings={"mailbox": [server.settings()], **LIMITS})
    gateway.start(options=("--workers", "2"))
    wait_for(lambda: count(gateway.database, "watch_cursor") == 2, "one watches")
    message_ids = [new_message_id() for _ in range(60)]
    postman = delivering(server, message_ids[:30])
    before = holder(gateway)
    for pid in workers_of(gateway):  # whichever holds it: one after the other
        os.kill(pid, signal.SIGKILL)
    postman.join()
    wait_for(lambda: holder(gateway) not in ("", before), "another process has the lease")
    for each in message_ids[30:]:
        server.deliver(received(each))
    wait_recorded(gateway.database, 60)
    wait_settled(gateway.database)
    assert gateway.stop() == 0
    assert (count(gateway.database, "message"), len(acknowledgements(gateway.database))) == (60, 60)
    assert holder(gateway) == "", "given back at the end"


def holder(gateway: GatewayProcess) -> str:
    found = rows(gateway.database, "SELECT lease_token FROM watch")
    return (found[0]["lease_token"] or "") if found else ""
