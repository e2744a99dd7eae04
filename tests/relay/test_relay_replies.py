"""Every code at every stage (docs/threats.md R5): mirrored with its class, its enhanced code and its lines; 421 becomes 451, since we stay."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gateway.relay import session
from gateway.relay.data import EndOfData
from tests.harness.client import SmtpClient
from tests.harness.hop import Answer, RecordingHop, say
from tests.harness.waiting import wait_for
from tests.relay.rig import FrontDoor

REFUSALS = ["421 4.3.2", "450 4.2.0", "451 4.3.0", "452 4.3.1", "550 5.1.1", "552 5.3.4", "553 5.1.3", "554 5.7.1"]
RCPT = b"hr@toronto.example"


def mirrored(refusal: str) -> tuple[bytes, ...]:
    line = refusal.replace("421", "451").encode()
    return (line[:3] + b"-" + line[4:] + b" First words", line + b" last words")


@pytest.mark.parametrize("refusal", REFUSALS)
@pytest.mark.parametrize("stage", ["mail", "rcpt", "data", "end"])
def test_a_refusal_is_mirrored(stage: str, refusal: str, hop: RecordingHop, door: FrontDoor, client: SmtpClient):
    setattr(hop.script, stage, say(f"{refusal} First words", f"{refusal} last words"))
    sent = client.send(b"a@example.org", RCPT, b"Subject: x\r\n\r\nx\r\n")
    assert sent.last.lines == mirrored(refusal)
    assert not door.seen

    setattr(hop.script, stage, getattr(type(hop.script)(), stage))
    client.command(b"RSET")
    assert client.send(b"a@example.org", RCPT, b"Subject: x\r\n\r\nx\r\n").code == 250, "the session goes on"
    assert len(door.wait_seen()) == 1


@pytest.mark.parametrize("code", ["250 2.0.0", "251 2.1.5", "252 2.1.5"])
def test_a_positive_reply_to_rcpt_is_mirrored(code: str, hop: RecordingHop, client: SmtpClient):
    hop.script.rcpt = say(f"{code} will do")
    assert client.begin(b"", RCPT).rcpt[0].lines == (f"{code} will do".encode(),)


def test_three_recipients_three_answers(hop: RecordingHop, door: FrontDoor, client: SmtpClient):
    hop.script.rcpt_of = {"b@toronto.example": say("550 5.1.1 No"), "c@toronto.example": say("451 4.7.1 Later")}
    sent = client.send(b"a@example.org", [b"a@toronto.example", b"b@toronto.example", b"c@toronto.example"], b"x\r\n")
    assert [each.code for each in sent.rcpt] == [250, 550, 451]
    assert sent.code == 250
    assert door.wait_seen()[0].envelope.rcpt_to == ("a@toronto.example",)
    assert door.observer.heard_of == [(["a@toronto.example"], ["b@toronto.example"])]


def test_who_nobody_knows_is_heard_of_without_a_message(hop: RecordingHop, door: FrontDoor, client: SmtpClient):
    hop.script.rcpt_of = {"b@toronto.example": say("550 5.1.1 No"), "c@toronto.example": say("550 5.7.1 No")}
    client.begin(b"", b"b@toronto.example", b"c@toronto.example")
    client.command(b"RSET")
    assert door.observer.heard_of == [([], ["b@toronto.example"])]


@pytest.mark.parametrize("refusal", REFUSALS)
@pytest.mark.parametrize("stage", ["greeting", "ehlo"])
def test_a_next_hop_that_refuses_service_refuses_no_message(stage: str, refusal: str, hop: RecordingHop, open_door: Callable[..., FrontDoor]):
    setattr(hop.script, stage, say(f"{refusal} go away"))
    if stage == "ehlo" and refusal.startswith("5"):
        # 5yz to EHLO is an old server: HELO is tried (RFC 5321 §3.2), and this hop answers both alike.
        hop.script.keywords = ()
    door = open_door(hop.url)
    with SmtpClient(door.port) as client:
        assert client.keywords == set()
        reply = client.command(b"MAIL FROM:<a@example.org>")
        assert reply.code == 451
        assert b"4.4.1" in reply.lines[0]
        assert b"go away" not in reply.lines[0]


@pytest.mark.parametrize("code", [530, 534, 535, 538])
def test_what_a_next_hop_wants_of_us_refuses_no_message(code: int, hop: RecordingHop, client: SmtpClient):
    hop.script.mail = say(f"{code} 5.7.0 Must issue a STARTTLS command first")
    assert client.command(b"MAIL FROM:<a@example.org>").lines == (b"451 4.7.0 Must issue a STARTTLS command first",)
    hop.script.mail, hop.script.rcpt = say("250 2.1.0 Ok"), say(f"{code} 5.7.1 Not for you")
    assert client.begin(b"a@example.org", RCPT).rcpt[0].code == code, "of a recipient it may be meant"


@pytest.mark.parametrize(("stage", "octets"), [("mail", "354 go"), ("rcpt", "334 go"), ("data", "250 fine"), ("end", "354 more")])
def test_a_reply_that_does_not_fit_is_a_broken_next_hop(stage: str, octets: str, hop: RecordingHop, door: FrontDoor, client: SmtpClient):
    setattr(hop.script, stage, say(octets))
    sent = client.send(b"a@example.org", RCPT, b"x\r\n")
    assert sent.last.code == 451
    assert b"4.4.2" in sent.last.lines[0]
    assert not door.seen


def test_the_envelope_that_is_observed(hop: RecordingHop, open_door: Callable[..., FrontDoor]):
    door = open_door(hop.url, name="staff", direction="outbound", trusted_senders=True, received=True)
    with SmtpClient(door.port) as client:
        client.send(b"", [b"A@toronto.example", b"b@toronto.example"], b"..Subject: x\r\n\r\n..\r\n")
    observed = door.wait_seen()[0]
    envelope = observed.envelope
    assert (envelope.mail_from, envelope.rcpt_to) == ("", ("A@toronto.example", "b@toronto.example"))
    assert (envelope.direction, envelope.listener, envelope.trusted_senders, envelope.door) == ("outbound", "staff", True, "relay")
    assert envelope.received_at.utcoffset() is not None
    assert (observed.octets, observed.complete, observed.size) == (b"..Subject: x\r\n\r\n..\r\n", True, 20)


def test_a_fault_of_the_observer_changes_nothing(door: FrontDoor, client: SmtpClient):
    door.observer.fault = RuntimeError("secret@example.org")
    sent = client.send(b"a@example.org", RCPT, b"x\r\n")
    assert sent.code == 250
    assert b"secret" not in b"".join(sent.last.lines)


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_a_message_is_read_once_its_dot_is_with_the_next_hop(loop: str, hop: RecordingHop, open_door: Callable[..., FrontDoor]):
    """And before the answer; only the answer makes it one that is observed."""
    hop.script.end = Answer(then="hang")
    door = open_door(hop.url, loop=loop)
    with SmtpClient(door.port) as client:
        client.begin(b"a@example.org", RCPT)
        client.command(b"DATA")
        client.write(b"Subject: x\r\n\r\nx\r\n.\r\n")
        wait_for(lambda: [each.complete for each in hop.transactions] == [True], "the final dot is at the next hop")
        wait_for(lambda: door.observer.ahead, "the message is read")
        assert (door.observer.ahead, door.seen) == ([17], [])


def test_a_message_that_we_refuse_is_not_read(hop: RecordingHop, door: FrontDoor, client: SmtpClient):
    assert client.send(b"a@example.org", RCPT, b"x\n.\r\nx\r\n").code == 550
    assert client.send(b"a@example.org", RCPT, b"x\r\n").code == 250
    assert door.observer.ahead in ([], [3])


@pytest.mark.parametrize("where", ["_mail", "_rcpt", "_data"])
def test_a_fault_of_ours_is_temporary_and_silent(where: str, monkeypatch: pytest.MonkeyPatch, door: FrontDoor, client: SmtpClient):
    async def broken(*_: object) -> None:
        raise KeyError("secret@example.org")

    verb = where[1:].upper().encode()
    monkeypatch.setitem(session._COMMANDS, verb, broken)
    sent = client.send(b"a@example.org", RCPT, b"x\r\n")
    assert sent.last.lines == (b"451 4.3.0 Temporary failure, try again later",)
    monkeypatch.undo()
    client.command(b"RSET")
    assert client.send(b"a@example.org", RCPT, b"x\r\n").code == 250


def test_a_fault_of_ours_inside_the_message_never_reads_it_as_commands(
    monkeypatch: pytest.MonkeyPatch, hop: RecordingHop, door: FrontDoor, client: SmtpClient
):
    monkeypatch.setattr(EndOfData, "feed", lambda *_: 1 / 0)
    client.begin(b"a@example.org", RCPT)
    client.command(b"DATA")
    client.write(b"MAIL FROM:<b@example.org>\r\n")
    assert client.reply().lines == (b"421 4.3.0 Temporary failure, try again later",)
    with pytest.raises(ConnectionError):
        client.reply()
    assert len(hop.lines(b"MAIL")) == 1
    assert not hop.accepted
