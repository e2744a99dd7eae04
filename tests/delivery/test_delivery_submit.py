"""One notice to the notices hop (RFC 3834 §3.3): null reverse-path, NOTIFY=NEVER, nothing asked that the next hop does not know."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from gateway.delivery.next_hop import Unavailable, parse_next_hops
from gateway.delivery.pool import Pool
from gateway.delivery.reply import Reply
from gateway.delivery.submit import submit
from gateway.delivery.timeouts import Timeouts
from tests.harness.hop import CLOSE, HANG, RecordingHop, say
from tests.harness.ports import free_port

OCTETS = b"To: a@example.org\r\n\r\n.dot\r\ntext\r\n"
BRIEF = Timeouts(connect=0.5, command=0.5, data_end=0.5)


def send(hops: str | Sequence[str], mail_from: str = "", rcpt_to: str = "a@example.org", octets: bytes = OCTETS, times: int = 1) -> Reply:
    async def run() -> Reply:
        pool = Pool(parse_next_hops(hops), BRIEF, "gateway.example")
        for _ in range(times):
            reply = await submit(pool, mail_from, rcpt_to, octets)
        await pool.close()
        await asyncio.sleep(0)
        return reply

    return asyncio.run(run())


def test_what_is_said_and_sent(hop: RecordingHop):
    assert send(hop.url, times=2).code == 250
    sent = hop.wait_accepted(2)[0]
    assert (sent.mail, sent.rcpt, sent.octets) == (b"MAIL FROM:<>", [b"RCPT TO:<a@example.org> NOTIFY=NEVER"], OCTETS)
    assert hop.connections == 1


@pytest.mark.parametrize(
    ("rcpt_to", "octets", "mail"),
    [
        ("a@example.org", b"Subject: x\r\n\r\n\xc3\xa9\r\n", b"MAIL FROM:<> BODY=8BITMIME"),
        ("é@example.org", b"Subject: x\r\n\r\n", b"MAIL FROM:<> SMTPUTF8"),
        ("a@example.org", b"Subject: \xc3\xa9\r\n\r\n", b"MAIL FROM:<> BODY=8BITMIME SMTPUTF8"),
    ],
)
def test_extensions_only_where_needed(rcpt_to: str, octets: bytes, mail: bytes, hop: RecordingHop):
    assert send(hop.url, rcpt_to=rcpt_to, octets=octets).code == 250
    assert hop.lines(b"MAIL") == [mail]


def test_a_next_hop_with_nothing_to_offer(hop: RecordingHop):
    hop.script.keywords = ()
    assert send(hop.url, octets=b"Subject: x\r\n\r\n\xc3\xa9\r\n").code == 250
    assert (hop.lines(b"MAIL"), hop.lines(b"RCPT")) == ([b"MAIL FROM:<>"], [b"RCPT TO:<a@example.org>"])
    reply = send(hop.url, rcpt_to="é@example.org")
    assert (reply.code, reply.status) == (553, "5.6.7")
    assert hop.lines(b"MAIL") == [b"MAIL FROM:<>"]
    assert send([hop.url, f"smtp://127.0.0.1:{free_port()}"], rcpt_to="é@example.org").status == "4.6.7", "the other may take it when it is back"


@pytest.mark.parametrize("address", ["", "a b@c", "a@b\r\nRCPT TO:<c@d>", "a@b>", "@c", "a@b@c", "\ud800@c"])
def test_an_address_that_cannot_be_written(address: str, hop: RecordingHop):
    assert send(hop.url, rcpt_to=address).code == 553
    assert hop.connections == 0


@pytest.mark.parametrize("code", ["450 4.2.0", "550 5.1.1", "421 4.3.2"])
@pytest.mark.parametrize("stage", ["mail", "rcpt", "data", "end"])
def test_refusals_are_returned(stage: str, code: str, hop: RecordingHop):
    setattr(hop.script, stage, say(f"{code} no"))
    reply = send(hop.url)
    assert (reply.code // 100, reply.status) == (int(code[0]), code[4:])
    assert not hop.accepted


@pytest.mark.parametrize("stage", ["greeting", "ehlo", "mail", "rcpt", "data", "end"])
@pytest.mark.parametrize("then", [HANG, CLOSE], ids=["hang", "close"])
def test_no_answer_is_unavailable(stage: str, then: object, hop: RecordingHop):
    setattr(hop.script, stage, then)
    with pytest.raises(Unavailable) as failure:
        send(hop.url)
    assert failure.value.reply.code == 451
    assert "example.org" not in str(failure.value)


@pytest.mark.parametrize("ca", ["/nowhere/ca.pem", "/dev/null"])
def test_certificates_that_cannot_be_read(ca: str, hop: RecordingHop):
    with pytest.raises(Unavailable):
        send(f"{hop.url}?tls=required&ca={ca}")


def test_down(hop: RecordingHop):
    down = f"smtp://127.0.0.1:{free_port()}"
    with pytest.raises(Unavailable):
        send(down)
    assert send([down, hop.url], times=2).code == 250


def test_a_next_hop_that_wants_the_message_though_it_refused_the_recipient_gets_none(hop: RecordingHop):
    """MAIL, RCPT and DATA go out in one group, so its 354 may come all the same (RFC 2920 §3.1)."""
    hop.script.rcpt = say("550 5.1.1 no such person")
    assert send(hop.url).code == 550
    assert not any(each.complete for each in hop.transactions)
    hop.script.rcpt = say("250 2.1.5 Ok")
    assert send(hop.url).code == 250
    assert len(hop.wait_accepted(1)) == 1
