"""Postfix as client with its own queue, Dovecot as LMTP next hop, swaks as any client; and the unit file that runs the gateway."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Chain, GatewayFactory
from tests.harness.client import SmtpClient, on_the_wire, send
from tests.harness.gateway import REPOSITORY, run_gateway
from tests.harness.hop import say
from tests.harness.mails import inquiry, new_message_id, wait_acknowledged, without_received
from tests.harness.neighbours import DovecotInstance, PostfixInstance, program, swaks
from tests.harness.ports import free_port
from tests.harness.waiting import wait_for

pytestmark = pytest.mark.neighbours

SETTINGS = {"caps": dict.fromkeys(("correspondent", "domain", "gateway", "breaker"), "none")}
"""All tests write as one resident to one gateway."""


@pytest.fixture(scope="module")
def _shared_postfix(module_folder: Path, _shared_chain: Chain) -> Iterator[tuple[PostfixInstance, int]]:
    port = free_port()
    main, master = f"relayhost = [127.0.0.1]:{_shared_chain.gateway.inbound}\n", f"127.0.0.1:{port} inet n - n - - smtpd\n"
    postfix = PostfixInstance(module_folder / "postfix", main=main, master=master)
    try:
        postfix.start(port)
        yield postfix, port
    finally:
        postfix.stop()


@pytest.fixture
def sending_postfix(_shared_postfix: tuple[PostfixInstance, int], chain: Chain) -> Iterator[tuple[PostfixInstance, int]]:
    """A queueing Postfix whose relayhost is the chain's gateway, and where to send to; its queue is empty."""
    postfix, port = _shared_postfix
    wait_for(lambda: not postfix.queued(), "nothing is left of the test before")
    mark = len(postfix.output)
    yield postfix, port
    print(postfix.output[mark:][-5000:])


@pytest.mark.root
def test_postfix_sends_through_the_gateway(sending_postfix, chain: Chain):
    """Its smtp client pipelines MAIL, RCPT and DATA; 8-bit text and 30 messages on kept connections arrive whole."""
    _, port = sending_postfix
    message_ids = [new_message_id() for _ in range(30)]
    with SmtpClient(port) as client:
        for message_id in message_ids:
            octets = inquiry(message_id, sender=f"r{message_ids.index(message_id)}@example.org", text="é\r\n.\r\n" + "long " * 150 + "\r\n")
            assert client.send(b"resident@example.org", [b"hr@toronto.example", b"equity@toronto.example"], octets).code == 250
    chain.hop.wait_accepted(30)
    for message_id in message_ids:
        (got,) = [each for each in chain.hop.accepted if message_id.encode() in each.raw]
        assert sorted(got.rcpt_to) == [b"equity@toronto.example", b"hr@toronto.example"]
        assert got.octets.endswith("é\r\n.\r\n".encode() + b"long " * 150 + b"\r\n")


@pytest.mark.root
def test_postfix_tries_again_when_the_next_hop_was_busy(sending_postfix, chain: Chain):
    postfix, port = sending_postfix
    chain.hop.script.end = say("451 4.3.2 busy")
    message_id = new_message_id()
    assert send(port, b"resident@example.org", b"hr@toronto.example", inquiry(message_id)).code == 250
    wait_for(lambda: re.search(r"status=deferred .*451 4\.3\.2 busy", postfix.output), f"Postfix hears the next hop's words\n{postfix.output}")
    chain.hop.script.end = say("250 2.0.0 Ok")
    postfix.flush()
    chain.hop.wait_accepted(1)
    assert len(wait_acknowledged(chain.notices, message_id)) == 1
    assert not postfix.queued() or wait_for(lambda: not postfix.queued(), "the queue is empty")


@pytest.mark.root
def test_postfix_bounces_what_the_next_hop_refuses(sending_postfix, chain: Chain):
    """The permanent refusal reaches Postfix with its words; the bounce it writes passes the gateway too."""
    postfix, port = sending_postfix
    chain.hop.script.rcpt_of = {"nobody@toronto.example": say("550 5.1.1 no such person here")}
    assert send(port, b"resident@example.org", b"nobody@toronto.example", inquiry(new_message_id())).code == 250
    (bounce,) = chain.hop.wait_accepted(1)
    assert bounce.mail_from == b""
    assert bounce.rcpt_to == [b"resident@example.org"]
    assert b"no such person here" in bounce.octets
    assert re.search(r"status=bounced .*550 5\.1\.1 no such person here", postfix.output)


@pytest.mark.root
def test_postfix_takes_and_gives_addresses_beyond_ascii(sending_postfix, chain: Chain):
    """A resident's mail comes by it, and what we wrote to them passes it on its way out."""
    _, port = sending_postfix
    message_id, resident = new_message_id(), "பெயர்@xn--zkc6cc5bi7f6e.example"
    with SmtpClient(port) as client:
        assert client.send(resident.encode(), b"hr@toronto.example", inquiry(message_id, sender=resident), mail=b"SMTPUTF8").code == 250
    chain.hop.wait_accepted(1)
    (ours,) = wait_acknowledged(chain.notices, message_id)
    with SmtpClient(port) as client:
        assert client.command(ours.mail).code == 250
        assert [client.command(each).code for each in (*ours.rcpt, b"DATA")] == [250, 354]
        assert client.command(ours.raw + b".").code == 250
    _, passed = chain.hop.wait_accepted(2)
    assert (passed.mail_from, passed.rcpt_to, passed.mail.count(b"SMTPUTF8")) == (b"", [resident.encode()], 1)
    assert passed.octets.endswith(ours.octets)


@pytest.mark.root
def test_dovecot_by_lmtp(new_gateway: GatewayFactory, dovecot: DovecotInstance):
    """An LMTP next hop takes one recipient a transaction; the others hear 452 and come again."""
    gateway = new_gateway(next_hop=f"lmtp://127.0.0.1:{dovecot.lmtp}")
    gateway.start()
    message_id = new_message_id()
    octets = inquiry(message_id)
    with SmtpClient(gateway.inbound) as client:
        sent = client.send(b"resident@example.org", [b"hr@toronto.example", b"equity@toronto.example"], octets)
        assert [each.code for each in sent.rcpt] == [250, 452]
        assert sent.code == 250
        assert client.send(b"resident@example.org", b"equity@toronto.example", octets).code == 250
    for address in ("hr@toronto.example", "equity@toronto.example"):
        (delivered,) = dovecot.wait_for(address)
        assert delivered.endswith(octets.replace(b"\r\n", b"\n"))


def test_swaks(chain: Chain, tmp_path: Path):
    message_id = new_message_id()
    octets = inquiry(message_id)
    done = swaks(chain.gateway.inbound, "--from", "resident@example.org", "--to", "hr@toronto.example", data=octets, folder=tmp_path)
    assert done.returncode == 0, done.stdout
    assert without_received(chain.hop.accepted[0].raw, on_the_wire(octets)).startswith(octets[:-2])
    assert len(wait_acknowledged(chain.notices, message_id)) == 1


def test_swaks_pipelined_and_refused(chain: Chain):
    chain.hop.script.rcpt_of = {"nobody@toronto.example": say("550 5.1.1 no such person")}
    done = swaks(chain.gateway.inbound, "--pipeline", "--from", "resident@example.org", "--to", "hr@toronto.example,nobody@toronto.example")
    assert "550 5.1.1 no such person" in done.stdout
    assert chain.hop.wait_accepted(1)[0].rcpt_to == [b"hr@toronto.example"]


def test_the_unit_is_hardened():
    unit = REPOSITORY / "deploy" / "gateway.service"
    done = subprocess.run(
        [program("systemd-analyze"), "security", "--offline=true", "--threshold=20", "--no-pager", str(unit)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_the_example_configuration_is_good(tmp_path: Path):
    """deploy/gateway.toml with the shipped folders; only the paths of the installed machine are replaced."""
    text = (REPOSITORY / "deploy" / "gateway.toml").read_text()
    text = text.replace("/etc/gateway/", f"{REPOSITORY}/").replace("/var/lib/gateway", str(tmp_path))
    (tmp_path / "gateway.toml").write_text(text)
    done = run_gateway("check", "--config", "gateway.toml", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
