"""Every sample message of this repository, and generated hostile ones, through the relay octet for octet (docs/threats.md R11)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.harness.client import SmtpClient
from tests.harness.hop import RecordingHop
from tests.relay.rig import FrontDoor

SAMPLES = sorted(Path(__file__).parents[1].rglob("*.eml"))
RCPT = b"hr@toronto.example"
OCTETS = st.lists(
    st.sampled_from([b"\r\n", b"\n", b"\r", b".", b"..", b"\r\n.", b"\r\n..", b"\0", b"\xff", b"From: a@b.example\r\n", b"=?utf-8?q?",
                     b"x" * 1200, b"--b", b"\x1b$B"])
    | st.binary(max_size=30),
    max_size=25,
).map(b"".join)  # fmt: skip


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[RecordingHop, SmtpClient]]:
    with RecordingHop() as hop, FrontDoor(hop.url, loop="uvloop") as door, SmtpClient(door.port) as client:
        yield hop, client


def passed(served: tuple[RecordingHop, SmtpClient], octets: bytes) -> bool:
    """False when it was refused, as a lone dot beside a bare line break is."""
    hop, client = served
    hop.forget()
    sent = client.send(b"a@example.org", RCPT, octets)
    if sent.code == 550:
        assert not hop.accepted
        return False
    assert sent.code == 250
    assert hop.accepted[0].octets == (octets if octets.endswith(b"\r\n") or not octets else octets + b"\r\n")
    return True


def test_everything_passes_octet_for_octet(served: tuple[RecordingHop, SmtpClient]) -> None:
    assert len(SAMPLES) > 100
    assert all(passed(served, sample.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")) for sample in SAMPLES)


@given(OCTETS)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_octets_pass_or_are_refused(served: tuple[RecordingHop, SmtpClient], octets: bytes) -> None:
    lone = any(end + b"." + begin in b"\r\n" + octets + b"\r\n" for end in (b"\n", b"\r") for begin in (b"\r", b"\n"))
    assert passed(served, octets) or lone
