"""What history changes: repeats, follow-ups, answers of people, caps. Each test is one short story."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.judgement.judge import judge
from gateway.judgement.verdict import Automatic, Examination, History, ThreadCase, Verdict
from gateway.message.own_token import loop_token, notice_message_id
from gateway.policy.model import Caps, Policy
from tests.judgement.letters import ANNA, HR, RECEIVED_AT, SECRET, Letter
from tests.judgement.sample_policy import POLICY, VARIANTS

AUDIT = "internal-audit@toronto.example"
NOTICE = notice_message_id(SECRET, "ack:1", "toronto.example")
BOTH = {"To": f"{HR}, {AUDIT}"}


def thread_case(case_id: int = 7, mailbox: str = HR, answered_days_ago: float | None = None, **changed: Any) -> ThreadCase:
    answered = RECEIVED_AT - timedelta(days=answered_days_ago) if answered_days_ago is not None else None
    division = "human-resources" if mailbox == HR else "internal-audit"
    made = ThreadCase(case_id, f"HR-{case_id}", division, mailbox, "hash", RECEIVED_AT - timedelta(days=60), answered)
    return replace(made, **changed)


def judged(letter: Letter | Examination, history: History, policy: Policy = POLICY) -> Verdict:
    examination = letter if isinstance(letter, Examination) else letter.examined(policy)
    return judge(examination, history, policy, RECEIVED_AT)


def opened(verdict: Verdict) -> list[str]:
    return [case.mailbox for case in verdict.opens]


def test_first_message_opens_a_case_and_is_acknowledged() -> None:
    verdict = judged(Letter(), History())
    assert opened(verdict) == [HR]
    assert verdict.acknowledgement.send
    assert verdict.policy_version == POLICY.version
    assert verdict.follow_up_of == verdict.answers == ()


def test_case_carries_standard_and_clocks() -> None:
    (case,) = judged(Letter(), History()).opens
    assert (case.standard, case.stated_as) == ("human-resources: inquiry", "handled within 48 hrs")
    assert case.acknowledge_by is None
    assert case.respond_by == RECEIVED_AT + timedelta(hours=48)
    assert case.reference_prefix == "HR"


def test_city_wide_standard_holds_where_the_division_has_none() -> None:
    letter = Letter(instead={"To": AUDIT}, rcpt_to=[AUDIT])
    (case,) = judged(letter, History()).opens
    assert case.standard == "City-wide: any"
    assert case.acknowledge_by is not None
    assert case.acknowledge_by.isoformat() == "2026-11-18T16:30:00-05:00"
    assert case.respond_by is None


def test_confidential_case_has_a_neutral_reference() -> None:
    letter = Letter(instead={"To": "equity@toronto.example", "Subject": "Complaint"}, rcpt_to=["equity@toronto.example"])
    (case,) = judged(letter, History()).opens
    assert case.confidential
    assert case.reference_prefix == "CT"


def test_forward_without_own_words_is_read_by_what_it_forwards() -> None:
    body = "-----Original Message-----\nFrom: Ben\nSent: Monday\nTo: Anna\nSubject: x\n\nI was harassed at the pool.\n"
    letter = Letter(instead={"To": "equity@toronto.example", "Subject": "Fwd: x"}, rcpt_to=["equity@toronto.example"], body=body)
    assert judged(letter, History()).opens[0].kind == "human-rights-complaint"


def test_quoted_words_do_not_decide_the_kind() -> None:
    body = "Thank you, that settles it.\n\nOn Monday Ben wrote:\n> I was harassed at the pool.\n"
    letter = Letter(instead={"To": "equity@toronto.example", "Subject": "Re: x"}, rcpt_to=["equity@toronto.example"], body=body)
    assert judged(letter, History()).opens[0].kind == "inquiry"


@pytest.mark.parametrize("add", [["Auto-Submitted: auto-replied"], ["X-Auto-Response-Suppress: All"]], ids=["excluded", "counted"])
def test_division_is_named_where_nothing_is_sent(add: list[str]) -> None:
    decision = Letter(add=add).examined().acknowledgement
    assert decision.lead is not None
    assert decision.lead.division == "human-resources"


def test_division_of_a_mere_copy_is_named_for_the_figures() -> None:
    letter = Letter(
        instead={"From": "jane@toronto.example", "To": "john@toronto.example", "Cc": HR}, mail_from="jane@toronto.example", via="outbound"
    )
    examination = letter.examined()
    assert [case.mailbox for case in examination.cases] == [HR]
    assert not examination.is_inquiry


def test_same_message_again_opens_nothing_and_is_not_acknowledged() -> None:
    verdict = judged(Letter(), History(seen=True, seen_mailboxes=(HR,), acknowledged=True))
    assert opened(verdict) == []
    assert verdict.acknowledgement.reason == "seen-before"


def test_repeat_with_a_new_mailbox_opens_its_case_without_a_second_acknowledgement() -> None:
    letter = Letter(instead=BOTH, rcpt_to=[HR, AUDIT])
    verdict = judged(letter, History(seen=True, seen_mailboxes=(HR,), acknowledged=True))
    assert opened(verdict) == [AUDIT]
    assert verdict.acknowledgement.reason == "already-acknowledged"


def test_repeat_reaches_a_division_that_acknowledges_when_the_first_did_not() -> None:
    policy = VARIANTS["hr observes"]
    letter = Letter(instead=BOTH, rcpt_to=[AUDIT])
    verdict = judged(letter, History(seen=True, seen_mailboxes=(HR,), acknowledged=False), policy)
    assert verdict.acknowledgement.send
    assert verdict.acknowledgement.lead == verdict.opens[0]


def test_one_acknowledgement_speaks_for_all_divisions() -> None:
    verdict = judged(Letter(instead=BOTH, rcpt_to=[AUDIT, HR]), History())
    assert opened(verdict) == [AUDIT, HR]
    assert verdict.acknowledgement.lead == verdict.opens[0]
    assert verdict.acknowledgement.others == verdict.opens[1:]


def test_a_division_that_only_observes_is_not_spoken_for() -> None:
    verdict = judged(Letter(instead=BOTH, rcpt_to=[HR, AUDIT]), History(), VARIANTS["hr observes"])
    assert opened(verdict) == [HR, AUDIT]
    assert verdict.acknowledgement.lead == verdict.opens[1]
    assert verdict.acknowledgement.others == ()


@pytest.mark.parametrize("answered_days_ago", [None, 0, 29.9])
def test_follow_up_opens_nothing(answered_days_ago: float | None) -> None:
    verdict = judged(Letter(), History(thread_cases=(thread_case(answered_days_ago=answered_days_ago),)))
    assert opened(verdict) == []
    assert verdict.follow_up_of == (7,)
    assert verdict.acknowledgement.reason == "follow-up"
    assert not verdict.acknowledgement.send


def test_thread_opens_a_new_case_thirty_days_after_our_answer() -> None:
    verdict = judged(Letter(), History(thread_cases=(thread_case(answered_days_ago=30),)))
    assert opened(verdict) == [HR]
    assert verdict.acknowledgement.send


def test_a_later_case_of_the_same_thread_still_counts() -> None:
    history = History(thread_cases=(thread_case(1, answered_days_ago=90), thread_case(2)))
    verdict = judged(Letter(), history)
    assert opened(verdict) == []
    assert verdict.follow_up_of == (1, 2)


def test_follow_up_that_adds_a_division_is_an_inquiry_to_that_one_only() -> None:
    verdict = judged(Letter(instead=BOTH, rcpt_to=[HR, AUDIT]), History(thread_cases=(thread_case(),)))
    assert opened(verdict) == [AUDIT]
    assert verdict.acknowledgement.lead == verdict.opens[0]
    assert verdict.acknowledgement.others == ()


def test_follow_up_that_adds_a_division_which_does_not_acknowledge() -> None:
    letter = Letter(instead={"To": AUDIT}, rcpt_to=[AUDIT, HR])
    verdict = judged(letter, History(thread_cases=(thread_case(mailbox=AUDIT),)))
    assert opened(verdict) == [HR]
    assert not verdict.acknowledgement.send


def test_cap_of_the_correspondent() -> None:
    assert judged(Letter(), History(acknowledgements_to_correspondent=9)).acknowledgement.send
    verdict = judged(Letter(), History(acknowledgements_to_correspondent=10))
    assert opened(verdict) == [HR]
    assert verdict.acknowledgement.reason == "correspondent-cap"
    assert verdict.trace[-1].evidence == verdict.acknowledgement.evidence == "10 of 10 allowed"


def test_cap_can_be_lifted() -> None:
    policy = replace(POLICY, caps=Caps(correspondent=None))
    assert judged(Letter(), History(acknowledgements_to_correspondent=1000), policy).acknowledgement.send


# ---- our own notices


def answer_to_notice(**changed: Any) -> Letter:
    return Letter(add=[f"In-Reply-To: {NOTICE}", f"References: <one@example.org> {NOTICE}"], **changed)


def test_answer_to_our_notice_is_never_acknowledged() -> None:
    verdict = judged(answer_to_notice(), History())
    assert opened(verdict) == [HR]
    assert verdict.acknowledgement.reason == "answers-our-notice"


def test_answer_to_our_notice_known_to_the_ledger_is_a_follow_up() -> None:
    verdict = judged(answer_to_notice(), History(thread_cases=(thread_case(),), own_notice=True))
    assert opened(verdict) == []
    assert verdict.acknowledgement.reason == "follow-up"


def test_answer_to_an_old_notice_long_after_our_answer_is_a_new_inquiry() -> None:
    verdict = judged(answer_to_notice(), History(thread_cases=(thread_case(answered_days_ago=31),), own_notice=True))
    assert opened(verdict) == [HR]
    assert verdict.acknowledgement.send
    assert verdict.acknowledgement.reason == "new-inquiry"


def test_robot_that_answers_an_old_notice_stays_unanswered() -> None:
    letter = Letter(add=[f"In-Reply-To: {NOTICE}", "Auto-Submitted: auto-replied"])
    verdict = judged(letter, History(thread_cases=(thread_case(answered_days_ago=31),), own_notice=True))
    assert opened(verdict) == []
    assert verdict.acknowledgement.reason == "auto-submitted"


def test_an_old_thread_lifts_no_other_rule() -> None:
    letter = Letter(add=["X-Auto-Response-Suppress: All"])
    verdict = judged(letter, History(thread_cases=(thread_case(answered_days_ago=31),)))
    assert opened(verdict) == [HR]
    assert verdict.acknowledgement.reason == "auto-response-suppress"


def test_notice_known_to_the_ledger_alone() -> None:
    verdict = judged(Letter(), History(own_notice=True))
    assert opened(verdict) == [HR]
    assert verdict.acknowledgement.reason == "answers-our-notice"


@pytest.mark.parametrize(
    "letter",
    [
        Letter(instead={"Message-ID": NOTICE}),
        Letter(instead={"Message-ID": NOTICE.upper()}),
        Letter(add=[f"X-Service-Promise-Token: {loop_token(SECRET, NOTICE)}"], instead={"Message-ID": "<rewritten@relay.example>"}),
    ],
    ids=["message-id", "message-id-upper", "token"],
)
def test_own_notice_that_comes_back_opens_nothing(letter: Letter) -> None:
    verdict = judged(letter, History())
    assert opened(verdict) == []
    assert verdict.acknowledgement.reason == "own-notice"


def test_token_of_another_gateway_is_not_ours() -> None:
    letter = Letter(add=[f"X-Service-Promise-Token: {loop_token(b'another secret of another gateway', NOTICE)}"])
    assert judged(letter, History()).acknowledgement.send


# ---- answers by people


def staff_letter(**changed: Any) -> Letter:
    plain: dict[str, Any] = {
        "instead": {"From": "Jane <jane@toronto.example>", "To": ANNA, "Subject": "Re: Question"},
        "mail_from": "jane@toronto.example",
        "rcpt_to": [ANNA],
        "via": "outbound",
    }
    return Letter(**(plain | changed))


def test_answer_of_a_person_closes_the_case() -> None:
    verdict = judged(staff_letter(), History(thread_cases=(thread_case(),)))
    assert verdict.answers == (7,)
    assert verdict.follow_up_of == ()
    assert opened(verdict) == []


def test_answer_from_the_divisions_mailbox_closes_the_case() -> None:
    letter = staff_letter(instead={"From": HR, "To": ANNA}, mail_from=HR)
    assert judged(letter, History(thread_cases=(thread_case(),))).answers == (7,)


def test_second_mail_to_the_inquirer_belongs_to_the_case() -> None:
    verdict = judged(staff_letter(), History(thread_cases=(thread_case(answered_days_ago=1),)))
    assert verdict.answers == ()
    assert verdict.follow_up_of == (7,)


def test_answer_copied_to_the_division_opens_no_case_there() -> None:
    letter = staff_letter(instead={"From": "jane@toronto.example", "To": f"{ANNA}, {HR}"}, rcpt_to=[ANNA, HR])
    verdict = judged(letter, History(thread_cases=(thread_case(),)))
    assert verdict.answers == (7,)
    assert opened(verdict) == []


@pytest.mark.parametrize(
    "add",
    [["Auto-Submitted: auto-replied"], ["X-Autoreply: yes"], ["Precedence: bulk"], ["Auto-Submitted: auto-generated"]],
    ids=lambda add: str(add[0]),
)
def test_a_machine_answers_nothing(add: list[str]) -> None:
    verdict = judged(staff_letter(add=add), History(thread_cases=(thread_case(),)))
    assert verdict.answers == ()


def test_a_machine_answers_nothing_even_where_its_mail_is_an_inquiry() -> None:
    examination = replace(staff_letter().examined(), automatic=Automatic("auto_reply", "x", "x"), is_inquiry=True)
    assert judged(examination, History(thread_cases=(thread_case(),))).answers == ()


def test_a_listed_form_can_follow_up() -> None:
    add = ["Auto-Submitted: auto-generated", f"Reply-To: {ANNA}"]
    letter = Letter(add=add, instead={"From": "forms@toronto.example"}, mail_from="forms@toronto.example", via="outbound")
    verdict = judged(letter, History(thread_cases=(thread_case(from_inquirer=True),)))
    assert verdict.examination.automatic.is_automatic
    assert verdict.follow_up_of == (7,)
    assert opened(verdict) == []


def test_out_of_office_reply_of_staff_answers_nothing() -> None:
    letter = staff_letter(
        mail_from="", add=["X-Auto-Response-Suppress: All"], instead={"From": "jane@toronto.example", "Subject": "Automatic reply: Question"}
    )
    verdict = judged(letter, History(thread_cases=(thread_case(),)))
    assert verdict.examination.out_of_office.is_ooo
    assert verdict.examination.from_staff
    assert verdict.answers == ()


def test_forged_staff_answers_nothing() -> None:
    letter = staff_letter(via="inbound")
    verdict = judged(letter, History(thread_cases=(thread_case(),)))
    assert verdict.answers == ()
    assert not verdict.examination.from_staff


def test_untrusted_outbound_listener_answers_nothing() -> None:
    assert judged(staff_letter(trusted=False), History(thread_cases=(thread_case(),))).answers == ()


def test_councillor_answers_nothing() -> None:
    letter = staff_letter(instead={"From": "councillor.lee@toronto.example", "To": ANNA}, mail_from="councillor.lee@toronto.example")
    verdict = judged(letter, History(thread_cases=(thread_case(),)))
    assert verdict.answers == ()
    assert not verdict.examination.from_staff


def test_colleague_who_adds_to_an_inquiry_follows_it_up() -> None:
    letter = Letter(instead={"From": "john@toronto.example"}, mail_from="john@toronto.example", via="outbound")
    verdict = judged(letter, History(thread_cases=(thread_case(from_inquirer=True),)))
    assert opened(verdict) == []
    assert verdict.follow_up_of == (7,)
    assert verdict.answers == ()


def test_forward_to_another_division_is_an_inquiry_there_and_no_answer() -> None:
    letter = staff_letter(instead={"From": "jane@toronto.example", "To": AUDIT}, rcpt_to=[AUDIT])
    verdict = judged(letter, History())
    assert opened(verdict) == [AUDIT]
    assert verdict.answers == ()


def test_automatic_reply_of_a_resident_is_no_follow_up() -> None:
    verdict = judged(Letter(mail_from=""), History(thread_cases=(thread_case(),)))
    assert verdict.follow_up_of == ()
    assert verdict.acknowledgement.reason == "null-sender"


def test_trace_names_what_history_decided() -> None:
    verdict = judged(Letter(), History(thread_cases=(thread_case(),)))
    assert verdict.trace[: len(verdict.examination.trace)] == verdict.examination.trace
    assert (verdict.trace[-1].rule, verdict.trace[-1].outcome) == ("follow-up", "stop")


def test_division_that_a_reload_removed_does_not_break_the_batch() -> None:
    examination = Letter().examined()
    policy = replace(POLICY, divisions={}, by_mailbox={})
    assert opened(judge(examination, History(), policy, RECEIVED_AT)) == [HR]
    assert opened(judge(examination, History(thread_cases=(thread_case(answered_days_ago=400),)), policy, RECEIVED_AT)) == []
