"""What history takes away or delays: refusals, breakers, windows; what it gives back to excluded mail; double acknowledgement."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.judgement.judge import judge, too_late
from gateway.judgement.verdict import Examination, History, Unmeasured, Verdict
from gateway.policy.model import Policy
from tests.judgement.letters import ANNA, HR, RECEIVED_AT, Letter
from tests.judgement.sample_policy import BORDER, POLICY

AUDIT = "internal-audit@toronto.example"
JANE = "jane@toronto.example"
BOTH = Letter(instead={"To": f"{HR}, {AUDIT}"}, rcpt_to=[HR, AUDIT])
ANSWER = Letter(instead={"From": JANE, "To": ANNA, "In-Reply-To": "<one@example.org>"}, mail_from=JANE, rcpt_to=[ANNA], via="outbound")
SPAM = Unmeasured("identity", RECEIVED_AT - timedelta(days=1), (HR,), "public", "inquiry")


def judged(letter: Letter | Examination, history: History, policy: Policy = POLICY) -> Verdict:
    examination = letter if isinstance(letter, Examination) else letter.examined(policy)
    return judge(examination, history, policy, RECEIVED_AT)


def test_after_a_refusal_nothing_is_sent_but_the_case_is_measured() -> None:
    verdict = judged(Letter(), History(refused_lately=True))
    assert (verdict.acknowledgement.send, verdict.acknowledgement.reason) == (False, "refused-before")
    assert [case.mailbox for case in verdict.opens] == [HR]
    assert verdict.trace[-1].outcome == "stop"


def test_an_open_breaker_holds_its_division_back_and_no_other() -> None:
    alone = judged(Letter(), History(tripped=frozenset((HR,)))).acknowledgement
    assert (alone.reason, alone.lead.mailbox if alone.lead else None) == ("breaker", HR)
    together = judged(BOTH, History(tripped=frozenset((HR,))))
    assert together.acknowledgement.send
    assert together.acknowledgement.lead is not None
    assert (together.acknowledgement.lead.mailbox, together.acknowledgement.others) == (AUDIT, ())
    assert len(together.opens) == 2


def test_a_full_window_delays_and_says_so() -> None:
    later = RECEIVED_AT + timedelta(minutes=20)
    verdict = judged(Letter(), History(not_before=later, delayed_by="domain-cap"))
    assert verdict.acknowledgement.send
    assert verdict.acknowledgement.not_before == later
    assert (verdict.trace[-1].rule, verdict.trace[-1].evidence) == ("delayed", "until 2026-11-16 15:32:00 UTC")
    given_up = too_late(verdict, "domain-cap")
    assert (given_up.acknowledgement.send, given_up.acknowledgement.reason, given_up.acknowledgement.not_before) == (False, "domain-cap", None)
    assert given_up.opens == verdict.opens


def test_what_is_not_sent_is_not_delayed() -> None:
    verdict = judged(Letter(add=["X-Auto-Response-Suppress: All"]), History(not_before=RECEIVED_AT + timedelta(hours=1), delayed_by="gateway-cap"))
    assert verdict.acknowledgement.not_before is None
    assert all(step.rule != "delayed" for step in verdict.trace)


def test_excluded_mail_is_measured_when_a_person_answers() -> None:
    (case,) = judged(ANSWER, History(unmeasured=SPAM)).measured_after_all
    assert (case.mailbox, case.audience, case.kind) == (HR, "public", "inquiry")
    assert case.respond_by == SPAM.received_at + timedelta(hours=48), "the clock runs from its own receipt"


@pytest.mark.parametrize(
    "letter",
    [
        replace(ANSWER, add=["Auto-Submitted: auto-replied"]),
        replace(ANSWER, trusted=False),
        replace(ANSWER, instead={"From": "councillor.x@toronto.example"}, mail_from="councillor.x@toronto.example"),
    ],
    ids=["machine", "not proven", "councillor"],
)
def test_only_an_answer_of_staff_measures(letter: Letter) -> None:
    assert judged(letter, History(unmeasured=SPAM)).measured_after_all == ()


def test_a_division_that_is_gone_measures_nothing() -> None:
    assert judged(ANSWER, History(unmeasured=replace(SPAM, mailboxes=("gone@toronto.example",)))).measured_after_all == ()


def test_a_confidential_kind_stays_confidential() -> None:
    late = replace(SPAM, mailboxes=("equity@toronto.example",), kind="human-rights-complaint")
    (case,) = judged(ANSWER, History(unmeasured=late)).measured_after_all
    assert (case.kind, case.confidential, case.reference_prefix) == ("human-rights-complaint", True, "CT")


def reply(**changed: object) -> Letter:
    made = Letter(add=["Auto-Submitted: auto-replied"], instead={"From": HR, "To": ANNA}, mail_from="", rcpt_to=[ANNA], via="outbound")
    return replace(made, **changed)  # type: ignore[arg-type]


def test_a_division_that_answers_by_itself_is_found() -> None:
    verdict = judged(reply(), History(acknowledged_for=frozenset((HR,))))
    assert verdict.double is not None
    assert verdict.double.division == "human-resources"
    assert (verdict.trace[-1].rule, verdict.trace[-1].outcome) == ("double-acknowledgement", "note")
    alias = judged(reply(instead={"From": "jobs@toronto.example", "To": ANNA}), History(acknowledged_for=frozenset((HR,))))
    assert alias.double == verdict.double


@pytest.mark.parametrize(
    ("letter", "history"),
    [
        (reply(), History()),
        (reply(), History(acknowledged_for=frozenset((AUDIT,)))),
        (reply(), History(acknowledged_for=frozenset((HR,)), own_notice=True)),
        (reply(add=[]), History(acknowledged_for=frozenset((HR,)))),
        (reply(instead={"From": JANE, "To": ANNA}), History(acknowledged_for=frozenset((HR,)))),
        (reply(via="inbound"), History(acknowledged_for=frozenset((HR,)))),
    ],
    ids=["not acknowledged", "by another division", "our own notice on its way", "a person wrote", "a colleague's absence", "inbound"],
)
def test_what_is_no_double(letter: Letter, history: History) -> None:
    if letter.add == [] and not letter.mail_from:
        letter = replace(letter, mail_from=HR)
    assert judged(letter, history).double is None


def addresses(**changed: object) -> tuple[str, tuple[str, ...]]:
    examination = Letter(**changed).examined(BORDER if changed.pop("border", False) else POLICY)  # type: ignore[arg-type]
    return examination.inquirer, examination.further_addresses


def test_every_address_of_the_sender_is_known() -> None:
    assert addresses(instead={"Reply-To": "Anna.Home@example.net"}, mail_from="prvs=1234abcdef=a.smith@example.org") == (
        "a.smith@example.org",
        ("anna.home@example.net", ANNA),
    )
    assert addresses() == (ANNA, ())


@pytest.mark.parametrize("other", [HR, "no-reply@example.org", "bounces+1@example.org", "undisclosed-recipients:;"])
def test_mailboxes_and_machines_are_nobodys_address(other: str) -> None:
    assert addresses(instead={"Reply-To": other}) == (ANNA, ())


def test_of_a_listed_form_only_reply_to_counts() -> None:
    form = {"From": "forms@toronto.example", "Reply-To": ANNA}
    assert addresses(instead=form, mail_from="forms@toronto.example", trusted=True) == (ANNA, ())


def test_a_header_full_of_addresses_is_bounded() -> None:
    _, further = addresses(instead={"Reply-To": ", ".join(f"r{number}@example.org" for number in range(50))})
    assert len(further) == 4


@pytest.mark.parametrize(("sender", "shared"), [("a@gmail.com", True), ("a@GoogleMail.com", True), ("a@firm.example", False), (JANE, True)])
def test_whose_domain_is_shared(sender: str, shared: bool) -> None:
    assert Letter(instead={"From": sender}, mail_from=sender).examined().shared_domain is shared
