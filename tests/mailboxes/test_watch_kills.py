"""Every kind of mailbox: mail that arrives while the watcher is killed and started again is seen exactly once, and acknowledged exactly once.

`MAILBOX_MESSAGES=1000 MAILBOX_KILLS=10 make test PYTEST_ARGS="-n0 tests/mailboxes/test_watch_kills.py"` is what a release is tried with.
"""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.conftest import GatewayFactory
from tests.harness.gateway import GatewayProcess
from tests.harness.ledger import acknowledgements, count, rows, wait_recorded, wait_settled
from tests.harness.mails import inquiry, new_message_id, parsed, resident
from tests.harness.waiting import wait_for
from tests.mailboxes.servers import ADDRESS, SERVERS, MailboxServer

pytestmark = pytest.mark.front_door

MESSAGES = int(os.environ.get("MAILBOX_MESSAGES", "200"))
KILLS = int(os.environ.get("MAILBOX_KILLS", "3"))
PATIENCE = 30.0 + MESSAGES / 10


def received(message_id: str) -> bytes:
    """As a mail server keeps it: the envelope sender in Return-Path."""
    return b"Return-Path: <%s>\r\n%s" % (resident(message_id), inquiry(message_id))


def answer_to(message_id: str) -> bytes:
    head = f"From: Human Resources <{ADDRESS}>\r\nTo: {resident(message_id).decode()}\r\nSubject: Re: A question about a job posting\r\n"
    ids = f"Message-ID: {new_message_id()}\r\nIn-Reply-To: {message_id}\r\nDate: Mon, 16 Nov 2026 11:30:00 -0500\r\n"
    return f"{head}{ids}\r\nDear resident,\r\n\r\nyes, it is open until Friday.\r\n\r\nRobin\r\n".encode()


def delivering(server: MailboxServer, message_ids: Sequence[str]) -> threading.Thread:
    def deliver() -> None:
        for each in message_ids:
            server.deliver(received(each))

    thread = threading.Thread(target=deliver)
    thread.start()
    return thread


def killed_amid(gateway: GatewayProcess, server: MailboxServer, message_ids: list[str], already: int) -> None:
    """Half of them come before and while it is killed, the rest while nobody watches."""
    half = len(message_ids) // 2
    postman = delivering(server, message_ids[:half])
    wait_recorded(gateway.database, already + half // 3, PATIENCE)
    gateway.kill()
    postman.join()
    postman = delivering(server, message_ids[half:])
    gateway.start()
    postman.join()


@pytest.mark.parametrize("kind", sorted(SERVERS))
def test_each_message_is_seen_once_however_often_the_watcher_is_killed(kind: str, open_folder: Path, new_gateway: GatewayFactory):
    with SERVERS[kind](open_folder) as server:
        old = new_message_id()
        server.deliver(received(old))
        second = int(time.time())
        limits = {"caps": dict.fromkeys(("correspondent", "domain", "gateway", "breaker"), "none")}
        gateway = new_gateway(
            notices=f"maildir:////{str(open_folder).strip('/')}/notices",
            settings={"mailbox": [server.settings()], "timeouts": {"mailbox_lease": "1s"}, **limits},
        )
        wait_for(lambda: time.time() >= second + 1, "another second begins: Graph tells times to the second, and what came in the first one counts")
        gateway.start()
        wait_for(lambda: count(gateway.database, "watch_cursor") >= 2, "it watches from now on", PATIENCE)
        message_ids = [new_message_id() for _ in range(MESSAGES)]
        each = MESSAGES // KILLS
        for kill in range(KILLS):
            killed_amid(gateway, server, message_ids[kill * each : (kill + 1) * each if kill < KILLS - 1 else None], kill * each)
        wait_recorded(gateway.database, MESSAGES, PATIENCE)
        server.deliver(answer_to(message_ids[0]), "sent")
        wait_for(lambda: rows(gateway.database, "SELECT 1 FROM service_case WHERE responded_at IS NOT NULL"), "the answer closes the clock", PATIENCE)
        wait_settled(gateway.database, PATIENCE)
        assert gateway.stop() == 0
    seen_and_acknowledged_once(gateway, open_folder / "notices", message_ids)


def seen_and_acknowledged_once(gateway: GatewayProcess, notices: Path, message_ids: list[str]) -> None:
    assert count(gateway.database, "message") == len(message_ids) + 1  # and the answer; not what lay there before
    assert count(gateway.database, "service_case") == len(message_ids)
    assert len(acknowledgements(gateway.database)) == len(message_ids)
    went_out = [parsed(file.read_bytes()) for file in notices.glob("*/new/*")]
    answered = Counter(str(each["In-Reply-To"]).strip() for each in went_out)
    assert answered.keys() == set(message_ids)
    # Killed between sending and settling, it sends the same notice again (docs/promises.md, P3): never another one.
    assert len({each["Message-ID"] for each in went_out}) == len(message_ids)
    assert len(went_out) - len(message_ids) <= KILLS * 20, answered.most_common(3)
    assert len(rows(gateway.database, "SELECT 1 FROM service_case WHERE responded_at IS NOT NULL")) == 1
