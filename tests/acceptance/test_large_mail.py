"""Fifty large messages at once: memory stays bounded, and small mail hardly waits (docs/threats.md S6)."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Chain, GatewayFactory
from tests.harness.client import SmtpClient
from tests.harness.gateway import GatewayProcess, listening
from tests.harness.hop import RecordingHop, say
from tests.harness.neighbours import program
from tests.harness.ports import free_port
from tests.harness.waiting import wait_for

pytestmark = [pytest.mark.front_door, pytest.mark.neighbours]

AT_ONCE, OCTETS = 50, 25_000_000
MOST_MEMORY = 400_000_000


@pytest.fixture
def sink() -> Iterator[int]:
    """Postfix's smtp-sink: takes everything and keeps nothing."""
    port = free_port()
    process = subprocess.Popen(
        [program("smtp-sink"), *(("-u", "postfix") if os.geteuid() == 0 else ()), f"127.0.0.1:{port}", "256"], stdin=subprocess.DEVNULL
    )
    wait_for(lambda: listening(port), "the sink listens")
    yield port
    process.terminate()
    process.wait()


def peak_memory(gateway: GatewayProcess) -> int:
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{gateway.pid}/status").read_text())
    assert found
    return int(found[1]) * 1024


def test_fifty_large_messages_at_once(new_gateway: GatewayFactory, sink: int, hop: RecordingHop):
    # Small mail goes to a next hop of its own: the sink's own queueing is not what is measured.
    gateway = new_gateway(next_hop=f"smtp://127.0.0.1:{sink}", settings={"next_hop": {"outbound": hop.url}})
    gateway.start(fresh=True)  # its memory is its own
    source = [program("smtp-source"), "-s", str(AT_ONCE), "-m", str(AT_ONCE), "-l", str(OCTETS), "-f", "a@example.org", "-t", "hr@toronto.example"]
    large = subprocess.Popen([*source, f"127.0.0.1:{gateway.inbound}"], stdin=subprocess.DEVNULL)
    small = []
    with SmtpClient(gateway.outbound) as client:
        while large.poll() is None:
            since = time.monotonic()
            assert client.send(b"b@example.org", b"hr@toronto.example", b"x" * 70 + b"\r\n").code == 250
            small.append(time.monotonic() - since)
    assert large.returncode == 0, "each was taken"
    assert peak_memory(gateway) < MOST_MEMORY, peak_memory(gateway)
    assert len(small) > 20
    print(f"peak {peak_memory(gateway) / 1e6:.0f} MB, small mail p99 {sorted(small)[int(len(small) * 0.99)]:.3f} s of {len(small)}")


def test_a_size_over_the_next_hops_limit_is_refused_at_mail(chain: Chain):
    chain.hop.script.mail = say("552 5.3.4 Message size exceeds fixed limit")
    with SmtpClient(chain.gateway.inbound) as client:
        assert client.command(b"MAIL FROM:<a@example.org> SIZE=99999999999").lines == (b"552 5.3.4 Message size exceeds fixed limit",)
