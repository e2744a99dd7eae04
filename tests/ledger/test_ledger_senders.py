"""Who wrote an inquiry, by any of their addresses; and excluded mail that a person answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.judgement.verdict import AcknowledgementDecision, Examination, History
from gateway.ledger.ledger import Ledger
from gateway.ledger.reads import timeline
from gateway.ledger.records import Decision
from gateway.ledger.tables import sender
from tests.ledger.given import EQUITY, HR, RESIDENT, START, Clock, Rules, a_case, an_answer, an_inquiry
from tests.ledger.rows import message, record_together, rows, service_case

FURTHER = ("canary.home@example.net", "canary@work.example")
ANYBODY = (RESIDENT, *FURTHER)


def asked(name: str = "one", **changes: Any) -> Examination:
    return an_inquiry(name, further_addresses=FURTHER, **changes)


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("to", ANYBODY)
def test_an_answer_to_any_address_of_the_inquirer_closes_the_case(ledger: Ledger, rules: Rules, clock: Clock, to: str, together: bool) -> None:
    answer = an_answer("answer", (to.upper(),), ("<one@example.org>",), START + timedelta(hours=1))
    for batch in [(asked(), answer)] if together else [(asked(),), (answer,)]:
        record_together(ledger, rules, clock, *batch)
    assert rows(ledger, service_case)[0]["responded_at"] == START + timedelta(hours=1)


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize(("who", "counts"), [*((each, True) for each in ANYBODY), ("stranger@example.org", False)])
def test_a_reference_counts_from_any_address_of_the_inquirer(
    ledger: Ledger, rules: Rules, clock: Clock, who: str, counts: bool, together: bool
) -> None:
    [recorded] = record_together(ledger, rules, clock, asked())
    named = an_inquiry("two", who, subject_references=recorded.references)
    record_together(ledger, rules, clock, *([asked("other")] if together else []), named)
    assert bool(rules.histories[-1].thread_cases) is counts
    from_another = an_inquiry("three", "new@example.org", further_addresses=(who,), subject_references=recorded.references)
    record_together(ledger, rules, clock, from_another)
    assert bool(rules.histories[-1].thread_cases) is counts, "nor does it matter which header names it"


def test_a_colleague_who_asked_is_recognised_by_another_address(ledger: Ledger, rules: Rules, clock: Clock) -> None:
    record_together(ledger, rules, clock, asked(sender="anna.private@toronto.example", mailboxes=(HR,)))
    more = an_answer("more", (HR,), ("<one@example.org>",), START, further_addresses=FURTHER[:1])
    record_together(ledger, rules, clock, more)
    assert [each.from_inquirer for each in rules.histories[-1].thread_cases] == [True]


def test_only_further_addresses_are_kept_and_only_of_inquiries(ledger: Ledger, rules: Rules, clock: Clock) -> None:
    newsletter = asked("news", cases=(), is_inquiry=False, acknowledgement=AcknowledgementDecision(False, "list-header", ""))
    record_together(ledger, rules, clock, asked(), asked(), newsletter, an_inquiry("plain"))
    assert len(rows(ledger, sender)) == 2
    assert "canary" not in repr(rows(ledger, sender))


@pytest.mark.parametrize("question", FURTHER)
def test_a_trace_finds_an_inquirer_by_any_address(ledger: Ledger, rules: Rules, clock: Clock, question: str) -> None:
    record_together(ledger, rules, clock, asked())
    with ledger.reading() as connection:
        assert "case-opened" in [each.what for each in timeline(connection, ledger.pseudonyms, question)]


SPAM_AT = START - timedelta(hours=5)


def spam(name: str = "one", reason: str = "spam-verdict", **changes: Any) -> Examination:
    return asked(name, at=SPAM_AT, is_inquiry=False, acknowledgement=AcknowledgementDecision(False, reason, ""), **changes)


class MeasuringRules(Rules):
    """Opens nothing for excluded mail, and a case for each of its mailboxes once it is answered."""

    def __call__(self, examination: Examination, history: History) -> Decision:
        decision = super().__call__(examination if examination.is_inquiry else replace(examination, cases=()), history)
        verdict = replace(decision.verdict, examination=examination, acknowledgement=examination.acknowledgement)
        late = tuple(a_case(each) for each in history.unmeasured.mailboxes) if history.unmeasured else ()
        return replace(decision, verdict=replace(verdict, measured_after_all=late))


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("to", ANYBODY)
def test_an_answer_to_excluded_mail_opens_and_closes_its_cases(ledger: Ledger, clock: Clock, to: str, together: bool) -> None:
    rules = MeasuringRules(clock)
    first, inquiry = an_answer("answer", (to,), ("<one@example.org>",), START), spam(mailboxes=(HR, EQUITY))
    for batch in [(inquiry, first)] if together else [(inquiry,), (first,)]:
        record_together(ledger, rules, clock, *batch)
    found = rows(ledger, service_case)
    assert [each["mailbox"] for each in found] == [EQUITY, HR]
    for each in found:
        assert (each["opened_at"], each["responded_at"], each["acknowledged_at"], each["acknowledged_by"]) == (SPAM_AT, START, START, "person")
        assert (each["opened_by_answer"], each["message_id"], each["responded_by"], each["notice_id"]) == (True, 1, 2, None)
    assert [(each["reason"], each["is_inquiry"]) for each in rows(ledger, message)] == [("spam-verdict", True), ("outbound", False)]
    again = an_answer("again", (to,), ("<one@example.org>",), START + timedelta(hours=1))
    record_together(ledger, rules, clock, again)
    assert len(rows(ledger, service_case)) == 2, "the second answer belongs to the cases that are there"
    assert [each.responded_at for each in rules.histories[-1].thread_cases] == [START, START]


@pytest.mark.parametrize(
    ("inquiry", "answer"),
    [
        (spam(reason="list-header"), an_answer("answer", (RESIDENT,), ("<one@example.org>",), START)),
        (spam(), an_answer("answer", ("somebody@example.org",), ("<one@example.org>",), START)),
        (spam(), an_answer("answer", (RESIDENT,), ("<other@example.org>",), START)),
        (spam(), an_answer("answer", (RESIDENT,), ("<one@example.org>",), START, from_staff=False)),
    ],
    ids=["excluded for what it is", "sent to somebody else", "another thread", "not staff"],
)
def test_what_does_not_measure(ledger: Ledger, clock: Clock, inquiry: Examination, answer: Examination) -> None:
    rules = MeasuringRules(clock)
    record_together(ledger, rules, clock, inquiry, answer)
    assert rules.histories[-1].unmeasured is None
    record_together(ledger, rules, clock, replace(answer, identity="again"))
    assert rules.histories[-1].unmeasured is None
    assert rows(ledger, service_case) == []
