"""A clock that leaps, both ways (docs/threats.md B12): mail flows, each message is acknowledged, and once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.conftest import GatewayFactory
from tests.harness import ledger
from tests.harness.client import SmtpClient
from tests.harness.hop import RecordingHop
from tests.harness.mails import inquiry, new_message_id, resident, wait_acknowledged
from tests.harness.movable_clock import MovableClock

pytestmark = pytest.mark.front_door

START = datetime(2026, 11, 16, 15, 0, 0, tzinfo=UTC)
LEAPS = (
    START,
    START + timedelta(days=366),
    START - timedelta(hours=1),
    datetime(1970, 1, 1, tzinfo=UTC),
    datetime(2226, 1, 1, tzinfo=UTC),
    datetime(2016, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),  # a leap second
    datetime(2027, 3, 14, 6, 59, 59, tzinfo=UTC),  # summer time begins
    START,
)


def test_a_clock_that_leaps(new_gateway: GatewayFactory, hop: RecordingHop, notices_hop: RecordingHop, tmp_path: Path):
    clock = MovableClock(tmp_path / "clock", START)
    gateway = new_gateway()
    gateway.start(env=clock.environment, script=clock.script)
    sent = []
    with SmtpClient(gateway.inbound) as client:
        for moment in LEAPS:
            clock.set(moment)
            sent.append(new_message_id())
            assert client.send(resident(sent[-1]), b"hr@toronto.example", inquiry(sent[-1])).code == 250
            wait_acknowledged(notices_hop, sent[-1])
    ledger.wait_settled(gateway.database)
    assert len(hop.accepted) == len(notices_hop.accepted) == len(sent), "none twice, and nothing else because of the leaps"
    assert '"level": "error"' not in gateway.output
