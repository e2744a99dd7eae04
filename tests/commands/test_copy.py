"""`copy_to_mailbox: yes`: the division gets the same octets, and nothing comes of them when they pass the gateway."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gateway.judgement.verdict import History
from gateway.ledger.records import Decision
from gateway.message.model import Envelope
from gateway.rulebook import Rulebook, Sighting
from gateway.rulebook_loading import read_rulebook
from gateway.settings import load_settings

NOW = datetime(2026, 11, 16, 15, 12, tzinfo=UTC)
KEY = bytes(range(32))
LETTER = b"From: resident@example.org\r\nTo: hr@toronto.example\r\nSubject: A question\r\nMessage-ID: <1@example.org>\r\n\r\nHello, when?\r\n"


def with_copies(wanted: bool) -> Rulebook:
    rulebook = read_rulebook(load_settings(), KEY, NOW).rulebook
    assert rulebook is not None
    division = rulebook.policy.divisions["human-resources"]
    division = replace(division, acknowledgement=replace(division.acknowledgement, copy_to_mailbox=wanted))
    return replace(rulebook, policy=replace(rulebook.policy, divisions={**rulebook.policy.divisions, division.slug: division}))


def decided(rulebook: Rulebook, octets: bytes, mail_from: str) -> Decision:
    seen = Sighting(octets, True, len(octets), Envelope(mail_from, ("hr@toronto.example",), "inbound", NOW, "inbound"))
    return rulebook.judge_and_compose(rulebook.examine(seen), History(references={"hr@toronto.example": "HR-4K7M"}), NOW).decision


@pytest.mark.parametrize(("wanted", "recipients"), [(True, ["resident@example.org", "hr@toronto.example"]), (False, ["resident@example.org"])])
def test_who_gets_the_acknowledgement(wanted: bool, recipients: list[str]) -> None:
    notices = decided(with_copies(wanted), LETTER, "resident@example.org").notices
    assert [each.rcpt_to for each in notices] == recipients
    assert len({each.octets for each in notices}) == 1
    assert len({each.key for each in notices}) == len(recipients)


def test_a_copy_that_passes_the_gateway_opens_nothing() -> None:
    rulebook = with_copies(True)
    copy = decided(rulebook, LETTER, "resident@example.org").notices[1]
    again = decided(rulebook, copy.octets, "")
    assert (again.notices, again.verdict.opens) == ((), ())
