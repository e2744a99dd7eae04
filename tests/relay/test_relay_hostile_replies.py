"""Replies of a next hop that means harm or is broken (docs/threats.md R8): the client gets one sound reply, and no message is made up."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gateway.delivery.timeouts import Timeouts
from tests.harness.client import SmtpClient
from tests.harness.hop import Answer, RecordingHop
from tests.relay.rig import FrontDoor

RCPT = b"hr@toronto.example"
REPLIES = {
    "no line break": (b"250 2.0.0 Ok", "hang"),
    "gone within a line": (b"250 2.0.", "close"),
    "gone within a reply": (b"250-2.0.0 more\r\n", "close"),
    "endless lines": (b"250-x\r\n" * 20_000, "hang"),
    "one endless line": (b"250 " + b"x" * 100_000, "hang"),
    "NUL first": (b"\x00250 Ok\r\n", ""),
    "digits of another script": ("٢٥٠ Ok\r\n".encode(), ""),
    "HTTP": (b"HTTP/1.1 200 OK\r\n\r\n", ""),
    "nothing": (b"\r\n", ""),
    "codes that differ": (b"250-fine\r\n550 no\r\n", ""),
}
SOUND = {
    "eight bits and NUL": b"550 5.7.1 caf\xe9 \x00 \x1b[31m\r\n",
    "a carriage return": b"550 5.7.1 a\rb\r\n",
    "a second reply": b"550 5.7.1 no\r\n250 2.0.0 Ok\r\n",
}
STAGES = ["mail", "rcpt", "data", "end"]


@pytest.fixture
def brief_door(hop: RecordingHop, open_door: Callable[..., FrontDoor]) -> FrontDoor:
    return open_door(hop.url, timeouts=Timeouts(connect=0.3, command=0.3, data_end=0.3), loop="uvloop")


@pytest.mark.parametrize("stage", STAGES)
def test_at_each_stage(stage: str, hop: RecordingHop, brief_door: FrontDoor):
    for what, (octets, then) in REPLIES.items():
        with SmtpClient(brief_door.port) as client:
            setattr(hop.script, stage, Answer(octets, then=then))  # type: ignore[arg-type]  # one of its words
            sent = client.send(b"a@example.org", RCPT, b"x\r\n")
            assert sent.code >= 400, what
            assert sent.code < 500 or what == "codes that differ", what
            assert not brief_door.seen, what
            setattr(hop.script, stage, getattr(type(hop.script)(), stage))
            client.command(b"RSET")
            assert client.send(b"a@example.org", RCPT, b"x\r\n").code == 250, what
            brief_door.wait_seen()
            brief_door.seen.clear()


@pytest.mark.parametrize("stage", STAGES)
def test_refusals_are_made_safe(stage: str, hop: RecordingHop, brief_door: FrontDoor):
    for what, octets in SOUND.items():
        with SmtpClient(brief_door.port) as client:
            setattr(hop.script, stage, Answer(octets))
            last = client.send(b"a@example.org", RCPT, b"x\r\n").last
            assert last.code == 550, what
            assert all(32 <= octet < 127 for line in last.lines for octet in line), what
            assert client.command(b"NOOP").code == 250, f"{what}: what came behind it answers nothing"
            assert not brief_door.seen, what
