"""A gateway and Dovecot Pigeonhole's `vacation`: at most one automatic mail each way, with headers intact and with a middlebox that strips them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.conftest import GatewayFactory
from tests.harness import ledger
from tests.harness.client import send
from tests.harness.gateway import GatewayProcess
from tests.harness.hop import RecordingHop
from tests.harness.mails import inquiry, new_message_id, parsed
from tests.harness.middlebox import Damage, Middlebox, intact, stripped, stripped_with_a_return_path
from tests.harness.neighbours import DovecotInstance
from tests.harness.waiting import wait_for

pytestmark = [pytest.mark.neighbours, pytest.mark.front_door, pytest.mark.root]

RESIDENT, HR = "resident@example.org", "hr@toronto.example"
AWAY = 'require ["vacation"];\nvacation :days 1 :addresses ["{address}"] "I am away and shall read your message next week.";\n'


@dataclass
class Site:
    """Dovecot holds both mailboxes; whatever its vacation scripts send goes into `replies`."""

    gateway: GatewayProcess
    dovecot: DovecotInstance
    notices: RecordingHop
    replies: RecordingHop
    boxes: list[Middlebox] = field(default_factory=list)

    def settle(self, rounds: int = 10) -> None:
        """Carry mail until two rounds bring nothing new."""
        quiet = 0
        for _ in range(rounds):
            wait_for(lambda: not ledger.rows(self.gateway.database, "SELECT 1 FROM notice WHERE state = 'waiting'"), "the outbox is empty")
            quiet = quiet + 1 if not sum(box.carry() for box in self.boxes) else 0
            if quiet == 2:
                return
        raise AssertionError("it does not end")


@pytest.fixture
def site(new_gateway: GatewayFactory, open_folder: Path, hop: RecordingHop) -> Iterator[Site]:
    with RecordingHop() as notices, RecordingHop() as replies:
        scripts = {address: AWAY.format(address=address) for address in (RESIDENT, HR)}
        dovecot = DovecotInstance(open_folder / "dovecot", sieve=scripts, submission=replies.port)
        dovecot.start()
        gateway = new_gateway(notices=notices.url, next_hop=f"lmtp://127.0.0.1:{dovecot.lmtp}")
        gateway.start()
        yield Site(gateway, dovecot, notices, replies)
        print(dovecot.output[-3000:])
        dovecot.stop()


def by_lmtp(site: Site, damage: Damage) -> Middlebox:
    """From the notices hop to the resident's mailbox."""
    return Middlebox(site.notices, site.gateway.outbound, damage)


@pytest.mark.parametrize("damage", [intact, stripped, stripped_with_a_return_path], ids=lambda each: each.__name__)
def test_a_resident_who_is_away(site: Site, damage: Damage):
    """They ask and leave. Our acknowledgement, and later a person's answer, meet their vacation script; its reply comes back to us."""
    site.boxes = [by_lmtp(site, damage), Middlebox(site.replies, site.gateway.inbound, damage)]
    message_id = new_message_id()
    assert send(site.gateway.inbound, RESIDENT.encode(), HR.encode(), inquiry(message_id, sender=RESIDENT)).code == 250
    site.settle()
    assert len(ledger.acknowledgements(site.gateway.database)) == 1
    answer = inquiry(new_message_id(), sender=HR, to=RESIDENT, fields=f"In-Reply-To: {message_id}\r\n")
    assert send(site.gateway.outbound, HR.encode(), RESIDENT.encode(), answer).code == 250
    wait_for(lambda: replies_to(site, HR), "the vacation script replies to the answer")
    site.settle()
    assert len(ledger.acknowledgements(site.gateway.database)) == 1, "one automatic mail from us"
    assert len(replies_to(site, HR)) == 1, "and one from them"
    [case] = ledger.rows(site.gateway.database, "SELECT * FROM service_case")
    assert case["responded_at"] is not None


def test_a_division_mailbox_that_is_away_too_is_found(site: Site):
    """The double acknowledgement: the division's own vacation script answers the inquirer whom we acknowledge."""
    site.boxes = [by_lmtp(site, intact), Middlebox(site.replies, site.gateway.outbound, intact)]
    message_id = new_message_id()
    octets = inquiry(message_id, sender="anna@example.org")
    assert send(site.gateway.inbound, b"anna@example.org", HR.encode(), octets).code == 250
    wait_for(lambda: replies_to(site, "anna@example.org"), "the division's vacation script replies")
    site.settle()
    said = "the mailbox of human-resources answers automatically, too"  # as soon as the ledger has the script's reply
    wait_for(lambda: said in site.gateway.http("/readyz")[1], said)
    assert 'gateway_double_acknowledgements_total{division="human-resources"} 1.0' in site.gateway.http("/metrics")[1]
    [found] = site.gateway.json("caps", "show")["doubles"]
    assert (found["mailbox"], found["times"]) == (HR, 1)
    assert "double-acknowledgement" in site.gateway.output
    assert "anna@" not in site.gateway.output
    [case] = ledger.rows(site.gateway.database, "SELECT * FROM service_case")
    assert case["responded_at"] is None, "a machine answers nothing"


def replies_to(site: Site, address: str) -> list[bytes]:
    """What the vacation scripts sent there."""
    return [each.octets for each in site.replies.accepted if address.encode() in each.rcpt_to and b"next week" in parsed(each.octets).as_bytes()]
