"""The client hears what the next hop said, at the stage where it said it; what the next hop did not say is 451, never 250 or 5yz."""

from __future__ import annotations

import re
import socket
import time

import pytest

from tests.conftest import Chain, GatewayFactory
from tests.harness.client import SmtpClient, send
from tests.harness.hop import CLOSE, HANG, RESET, Answer, RecordingHop, Script, say
from tests.harness.mails import acknowledgements, inquiry, new_message_id, resident, wait_acknowledged
from tests.harness.ports import free_port
from tests.harness.waiting import wait_for

pytestmark = pytest.mark.front_door

SETTINGS = {"timeouts": {"connect": "1s", "command": "1s", "data_end": "1s"}}
STAGES = ("mail", "rcpt", "data", "end")
CODES = {421: "4.3.2", 450: "4.2.0", 451: "4.3.0", 452: "4.3.1", 550: "5.1.1", 552: "5.3.4", 554: "5.7.1"}


def inquire(chain: Chain, message_id: str = ""):
    message_id = message_id or new_message_id()
    return send(chain.gateway.inbound, resident(message_id), b"hr@toronto.example", inquiry(message_id))


@pytest.mark.parametrize("lines", [1, 3])
@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("stage", STAGES)
def test_each_refusal_at_each_stage_is_mirrored(chain: Chain, stage: str, code: int, lines: int):
    reply = say(*(f"{code} {CODES[code]} line {number} of the next hop's words" for number in range(lines)))
    setattr(chain.hop.script, stage, reply)
    sent = inquire(chain)
    if code == 421:  # the next hop leaves, we stay: the client's connection is not the next hop's
        assert sent.code in (421, 451)
    else:
        assert b"\r\n".join(sent.last.lines) + b"\r\n" == reply.octets
    assert {"mail": sent.mail, "rcpt": sent.rcpt and sent.rcpt[0], "data": sent.data, "end": sent.end}[stage] == sent.last
    assert not chain.hop.accepted


@pytest.mark.parametrize("stage", STAGES)
def test_the_session_goes_on_after_a_refusal(chain: Chain, stage: str):
    setattr(chain.hop.script, stage, say("450 4.2.0 not now"))
    message_id = new_message_id()
    with SmtpClient(chain.gateway.inbound) as client:
        assert client.send(resident(message_id), b"hr@toronto.example", inquiry(message_id)).code == 450
        assert client.command(b"RSET").code == 250
        chain.hop.script = Script()
        assert client.send(resident(message_id), b"hr@toronto.example", inquiry(message_id)).code == 250
    assert len(chain.hop.accepted) == 1
    assert len(wait_acknowledged(chain.notices, message_id)) == 1


def test_three_recipients_with_three_answers(chain: Chain):
    chain.hop.script.rcpt_of = {"nobody@toronto.example": say("550 5.1.1 no such person"), "media@toronto.example": say("451 4.2.1 mailbox busy")}
    message_id = new_message_id()
    recipients = [b"hr@toronto.example", b"nobody@toronto.example", b"media@toronto.example"]
    sent = send(chain.gateway.inbound, resident(message_id), recipients, inquiry(message_id))
    assert [(each.code, each.text[:5]) for each in sent.rcpt] == [(250, "2.1.5"), (550, "5.1.1"), (451, "4.2.1")]
    assert sent.code == 250
    assert chain.hop.accepted[0].rcpt_to == [b"hr@toronto.example"]
    (acknowledgement,) = wait_acknowledged(chain.notices, message_id)
    assert b"hr@toronto.example" in acknowledgement.octets
    assert b"media@toronto.example" not in acknowledgement.octets


def test_all_recipients_refused_then_data(chain: Chain):
    chain.hop.script.rcpt = say("550 5.1.1 no such person")
    with SmtpClient(chain.gateway.inbound) as client:
        assert client.begin(b"", b"hr@toronto.example").rcpt[0].code == 550
        assert client.command(b"DATA").code in (503, 554)
        assert client.command(b"NOOP").code == 250
    assert not chain.hop.transactions


TROUBLES = {
    "hang": HANG,
    "close": CLOSE,
    "reset": RESET,
    "http": Answer(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
    "garbage": Answer(b"\xff\xfe\r\n"),
    "half-a-reply": Answer(b"250-half\r\n", then="hang"),
}


@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("stage", ["greeting", *STAGES])
def test_a_next_hop_that_fails_is_451_and_soon(chain: Chain, stage: str, trouble: str):
    chain.hop.cut()
    setattr(chain.hop.script, stage, TROUBLES[trouble])
    begun = time.monotonic()
    message_id = new_message_id()
    sent = inquire(chain, message_id)
    assert sent.code == 451, sent.last
    assert re.match(r"4\.\d\.\d ", sent.last.text), sent.last
    assert time.monotonic() - begun < 10
    assert not chain.hop.accepted
    assert not acknowledgements(chain.notices, message_id)


@pytest.mark.parametrize("code", CODES)
def test_a_greeting_that_refuses_is_temporary(chain: Chain, code: int):
    chain.hop.cut()
    chain.hop.script.greeting = say(f"{code} not now", then="close")
    sent = inquire(chain)
    assert sent.code == 451
    assert sent.last == sent.mail


def test_an_endless_greeting_is_cut_off(chain: Chain):
    chain.hop.cut()
    chain.hop.script.greeting = Answer(b"220-and on\r\n" * 100_000, then="hang")
    assert inquire(chain).code == 451


@pytest.mark.parametrize("listening", [False, True], ids=["refused", "silent"])
def test_no_next_hop(new_gateway: GatewayFactory, listening: bool):
    """Nobody listens, or the port takes connections and never greets: 451 with an enhanced code."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", free_port()))
        if listening:
            silent.listen(64)
        gateway = new_gateway(next_hop=f"smtp://127.0.0.1:{silent.getsockname()[1]}", settings=SETTINGS)
        gateway.start(ready=False)
        gateway.wait_listening()
        sent = send(gateway.inbound, b"resident@example.org", b"hr@toronto.example", inquiry(new_message_id()))
    assert sent.mail.code == 451
    assert re.match(r"4\.\d\.\d ", sent.mail.text)


def test_a_client_that_leaves_after_the_dot_is_served_all_the_same(chain: Chain):
    chain.hop.script.end = say("250 2.0.0 Ok, slowly", after=0.5)
    for leave in (SmtpClient.close, SmtpClient.reset):
        message_id = new_message_id()
        client = SmtpClient(chain.gateway.inbound)
        client.begin(resident(message_id), b"hr@toronto.example")
        client.command(b"DATA")
        client.write(inquiry(message_id) + b".\r\n")
        wait_complete(chain, message_id)
        leave(client)
        assert len(wait_acknowledged(chain.notices, message_id)) == 1


def wait_complete(chain: Chain, message_id: str) -> None:
    wait_for(lambda: any(message_id.encode() in each.raw for each in list(chain.hop.transactions)), "the next hop has the final dot")


def test_a_client_that_leaves_inside_data_leaves_nothing(chain: Chain):
    message_id = new_message_id()
    with SmtpClient(chain.gateway.inbound) as client:
        client.begin(resident(message_id), b"hr@toronto.example")
        client.command(b"DATA")
        client.write(inquiry(message_id)[:-40])
    assert inquire(chain).code == 250, "the next client is served"
    assert not [each for each in chain.hop.accepted if message_id.encode() in each.raw]


def test_who_may_not_relay_is_refused_and_the_next_hop_not_troubled(new_gateway: GatewayFactory, hop: RecordingHop):
    port = free_port()
    listener = {"name": "inbound", "bind": f"127.0.0.1:{port}", "direction": "inbound", "allow": ["192.0.2.0/24"]}
    gateway = new_gateway(settings={"listener": [listener]})
    gateway.start()
    with SmtpClient(port, greet=False) as client:
        refused = client.reply()
        if refused.code == 220:
            client.command(b"EHLO client.example")
            refused = client.command(b"MAIL FROM:<>")
    assert refused.code in (550, 554)
    assert refused.text.startswith("5.7.1")
    assert not hop.lines(b"MAIL")
