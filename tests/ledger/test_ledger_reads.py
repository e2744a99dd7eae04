"""Timelines: all that belongs to a question, in order, and nobody's address in it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.ledger import outbox_rows, reads
from gateway.ledger.ledger import Ledger
from gateway.ledger.lookup import HistoryReader
from gateway.ledger.outbox_rows import Settlement
from gateway.ledger.reads import Event
from tests.ledger.given import EQUITY, HR, KEY, RESIDENT, START, Clock, Rules, a_notice, an_answer, an_inquiry
from tests.ledger.rows import record_together


@pytest.fixture
def reference(ledger: Ledger, rules: Rules, clock: Clock) -> str:
    """An inquiry, its acknowledgement, a follow-up, a person's answer, and a stranger's inquiry beside it."""
    [inquiry, *_] = record_together(ledger, rules, clock, an_inquiry(), an_inquiry("strange", "stranger@example.org"))
    with ledger.writing() as connection:
        claimed = outbox_rows.claim(connection, clock(), 9, timedelta(seconds=30), "a")
        outbox_rows.settle(connection, [Settlement(each.notice.key, "a", "sent", START + timedelta(seconds=1), code=250) for each in claimed])
    record_together(ledger, rules, clock, an_inquiry("more", at=START + timedelta(hours=1), thread=("<one@example.org>",)))
    record_together(ledger, rules, clock, an_answer("answer", (RESIDENT,), ("<more@example.org>",), START + timedelta(hours=2)))
    return inquiry.references[0]


def ask(ledger: Ledger, question: str) -> tuple[Event, ...]:
    with ledger.reading() as connection:
        return reads.timeline(connection, ledger.pseudonyms, question)


WHOLE = ["seen", "addressed", "case-opened", "notice-written", "acknowledged", "notice-settled", "seen", "addressed", "seen", "addressed", "answered"]


@pytest.mark.parametrize(
    "question",
    ["<one@example.org>", "one@example.org", "<more@example.org>", "<answer@example.org>", RESIDENT, " Canary.Resident@EXAMPLE.org ", None],
)
def test_the_whole_story_from_any_end(ledger: Ledger, reference: str, question: str | None) -> None:
    events = ask(ledger, question or f"[{reference.lower()}]")
    assert [each.what for each in events] == WHOLE
    assert {each.reference for each in events} == {None, reference}
    assert events[0].detail["reason"] == "new-inquiry"
    assert events[-1].at == START + timedelta(hours=2)
    assert "canary" not in repr(events)


def test_from_our_own_notice(ledger: Ledger, reference: str) -> None:
    assert [each.what for each in ask(ledger, a_notice(an_inquiry()).message_id)] == WHOLE


@pytest.mark.parametrize("question", ["nobody@example.org", "<no@thing>", "HR-2222", "", "   ", "\udc80@x", "'; DROP TABLE message; --"])
def test_what_is_not_known_is_empty(ledger: Ledger, reference: str, question: str) -> None:
    assert ask(ledger, question) == ()


def test_explain_sees_what_the_writer_would(ledger: Ledger, ledger_url: str, rules: Rules, clock: Clock, reference: str) -> None:
    next_one = an_inquiry("next", mailboxes=(HR, EQUITY), thread=("<one@example.org>",), at=START + timedelta(hours=3))
    told = HistoryReader(Ledger(ledger_url, key=KEY, clock=clock)).of(next_one)
    record_together(ledger, rules, clock, next_one)
    assert rules.histories[-1] == told
    assert told.thread_cases[0].responded_at == START + timedelta(hours=2)
