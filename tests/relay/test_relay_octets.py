"""A relayed message leaves as it came (docs/relay.md); also through the harness' acceptance tests with the real command."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from gateway.message.model import PREFIX_LIMIT
from tests.harness.client import SmtpClient, on_the_wire
from tests.harness.hop import RecordingHop
from tests.harness.waiting import wait_for
from tests.relay.rig import FrontDoor

BODIES = {
    "empty": b"",
    "one line break": b"\r\n",
    "dots": b".\r\n..\r\n...\r\n.x\r\n",
    "no header": b"\r\njust a body\r\n",
    "long line": b"x" * 1_000_000 + b"\r\n",
    "nul and controls": bytes(each for each in range(32) if each not in (10, 13)) + b"\r\n",
    "8 bit": bytes(range(128, 256)) + b"\r\n",
    "bare line feeds": b"a\nb\n\nc\n\r\n",
    "bare carriage returns": b"a\rb\r\rc\r\r\n",
    "mixed line breaks": b"\n\r\r\n\n\r\r\r\n\n\n\r\n",
    "dots beside bare line breaks": b"a\n..\nb\r.c\n.d\r\n",
    "header of one size": b"Subject: " + b"y" * 65_536 + b"\r\n\r\n",
    "3 MB": b"0123456789abcdef" * 200_000 + b"\r\n",
    "commands": b"QUIT\r\nRSET\r\nMAIL FROM:<a@example.org>\r\n",
}
RCPT = b"hr@toronto.example"


@pytest.mark.parametrize("name", BODIES)
def test_octets_pass_unchanged(name: str, hop: RecordingHop, door: FrontDoor, client: SmtpClient):
    body = BODIES[name]
    assert client.send(b"a@example.org", RCPT, body).code == 250
    assert hop.wait_accepted()[0].octets == body
    observed = door.wait_seen()[0]
    assert observed.octets == body[:PREFIX_LIMIT]
    assert observed.size == len(body)
    assert observed.complete is (len(body) <= PREFIX_LIMIT)


def test_stuffing_that_needs_none_passes_as_it_is(hop: RecordingHop, client: SmtpClient):
    wire = b".not stuffed\r\n..stuffed\r\n"
    client.send(b"a@example.org", RCPT, b"", wire=wire)
    assert hop.wait_accepted()[0].raw == wire


def test_a_message_cut_at_every_octet(hop: RecordingHop, door: FrontDoor, client: SmtpClient):
    body = b"Subject: x\r\n\r\n..a\r\n.b\r.c\r\n\x00\n\r\n"
    wire = on_the_wire(body) + b".\r\n"
    for count, at in enumerate(range(1, len(wire)), 1):
        client.begin(b"a@example.org", RCPT)
        client.command(b"DATA")
        client.write(wire[:at])
        client.write(wire[at:])
        reply = client.reply()
        assert reply.code == 250, (at, reply)
        assert hop.wait_accepted(count)[-1].octets == body


def cut(hop: RecordingHop, count: int) -> bool:
    return len(hop.aborted) == count


@pytest.mark.parametrize("break_", [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r.\n", b"\r.\r\n", b"\r\n.\r", b"\n.\r"])
def test_no_look_alike_of_an_end_reaches_the_next_hop(break_: bytes, hop: RecordingHop, door: FrontDoor, client: SmtpClient):
    """Split at every octet around the look-alike (docs/threats.md S3); the next hop never sees it, nor a final dot."""
    wire = b"before" + break_ + b"MAIL FROM:<smuggled@example.org>\r\n"
    for sent, at in enumerate(range(5, 6 + len(break_) + 1), 1):
        client.begin(b"a@example.org", RCPT)
        client.command(b"DATA")
        client.write(wire[:at])
        client.write(wire[at:] + b".\r\n")
        reply = client.reply()
        assert (reply.code, reply.text[:5]) == (550, "5.5.2")
        wait_for(partial(cut, hop, sent), "the next hop's connection cut")
    assert client.command(b"NOOP").code == 250
    assert not hop.accepted
    assert not door.seen
    assert not any(break_ in each.raw for each in hop.transactions)
    assert not hop.lines(b"MAIL FROM:<smuggled")


def test_received_and_marker_come_first(hop: RecordingHop, open_door: Callable[..., FrontDoor]):
    door = open_door(hop.url, received=True, marker="X-Gateway: seen")
    with SmtpClient(door.port) as client:
        client.send(b"a@example.org", RCPT, b"Subject: x\r\n\r\n.\r\n")
    octets = hop.wait_accepted()[0].octets
    assert re.fullmatch(
        rb"Received: from client\.example \(\[127\.0\.0\.1\]\)\r\n\tby gateway\.example with ESMTP id [0-9a-f]{12};\r\n"
        rb"\tMon, 16 Nov 2026 15:00:00 \+0000\r\nX-Gateway: seen\r\nSubject: x\r\n\r\n\.\r\n",
        octets,
    )
    assert door.wait_seen()[0].octets == b"Subject: x\r\n\r\n.\r\n"


def test_an_empty_message_with_a_received_line(hop: RecordingHop, open_door: Callable[..., FrontDoor]):
    door = open_door(hop.url, received=True)
    with SmtpClient(door.port) as client:
        assert client.send(b"a@example.org", RCPT, b"").code == 250
    assert hop.wait_accepted()[0].octets.endswith(b"+0000\r\n")


@pytest.mark.parametrize("mail", sorted((Path(__file__).resolve().parents[1] / "mails-awkward").glob("*.eml")), ids=lambda path: path.stem)
def test_awkward_mail_passes_unchanged(mail: Path, hop: RecordingHop, open_door: Callable[..., FrontDoor]):
    octets = mail.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    door = open_door(hop.url)
    with SmtpClient(door.port) as client:
        assert client.send(b"a@example.org", RCPT, octets).code == 250
    assert hop.wait_accepted()[0].octets == (octets if octets.endswith(b"\r\n") else octets + b"\r\n")
