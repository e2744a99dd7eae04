"""A follow-up to an answered case runs its answer clock again, by the standard that the case has, and nothing else of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from gateway.judgement.verdict import History, Reopening
from tests.judgement.letters import ANNA, HR, RECEIVED_AT, Letter
from tests.judgement.sample_policy import POLICY
from tests.judgement.test_judge import AUDIT, BOTH, judged, opened, thread_case

ANSWERED: dict[str, Any] = {"answered_days_ago": 3, "audience": "public", "kind": "inquiry", "standard": "human-resources: inquiry"}
IN_48_HOURS = RECEIVED_AT + timedelta(hours=48)
BY_STAFF = Letter(instead={"From": "robin@toronto.example", "To": ANNA}, mail_from="robin@toronto.example", rcpt_to=[ANNA], via="outbound")


def test_a_follow_up_reopens_and_opens_no_case() -> None:
    verdict = judged(Letter(), History(thread_cases=(thread_case(**ANSWERED),)))
    assert (opened(verdict), verdict.reopens) == ([], (Reopening(7, IN_48_HOURS),))
    assert not verdict.acknowledgement.send


@pytest.mark.parametrize(
    "history",
    [
        History(thread_cases=(thread_case(),)),  # not answered yet: it belongs to the case
        History(thread_cases=(thread_case(**ANSWERED, reopened=True),)),  # reopened already
        History(thread_cases=(thread_case(**ANSWERED), thread_case(8))),  # another case of the thread waits there
        History(thread_cases=(thread_case(**ANSWERED),), seen=True),  # the same follow-up once more
        History(thread_cases=(thread_case(**{**ANSWERED, "answered_days_ago": 31}),)),  # so old that it is a new case
        History(),
    ],
    ids=["waiting", "reopened", "another-waits", "a-copy", "old", "no-thread"],
)
def test_what_reopens_nothing(history: History) -> None:
    assert judged(Letter(), history).reopens == ()


def test_a_machine_reopens_nothing() -> None:
    letter = Letter(add=["Auto-Submitted: auto-replied"])
    assert judged(letter, History(thread_cases=(thread_case(**ANSWERED),))).reopens == ()


def test_each_addressed_mailbox_has_its_own() -> None:
    both = Letter(instead=BOTH, rcpt_to=[HR, AUDIT])
    of_audit = thread_case(9, AUDIT, answered_days_ago=2, kind="inquiry", standard="City-wide: any")
    verdict = judged(both, History(thread_cases=(thread_case(**ANSWERED), of_audit)))
    assert verdict.reopens == (Reopening(7, IN_48_HOURS), Reopening(9, None))  # the City promises an acknowledgement only
    only_audit = judged(Letter(instead={"To": AUDIT}, rcpt_to=[AUDIT]), History(thread_cases=(thread_case(**ANSWERED), of_audit)))
    assert [each.case_id for each in only_audit.reopens] == [9]


def test_it_is_judged_by_the_standard_of_the_case() -> None:
    """The case was a letter, ten days; the follow-up reads like a question."""
    letter = thread_case(**{**ANSWERED, "kind": "correspondence", "standard": "human-resources: correspondence"})
    assert judged(Letter(), History(thread_cases=(letter,))).reopens == (Reopening(7, datetime.fromisoformat("2026-11-27T00:00-05:00")),)


def test_where_its_standard_is_gone_the_one_of_today_holds() -> None:
    gone = thread_case(**{**ANSWERED, "standard": "human-resources: something else"})
    assert judged(Letter(), History(thread_cases=(gone,))).reopens == (Reopening(7, IN_48_HOURS),)


def test_a_person_answers_again() -> None:
    waiting = thread_case(**ANSWERED, reopened=True)
    verdict = judged(BY_STAFF, History(thread_cases=(waiting, thread_case(8, **ANSWERED))))
    assert (verdict.answers, verdict.answers_again) == ((), (7,))


@pytest.mark.parametrize("changed", [{"add": ["Auto-Submitted: auto-replied"]}, {"trusted": False}])
def test_neither_a_machine_nor_a_stranger_does(changed: dict[str, Any]) -> None:
    waiting = thread_case(**ANSWERED, reopened=True)
    assert judged(replace(BY_STAFF, **changed), History(thread_cases=(waiting,))).answers_again == ()


def test_a_division_that_is_gone_does_not_break_the_batch() -> None:
    without = replace(POLICY, divisions={slug: each for slug, each in POLICY.divisions.items() if slug != "human-resources"})
    examination = Letter().examined()
    assert judged(examination, History(thread_cases=(thread_case(**ANSWERED),)), without).reopens == ()
