"""kinds-examples.txt through the shipped rules: a complaint headed "Hello" is a complaint, an application with a résumé is no letter."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.judgement.kinds import Reading, kind_for
from gateway.message.model import Envelope, Message, Part
from gateway.policy.model import Policy

LINES = (Path(__file__).parent / "kinds-examples.txt").read_text(encoding="utf-8").splitlines()
EXAMPLES = [["" if part.strip() == "-" else part.strip() for part in line.split("|")] for line in LINES if line and not line.startswith("#")]


@pytest.mark.parametrize("example", EXAMPLES, ids=[f"{row[0]}-{row[4]}" for row in EXAMPLES])
def test_kind(shipped: Policy, example: list[str]) -> None:
    mailbox, expected, sender, attachment, subject, text = example
    division = shipped.by_mailbox[f"{mailbox}@toronto.example"]
    message = Message(fields=(), root=Part(children=(Part(filename=attachment),)), subject=subject)
    envelope = Envelope(sender or "resident@example.org", (division.mailbox,), "inbound", datetime(2026, 11, 16, tzinfo=UTC))
    kind, confidential = kind_for(division, "public", Reading(message, envelope, text, division.letters_arrive_from))
    assert kind == expected
    assert confidential == kind.endswith("-complaint")
