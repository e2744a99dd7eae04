"""Mail that cannot be read is relayed, counted and explained; one case and one acknowledgement for what can."""

from __future__ import annotations

import json

import pytest

from tests.acceptance.awkward import AWKWARD
from tests.conftest import Chain
from tests.harness import ledger
from tests.harness.client import on_the_wire, send
from tests.harness.mails import acknowledgements, inquiry, new_message_id, parsed, resident, wait_acknowledged, without_received
from tests.harness.waiting import wait_for

pytestmark = pytest.mark.front_door

# What has a Message-ID can be asked for; the body or a field beside it is what cannot be read.
UNREADABLE = {
    "content-type-crashes-parsers": "MIME-Version: 1.0\r\nContent-Type: x/y; a*\r\n",
    "nested-too-deep": "MIME-Version: 1.0\r\n" + "Content-Type: message/rfc822\r\n\r\n" * 2000,
    "charset-unknown": 'Content-Type: text/plain; charset="x-nothing"\r\n',
    "address-broken": 'Reply-To: "A <a@, <<>> (((\r\nSender: @@@\r\n',
    "header-of-200-KB": "X-Long: " + "y" * 200_000 + "\r\n",
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_it_is_relayed_recorded_and_explained(chain: Chain, name: str):
    before = ledger.count(chain.gateway.database, "message")
    message_id = new_message_id()
    octets = f"Message-ID: {message_id}\r\n".encode() + UNREADABLE[name].encode() + inquiry(message_id).split(b"\r\n", 5)[5]
    assert send(chain.gateway.inbound, b"resident@example.org", b"hr@toronto.example", octets).code == 250
    assert without_received(chain.hop.accepted[0].raw, on_the_wire(octets)) == on_the_wire(octets)
    wait_for(lambda: ledger.count(chain.gateway.database, "message") == before + 1, "it is counted")
    document = chain.gateway.json("trace", message_id)
    assert document, "trace explains it"
    assert "reason" in json.dumps(document)


def test_every_awkward_message_is_counted(chain: Chain):
    """Each has its own sender and so its own identity, as far as it has one at all."""
    before = ledger.count(chain.gateway.database, "message")
    with_identity = 0
    for number, octets in enumerate(AWKWARD.values()):
        if len(octets) < 500_000:
            own = f"X-Number: {number}\r\nMessage-ID: {new_message_id()}\r\n".encode() + octets
            assert send(chain.gateway.inbound, b"resident@example.org", b"hr@toronto.example", own).code == 250
            with_identity += 1
    wait_for(lambda: ledger.count(chain.gateway.database, "message") - before >= with_identity * 0.9, "they are counted")


def test_a_resident_is_acknowledged_once_with_the_promised_headers(chain: Chain):
    message_id = new_message_id()
    assert send(chain.gateway.inbound, resident(message_id), b"hr@toronto.example", inquiry(message_id)).code == 250
    (sent,) = wait_acknowledged(chain.notices, message_id)
    mail = parsed(sent.octets)
    assert sent.mail_from == b""
    assert sent.rcpt_to == [resident(message_id)]
    assert mail["Auto-Submitted"].startswith("auto-replied")
    assert mail["To"] == resident(message_id).decode()
    assert message_id in mail["References"]
    assert mail["From"].addresses[0].addr_spec == "hr@toronto.example"
    assert {part.get_content_type() for part in mail.walk()} >= {"text/plain", "text/html"}
    assert max(map(len, sent.raw.split(b"\r\n"))) <= 998
    assert b"resident" not in mail["Subject"].encode(), "the resident's words are echoed to authenticated senders only"
    assert not acknowledgements(chain.hop, message_id)


def test_three_divisions_together_get_one_acknowledgement(chain: Chain):
    message_id = new_message_id()
    recipients = [b"hr@toronto.example", b"equity@toronto.example", b"executive-management@toronto.example"]
    octets = inquiry(message_id, to=", ".join(each.decode() for each in recipients))
    assert send(chain.gateway.inbound, resident(message_id), recipients, octets).code == 250
    wait_acknowledged(chain.notices, message_id)
    cases = ledger.rows(chain.gateway.database, "SELECT mailbox FROM service_case ORDER BY id DESC LIMIT 3")
    assert sorted(row["mailbox"] for row in cases) == sorted(each.decode() for each in recipients)
    ledger.wait_settled(chain.gateway.database)
    assert len(acknowledgements(chain.notices, message_id)) == 1


def test_transactions_split_by_an_mta_get_one_acknowledgement(chain: Chain):
    message_id = new_message_id()
    for to in (b"hr@toronto.example", b"equity@toronto.example"):
        assert send(chain.gateway.inbound, resident(message_id), to, inquiry(message_id)).code == 250
    wait_acknowledged(chain.notices, message_id)
    ledger.wait_settled(chain.gateway.database)
    assert len(acknowledgements(chain.notices, message_id)) == 1
    assert len(chain.hop.accepted) == 2


def test_an_answer_of_staff_closes_the_case(chain: Chain):
    asked = new_message_id()
    assert send(chain.gateway.inbound, b"citizen@example.net", b"hr@toronto.example", inquiry(asked, sender="citizen@example.net")).code == 250
    wait_acknowledged(chain.notices, asked)
    answer = inquiry(
        new_message_id(),
        sender="clerk@toronto.example",
        to="citizen@example.net",
        subject="Re: A question about a job posting",
        fields=f"In-Reply-To: {asked}\r\nReferences: {asked}\r\n",
        text="Hello,\r\n\r\nyes, it is open until Friday.\r\n",
    )
    assert send(chain.gateway.outbound, b"clerk@toronto.example", b"citizen@example.net", answer).code == 250
    wait_for(
        lambda: ledger.rows(chain.gateway.database, "SELECT responded_at FROM service_case ORDER BY id DESC LIMIT 1")[0]["responded_at"],
        "the answer closes the case",
    )
