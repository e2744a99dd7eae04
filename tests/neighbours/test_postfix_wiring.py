"""deploy/postfix as it stands, with real Postfix and Dovecot: mail goes through, comes back, is acknowledged, and waits when the gateway is down."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.harness.client import SmtpClient, send
from tests.harness.gateway import GatewayProcess
from tests.harness.mails import inquiry, new_message_id, parsed
from tests.harness.neighbours import DovecotInstance, PostfixInstance, wiring
from tests.harness.ports import free_port
from tests.harness.waiting import PATIENCE, wait_for

pytestmark = [pytest.mark.neighbours, pytest.mark.front_door, pytest.mark.root]

RESIDENT, DIVISION, CLERK = "resident@example.org", "hr@toronto.example", "clerk@toronto.example"
DKIM = "DKIM-Signature: v=1; a=rsa-sha256; c=simple/simple; d=example.org; s=x;\r\n\th=from:to:subject; bh=abc=;\r\n\tb=def\r\n"


@dataclass
class Site:
    """One machine: Postfix with the gateway wired in, everything delivered to Dovecot by LMTP."""

    postfix: PostfixInstance
    gateway: GatewayProcess
    dovecot: DovecotInstance
    public: int
    """Where residents' mail comes in, after the spam filter."""
    staff: int
    mark: int = 0
    """Where Postfix's log stood when the test began."""

    @property
    def said(self) -> str:
        """By Postfix, since the test began."""
        return self.postfix.output[self.mark :]

    def find(self, address: str, message_id: str) -> bytes:
        """The one message for `address` that has this text in it."""

        def there() -> list[bytes]:
            return [each for each in self.dovecot.messages(address) if message_id.encode() in each]

        found = wait_for(there, f"delivery\n{self.said[-3000:]}", within=PATIENCE * 2)
        assert len(found) == 1
        return found[0]


@pytest.fixture(scope="module", params=["before-queue", "content-filter"])
def _shared_site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, module_folder: Path) -> Iterator[Site]:
    """Postfix takes three seconds to start; the gateway is started by each test."""
    dovecot = DovecotInstance(module_folder / f"dovecot-{request.param}")
    public, staff, back = free_port(), free_port(), free_port()
    next_hop = f"smtp://127.0.0.1:{back}"
    gateway = GatewayProcess(tmp_path_factory.mktemp("gateway"), next_hop=next_hop, notices=next_hop, settings={"timeouts": {"data_end": "85s"}})
    main, master = wiring(request.param, {2525: gateway.inbound, 2526: gateway.outbound, 10024: public, 10025: staff, 10026: back})
    main += f"virtual_transport = lmtp:inet:127.0.0.1:{dovecot.lmtp}\nvirtual_mailbox_domains = toronto.example, example.org\n"
    if request.param == "content-filter":
        master += f"127.0.0.1:{public} inet n - n - - smtpd\n"
    postfix = PostfixInstance(module_folder / request.param, main=main, master=master)
    try:
        dovecot.start()
        postfix.start(public, staff, back)
        yield Site(postfix, gateway, dovecot, public, staff)
    finally:
        postfix.stop()
        dovecot.stop()


@pytest.fixture
def site(_shared_site: Site) -> Iterator[Site]:
    """The gateway is not started, and knows nobody."""
    _shared_site.mark = len(_shared_site.postfix.output)
    shutil.rmtree(_shared_site.gateway.folder / "var", ignore_errors=True)
    yield _shared_site
    _shared_site.gateway.kill()
    print(_shared_site.said[-5000:], _shared_site.gateway.output[-5000:])


def test_an_inquiry_arrives_whole_and_is_acknowledged(site: Site):
    site.gateway.start()
    message_id = new_message_id()
    octets = inquiry(message_id, fields=DKIM, text="Où ?\r\n.\r\n..two dots\r\n" + "x" * 900 + "\r\n\r\n")
    assert send(site.public, RESIDENT.encode(), DIVISION.encode(), octets).code == 250
    delivered = site.find(DIVISION, message_id)
    header, _, body = octets.replace(b"\r\n", b"\n").partition(b"\n\n")
    assert delivered.endswith(header + b"\n\n" + body), "not an octet of it changed"
    acknowledgement = parsed(site.find(RESIDENT, message_id))
    assert acknowledgement["Auto-Submitted"]
    assert acknowledgement["Return-Path"] == "<>"
    assert acknowledgement["From"].addresses[0].addr_spec == DIVISION


def test_the_true_client_stands_in_the_log_behind_the_gateway(site: Site):
    """XFORWARD, from the first smtpd (or the filter's client) through the gateway to the last one."""
    site.gateway.start()
    message_id = new_message_id()
    with SmtpClient(site.public, source="127.0.0.2") as client:
        assert client.send(RESIDENT.encode(), DIVISION.encode(), inquiry(message_id)).code == 250
    site.find(DIVISION, message_id)
    wait_for(
        lambda: re.search(r"after-gateway/smtpd\S* [0-9A-Z]+: client=\S+, .*orig_client=\S*\[127\.0\.0\.2\]", site.said),
        f"the client in the log\n{site.said[-3000:]}",
    )


def test_an_answer_of_staff_arrives(site: Site):
    site.gateway.start()
    message_id = new_message_id()
    assert send(site.staff, CLERK.encode(), RESIDENT.encode(), inquiry(message_id, sender=CLERK, to=RESIDENT)).code == 250
    site.find(RESIDENT, message_id)
    wait_for(lambda: "after-gateway/smtpd" in site.said, f"it came by way of the gateway\n{site.said[-3000:]}")
    assert len(site.dovecot.messages(CLERK)) <= 1, "at most a private warning, no acknowledgement"


def test_a_bounce_passes_and_is_not_answered(site: Site):
    site.gateway.start()
    message_id = new_message_id()
    report = inquiry(message_id, sender="mailer-daemon@example.org", fields="Auto-Submitted: auto-replied\r\n")
    assert send(site.public, b"", DIVISION.encode(), report).code == 250
    assert b"Return-Path: <>" in site.find(DIVISION, message_id)
    assert not site.dovecot.messages("mailer-daemon@example.org")


def test_a_delivery_request_passes_the_filter(site: Site):
    """DSN parameters reach the Postfix behind the gateway: it answers NOTIFY=SUCCESS with a report."""
    site.gateway.start()
    message_id = new_message_id()
    with SmtpClient(site.public) as client:
        begun = client.begin(RESIDENT.encode(), DIVISION.encode(), mail=b"RET=HDRS ENVID=QQ314159", rcpt=b"NOTIFY=SUCCESS")
        assert begun.rcpt[0].code == 250, begun.last
        client.command(b"DATA")
        assert client.command(inquiry(message_id).rstrip(b"\r\n") + b"\r\n.").code == 250

    def reports() -> list[bytes]:
        return [each for each in site.dovecot.messages(RESIDENT) if b"QQ314159" in each]

    wait_for(reports, f"a delivery report with the envelope's identifier\n{site.said[-3000:]}", within=PATIENCE * 2)


def test_when_the_gateway_is_down_mail_waits_and_then_arrives(site: Site, request: pytest.FixtureRequest):
    """Behind the queue Postfix keeps it; before the queue the sender does (4yz). Nothing is lost, nothing bounces."""
    message_id = new_message_id()
    octets = inquiry(message_id)
    first = send(site.public, RESIDENT.encode(), DIVISION.encode(), octets)
    before_queue = "before-queue" in request.node.name
    assert 400 <= first.code < 500 if before_queue else first.code == 250
    site.gateway.start()
    if before_queue:
        assert send(site.public, RESIDENT.encode(), DIVISION.encode(), octets).code == 250
    else:
        wait_for(lambda: re.search(r"status=deferred", site.said), "Postfix keeps it")
        site.postfix.flush()
    site.find(DIVISION, message_id)
    site.find(RESIDENT, message_id)
    assert "status=bounced" not in site.said
