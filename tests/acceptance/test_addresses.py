"""Addresses through the real relay: beyond ASCII they are acknowledged by SMTPUTF8 or not at all; all leave as they came, or are refused."""

from __future__ import annotations

import re
from email import message_from_bytes
from pathlib import Path

import pytest
import yaml

from tests.conftest import Chain
from tests.harness.client import SmtpClient
from tests.harness.hop import KEYWORDS
from tests.harness.mails import acknowledgements, inquiry, new_message_id, wait_acknowledged
from tests.harness.waiting import wait_for

pytestmark = pytest.mark.front_door

WRITTEN = yaml.safe_load((Path(__file__).parent / "addresses.yaml").read_text(encoding="utf-8"))
FIELDS = [
    "From", "To", "Date", "Message-ID", "Subject", "In-Reply-To", "References", "Auto-Submitted", "X-Auto-Response-Suppress", "Precedence",
    "X-Service-Promise-Token", "Content-Language", "MIME-Version", "Content-Type",
]  # fmt: skip


def write(chain: Chain, sender: str, message_id: str) -> None:
    with SmtpClient(chain.gateway.inbound) as client:
        begun = client.begin(sender.encode(), b"hr@toronto.example", mail=b"SMTPUTF8" if not sender.isascii() else b"")
        assert [each.code for each in begun.rcpt] == [250], begun.last
        assert client.command(b"DATA").code == 354
        assert client.command(inquiry(message_id, sender=sender) + b".").code == 250


def offer(chain: Chain, *keywords: bytes) -> None:
    """From now on, in every connection."""
    chain.notices.script.keywords = keywords
    chain.notices.cut()


@pytest.mark.parametrize(
    ("sender", "answered"),
    [
        ("jøran@example.org", "jøran@example.org"),
        ("Zoe\u0308@example.org", "Zoe\u0308@example.org"),  # as it was given: composed, it may be another's mailbox
        ("பெயர்@உதாரணம்.example", "பெயர்@xn--zkc6cc5bi7f6e.example"),
        ("ශ්\u200dරී@example.org", "ශ්\u200dරී@example.org"),
        ("anna@हिन्दी.example", "anna@xn--j2bd4cyah0f.example"),
        ("anna@straße.example", "anna@xn--strae-oqa.example"),
    ],
)
def test_an_address_beyond_ascii_is_acknowledged(chain: Chain, sender: str, answered: str):
    message_id = new_message_id()
    write(chain, sender, message_id)
    (got,) = wait_acknowledged(chain.notices, message_id)
    international = b"" if answered.isascii() else b" BODY=8BITMIME SMTPUTF8"
    assert (got.mail, got.rcpt) == (b"MAIL FROM:<>" + international, [f"RCPT TO:<{answered}> NOTIFY=NEVER".encode()])
    head, _, body = got.octets.partition(b"\r\n\r\n")
    assert f"\r\nTo: {answered}\r\n".encode() in head
    assert head.replace(answered.encode(), b"").isascii()
    assert body.isascii()
    assert message_from_bytes(got.octets).keys() == FIELDS


def test_a_next_hop_that_knows_ascii_only_is_told_nothing(chain: Chain):
    message_id, next_one = new_message_id(), new_message_id()
    offer(chain, *(each for each in KEYWORDS if each != b"SMTPUTF8"))
    write(chain, "åse@example.org", message_id)
    counted = 'gateway_notices_total{kind="acknowledgement",result="no-smtputf8"} 1.0'
    wait_for(lambda: counted in chain.gateway.http("/metrics")[1], "it is given up")
    wait_for(lambda: "notice-settled" in chain.gateway.cli("trace", message_id).stdout, "and settled")
    timeline = chain.gateway.cli("trace", message_id).stdout
    assert re.search("acknowledgement refused after 1 .*, last answer no-smtputf8", timeline)
    assert "decision no-smtputf8" in timeline
    assert "note  needs-smtputf8" in timeline
    assert chain.gateway.json("report", "--format", "json")["messages"]["no_smtputf8"] == 1
    assert "Not acknowledged, for want of SMTPUTF8" in chain.gateway.cli("report", "--format", "text").stdout
    assert "no SMTPUTF8" in chain.gateway.cli("doctor").stdout
    assert not acknowledgements(chain.notices, message_id)
    assert all(line.isascii() for _, line in chain.notices.commands)
    # It was not the address: as soon as the next hop takes it, she is answered.
    offer(chain, *KEYWORDS)
    write(chain, "åse@example.org", next_one)
    assert wait_acknowledged(chain.notices, next_one)


@pytest.mark.parametrize("address", WRITTEN["passed on"])
def test_it_is_passed_on_octet_for_octet(chain: Chain, address: str):
    octets = address.encode()
    with SmtpClient(chain.gateway.inbound) as client:
        begun = client.begin(octets, octets, mail=b"SMTPUTF8" if not octets.isascii() else b"")
        assert [each.code for each in begun.rcpt] == [250], begun.last
        assert client.command(b"DATA").code == 354
        assert client.command(b"Subject: x\r\n\r\nx\r\n.").code == 250
    (got,) = chain.hop.accepted
    parameter = b"" if octets.isascii() else b" SMTPUTF8"
    assert (got.mail, got.rcpt) == (b"MAIL FROM:<" + octets + b">" + parameter, [b"RCPT TO:<" + octets + b">"])


@pytest.mark.parametrize("address", WRITTEN["refused"])
def test_it_is_refused_and_nobody_hears_of_it(chain: Chain, address: str):
    octets = address.encode("utf-8", "surrogateescape")
    with SmtpClient(chain.gateway.inbound) as client:
        assert client.command(b"MAIL FROM:<" + octets + b"> SMTPUTF8").code in (500, 501, 553)
        assert client.begin(b"r@example.org", octets, mail=b"SMTPUTF8").rcpt[0].code in (500, 501, 553)
    assert not chain.hop.lines(b"RCPT")
    assert chain.hop.lines(b"MAIL") in ([], [b"MAIL FROM:<r@example.org> SMTPUTF8"])
