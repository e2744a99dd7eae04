"""docs/relay.md: a message leaves as it came, whatever it is; one Received line may stand before it."""

from __future__ import annotations

import pytest

from tests.acceptance.awkward import AWKWARD, HEAD
from tests.conftest import Chain
from tests.harness.client import SmtpClient, on_the_wire, send
from tests.harness.mails import without_received

pytestmark = pytest.mark.front_door

LOOK_ALIKES = {
    "lf-dot-lf": b"\n.\n",
    "lf-dot-crlf": b"\n.\r\n",
    "crlf-dot-lf": b"\r\n.\n",
    "cr-dot-cr": b"\r.\r",
    "cr-dot-crlf": b"\r.\r\n",
    "crlf-dot-cr": b"\r\n.\rx",
    "lf-dot-cr": b"\n.\rx",
    "cr-dot-lf": b"\r.\n",
}


@pytest.mark.parametrize("port", ["inbound", "outbound"])
@pytest.mark.parametrize("name", AWKWARD)
def test_it_leaves_as_it_came(chain: Chain, name: str, port: str):
    octets = AWKWARD[name]
    sent = send(getattr(chain.gateway, port), b"r@example.org", b"hr@toronto.example", octets)
    assert sent.code == 250, sent.last
    (got,) = chain.hop.accepted
    wire = on_the_wire(octets)
    assert without_received(got.raw, wire) == wire
    assert got.mail_from == b"r@example.org"
    assert got.rcpt_to == [b"hr@toronto.example"]


def test_a_body_cut_at_every_octet_around_its_end(chain: Chain):
    """The end mark is found however the stream is cut into packets."""
    wire = on_the_wire(HEAD + b"x\r\n.\r\n..\r\ny\r\n") + b".\r\n"
    with SmtpClient(chain.gateway.inbound) as client:
        for cut in range(len(wire) - 24, len(wire)):
            client.begin(b"", b"hr@toronto.example")
            client.command(b"DATA")
            client.write(wire[:cut])
            assert not client.answered(0.02)
            client.write(wire[cut:])
            assert client.reply().code == 250
    assert all(without_received(got.raw, wire[:-3]) == wire[:-3] for got in chain.hop.accepted)
    assert len(chain.hop.accepted) == 24


@pytest.mark.parametrize("name", LOOK_ALIKES)
def test_what_another_server_may_take_for_the_end_is_refused(chain: Chain, name: str):
    """A lone dot between line breaks of which one is bare: 550 5.5.2, and no final dot for the next hop."""
    smuggled = b"\r\nMAIL FROM:<x@example.org>\r\nRCPT TO:<y@example.org>\r\nDATA\r\nsmuggled\r\n"
    with SmtpClient(chain.gateway.inbound) as client:
        sent = client.send(b"r@example.org", b"hr@toronto.example", b"", wire=HEAD + b"x" + LOOK_ALIKES[name] + smuggled)
        assert (sent.code, sent.last.text[:5]) == (550, "5.5.2")
        assert client.send(b"r@example.org", b"hr@toronto.example", HEAD).code == 250, "the session goes on"
    assert len(chain.hop.accepted) == 1
    assert not [line for line in chain.hop.lines(b"MAIL") if b"x@example.org" in line]


def test_the_envelope_is_passed_on_verbatim(chain: Chain):
    with SmtpClient(chain.gateway.inbound) as client:
        assert {"DSN", "SIZE", "8BITMIME", "SMTPUTF8", "PIPELINING", "ENHANCEDSTATUSCODES"} <= client.keywords
        assert not {"AUTH", "CHUNKING", "BINARYMIME", "STARTTLS"} & client.keywords
        begun = client.begin(
            b"R.Esident@Example.ORG",
            b"HR@toronto.example",
            mail=b"BODY=8BITMIME size=100 RET=HDRS ENVID=QQ+2B314159",
            rcpt=b"NOTIFY=SUCCESS,delay ORCPT=rfc822;Hr+2Bx@toronto.example",
        )
        assert [each.code for each in begun.rcpt] == [250], begun.last
        assert client.command(b"DATA").code == 354
        assert client.command(HEAD + b"x\r\n.").code == 250
    (got,) = chain.hop.accepted
    assert got.mail.split(b" ", 1)[1] == b"FROM:<R.Esident@Example.ORG> BODY=8BITMIME size=100 RET=HDRS ENVID=QQ+2B314159"
    assert got.rcpt[0].split(b" ", 1)[1] == b"TO:<HR@toronto.example> NOTIFY=SUCCESS,delay ORCPT=rfc822;Hr+2Bx@toronto.example"


def test_bounces_pass_and_are_not_answered(chain: Chain):
    octets = AWKWARD["delivery-report"]
    assert send(chain.gateway.inbound, b"", b"hr@toronto.example", octets).code == 250
    (got,) = chain.hop.accepted
    assert got.mail_from == b""
    assert without_received(got.raw, on_the_wire(octets)) == on_the_wire(octets)
