"""The instruments themselves: what the client sends straight to the recording hop is what the hop says it got."""

from __future__ import annotations

import pytest

from tests.acceptance.awkward import AWKWARD
from tests.harness.client import SmtpClient, on_the_wire, send, stuffed
from tests.harness.hop import CLOSE, RESET, RecordingHop, say


def test_at_least_fifty_awkward_messages():
    assert len(AWKWARD) >= 50


@pytest.mark.parametrize("name", AWKWARD)
def test_what_is_sent_is_what_is_recorded(hop: RecordingHop, name: str):
    octets = AWKWARD[name]
    sent = send(hop.port, b"", b"hr@toronto.example", octets)
    assert sent.code == 250
    (got,) = hop.accepted
    assert got.raw == on_the_wire(octets)
    assert got.octets in (octets, octets + b"\r\n")


def test_stuffing_begins_lines_after_crlf_only():
    assert stuffed(b".a\r\n.\r\n..\n.b\r.c") == b"..a\r\n..\r\n...\n.b\r.c"


def test_each_recipient_has_its_answer(hop: RecordingHop):
    hop.script.rcpt_of = {"b@example.org": say("550 5.1.1 no", "550 5.1.1 such"), "c@example.org": say("451 4.2.0 later")}
    sent = send(hop.port, b"", [b"a@example.org", b"b@example.org", b"c@example.org"], b"x")
    assert [each.code for each in sent.rcpt] == [250, 550, 451]
    assert hop.accepted[0].rcpt_to == [b"a@example.org"]
    assert len(hop.accepted[0].refused) == 2


@pytest.mark.parametrize("ending", [CLOSE, RESET])
def test_a_hop_that_goes_away_after_the_dot_has_accepted_nothing(hop: RecordingHop, ending):
    hop.script.end = ending
    with SmtpClient(hop.port) as client, pytest.raises(ConnectionError):
        client.send(b"", b"a@example.org", b"x")
    assert not hop.accepted


def test_a_client_that_leaves_inside_data_leaves_an_aborted_transaction(hop: RecordingHop):
    with SmtpClient(hop.port) as client:
        client.begin(b"", b"a@example.org")
        client.command(b"DATA")
        client.write(b"half a mess")
    hop.wait_aborted()
    assert [each.raw for each in hop.aborted] == [b"half a mess"]
