"""What one message leaves behind, and what the next one is told of it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.exc import StatementError

from gateway.judgement.verdict import AcknowledgementDecision, Examination, History
from gateway.ledger import outbox_rows
from gateway.ledger.ledger import Ledger
from gateway.ledger.outbox_rows import Settlement
from gateway.ledger.records import Decision
from gateway.ledger.tables import outgoing
from gateway.message.automatic import Automatic
from gateway.message.model import Message, Part
from tests.ledger.given import EQUITY, HR, KEY, RESIDENT, START, Clock, Rules, a_notice, an_answer, an_inquiry
from tests.ledger.rows import content, emptied, message, notice, record_together, rows, service_case, sighting, thread


def test_one_inquiry_leaves_a_message_a_case_and_a_notice(ledger: Ledger, rules: Rules, clock: Clock) -> None:
    [recorded] = record_together(ledger, rules, clock, an_inquiry())

    [seen] = rows(ledger, message)
    [opened] = rows(ledger, service_case)
    [waiting] = rows(ledger, notice)
    assert (recorded.repeated, recorded.reason, recorded.references) == (False, "new-inquiry", (opened["reference"],))
    assert (seen["direction"], seen["received_at"], seen["reason"], seen["policy_version"]) == ("inbound", START, "new-inquiry", "policy-1")
    assert seen["trace"] == [["weak-signal", "note", "X-Mailer", "RFC 3834 §2"]], "rules that found nothing are not kept"
    assert (opened["division"], opened["opened_at"], opened["respond_by"]) == ("hr", START, START + timedelta(hours=48))
    assert opened["printed_respond_by"] == START + timedelta(hours=48)
    assert (opened["acknowledged_at"], opened["responded_at"], opened["notice_id"]) == (None, None, waiting["id"])
    assert (waiting["state"], waiting["message_id"], waiting["correspondent"]) == ("waiting", seen["id"], opened["correspondent"])
    assert [each["mailbox"] for each in rows(ledger, sighting)] == [HR]


def test_the_same_message_again_changes_nothing(ledger: Ledger, rules: Rules, clock: Clock) -> None:
    record_together(ledger, rules, clock, an_inquiry())
    before = content(ledger)
    [again] = record_together(ledger, rules, clock, an_inquiry())

    assert again.repeated
    assert content(ledger) == before
    assert rules.histories[-1].seen
    assert rules.histories[-1].acknowledged
    assert rules.histories[-1].seen_mailboxes == (HR,)


@pytest.mark.parametrize("together", [True, False])
def test_a_message_split_by_an_mta_opens_both_cases_and_is_acknowledged_once(ledger: Ledger, rules: Rules, clock: Clock, together: bool) -> None:
    whole = an_inquiry(mailboxes=(HR, EQUITY)).acknowledgement
    first, second = (replace(an_inquiry(mailboxes=(each,)), acknowledgement=whole) for each in (HR, EQUITY))
    batches = [(first, second)] if together else [(first,), (second,)]
    answers = [answer for batch in batches for answer in record_together(ledger, rules, clock, *batch)]

    assert [each.repeated for each in answers] == [False, False]
    assert len(rows(ledger, message)) == 1
    assert len(rows(ledger, notice)) == 1
    assert [(each["mailbox"], each["notice_id"]) for each in rows(ledger, service_case)] == [(HR, 1), (EQUITY, 1)]
    assert {each["mailbox"] for each in rows(ledger, sighting)} == {HR, EQUITY}


def test_a_late_copy_finds_its_acknowledgement_already_sent(ledger: Ledger, rules: Rules, clock: Clock) -> None:
    whole = an_inquiry(mailboxes=(HR, EQUITY)).acknowledgement
    record_together(ledger, rules, clock, replace(an_inquiry(), acknowledgement=whole))
    with ledger.writing() as connection:
        [claimed] = outbox_rows.claim(connection, clock(), 1, timedelta(seconds=30), "token")
        outbox_rows.settle(connection, [Settlement(claimed.notice.key, "token", "sent", START + timedelta(seconds=1), code=250)])
    late = an_inquiry(mailboxes=(EQUITY,), at=START + timedelta(minutes=1))
    record_together(ledger, rules, clock, replace(late, acknowledgement=whole))

    assert [(each["acknowledged_at"], each["acknowledged_by"]) for each in rows(ledger, service_case)] == [
        (START + timedelta(seconds=1), "machine"),
        (START + timedelta(minutes=1), "machine"),
    ]


def test_rules_that_acknowledge_twice_are_not_obeyed(ledger: Ledger, rules: Rules, clock: Clock) -> None:
    def eager(examination, history):
        return rules(examination, replace(history, acknowledged=False, seen_mailboxes=()))

    record_together(ledger, rules, clock, an_inquiry())
    second = an_inquiry(mailboxes=(EQUITY,))
    record_together(ledger, eager, clock, second)
    assert len(rows(ledger, notice)) == 1


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("thread_id", ["<one@example.org>", "one@example.org"])
def test_a_follow_up_is_offered_its_case(ledger: Ledger, rules: Rules, clock: Clock, together: bool, thread_id: str) -> None:
    inquiry, follow_up = an_inquiry(), an_inquiry("two", sender="spouse@example.org", thread=("<unknown@x>", thread_id))
    for batch in [(inquiry, follow_up)] if together else [(inquiry,), (follow_up,)]:
        record_together(ledger, rules, clock, *batch)

    [offered] = rules.histories[-1].thread_cases
    assert (offered.mailbox, offered.opened_at, offered.responded_at, offered.from_inquirer) == (HR, START, None, False)
    assert len(rows(ledger, service_case)) == 1
    assert {each["case_id"] for each in rows(ledger, thread)} == {1}
    record_together(ledger, rules, clock, an_inquiry("three", thread=("<two@example.org>",)))
    assert len(rules.histories[-1].thread_cases) == 1, "an answer to the follow-up belongs to the case too"


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize(("again", "offered"), [(RESIDENT, 2), ("spouse@example.org", 1)])
def test_who_goes_on_in_an_old_thread_follows_up_the_new_case(
    ledger: Ledger, rules: Rules, clock: Clock, together: bool, again: str, offered: int
) -> None:
    """The matter became a new case, long after its answer: its inquirer is acknowledged for that once, and not for each mail of the thread."""

    def decide(examination: Examination, history: History) -> Decision:
        if examination is not anew:
            return rules(examination, history)
        made = rules(examination, replace(history, thread_cases=()))
        return replace(made, verdict=replace(made.verdict, follow_up_of=tuple(each.case_id for each in history.thread_cases)))

    record_together(ledger, rules, clock, an_inquiry())
    anew, more = an_inquiry("two", again, thread=("<one@example.org>",)), an_inquiry("three", thread=("<x@y>", "<one@example.org>"))
    for batch in [(anew, more)] if together else [(anew,), (more,)]:
        record_together(ledger, decide, clock, *batch)
    assert len(rows(ledger, service_case)) == 2
    assert len(rules.histories[-1].thread_cases) == offered


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("last", ["<one@example.org>", "<two@example.org>", "<answer@example.org>"])
def test_what_a_thread_became_comes_before_what_it_was(ledger: Ledger, rules: Rules, clock: Clock, together: bool, last: str) -> None:
    """A follow-up runs the answer clock of the first one again: that must not be the case that was over long ago."""

    def decide(examination: Examination, history: History) -> Decision:
        if examination is not anew:
            return rules(examination, history)
        made = rules(examination, replace(history, thread_cases=()))
        return replace(made, verdict=replace(made.verdict, follow_up_of=tuple(each.case_id for each in history.thread_cases)))

    first = START - timedelta(days=90)
    record_together(ledger, rules, clock, an_inquiry(at=first), an_answer("early", (RESIDENT,), ("<one@example.org>",), first))
    anew = an_inquiry("two", thread=("<one@example.org>",))
    answer = an_answer("answer", (RESIDENT,), ("<two@example.org>", "<one@example.org>"), START)
    for batch in [(anew, answer, an_inquiry("three", thread=(last,)))] if together else [(anew,), (answer,), (an_inquiry("three", thread=(last,)),)]:
        record_together(ledger, decide, clock, *batch)
    assert [each.opened_at for each in rules.histories[-1].thread_cases] == [START, first]


@pytest.mark.parametrize("together", [True, False])
def test_an_answer_to_our_notice_is_known(ledger: Ledger, rules: Rules, clock: Clock, together: bool) -> None:
    inquiry = an_inquiry()
    reply = an_inquiry("two", thread=(a_notice(inquiry).message_id,))
    for batch in [(inquiry, reply)] if together else [(inquiry,), (reply,)]:
        record_together(ledger, rules, clock, *batch)

    assert rules.histories[-1].own_notice
    assert [each.reference for each in rules.histories[-1].thread_cases] == [rows(ledger, service_case)[0]["reference"]]


def test_our_notice_coming_back_is_known(ledger: Ledger, rules: Rules, clock: Clock) -> None:
    inquiry = an_inquiry()
    record_together(ledger, rules, clock, inquiry)
    back = an_inquiry("bounce", message=Message(fields=(), root=Part(), message_id=a_notice(inquiry).message_id))
    record_together(ledger, rules, clock, back)
    assert rules.histories[-1].own_notice


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize(("sender", "counts"), [(RESIDENT, True), ("Canary.Resident@EXAMPLE.org", True), ("stranger@example.org", False)])
def test_a_reference_in_the_subject_counts_for_its_correspondent_only(
    ledger: Ledger, rules: Rules, clock: Clock, together: bool, sender: str, counts: bool
) -> None:
    [recorded] = record_together(ledger, rules, clock, an_inquiry())
    named = an_inquiry("two", sender=sender, subject_references=recorded.references)
    record_together(ledger, rules, clock, *([an_inquiry("other", "x@example.org")] if together else []), named)
    assert bool(rules.histories[-1].thread_cases) is counts


@pytest.mark.parametrize("together", [True, False])
def test_an_answer_closes_both_clocks(ledger: Ledger, rules: Rules, clock: Clock, together: bool) -> None:
    answered_at = START + timedelta(hours=3)
    answer = an_answer("answer", ("Canary.Resident@example.org",), ("<one@example.org>",), answered_at)
    for batch in [(an_inquiry(), answer)] if together else [(an_inquiry(),), (answer,)]:
        record_together(ledger, rules, clock, *batch)

    [case] = rows(ledger, service_case)
    assert (case["responded_at"], case["acknowledged_at"], case["acknowledged_by"]) == (answered_at, answered_at, "person")
    assert case["responded_by"] == 2


def test_an_answer_to_somebody_else_is_offered_no_case(ledger: Ledger, rules: Rules, clock: Clock) -> None:
    record_together(ledger, rules, clock, an_inquiry())
    forward = an_answer("forward", ("colleague@toronto.example",), ("<one@example.org>",), START + timedelta(hours=1))
    record_together(ledger, rules, clock, forward)
    assert rules.histories[-1].thread_cases == ()
    assert rows(ledger, service_case)[0]["responded_at"] is None


def test_a_colleague_who_asked_is_marked(ledger: Ledger, rules: Rules, clock: Clock) -> None:
    record_together(ledger, rules, clock, an_inquiry(sender="anna@toronto.example"))
    more = an_answer("more", ("hr@toronto.example",), ("<one@example.org>",), START + timedelta(hours=1))
    record_together(ledger, rules, clock, more)
    assert [each.from_inquirer for each in rules.histories[-1].thread_cases] == [True]


def test_the_earliest_answer_counts_whatever_the_journal_brings_first(ledger: Ledger, rules: Rules, clock: Clock) -> None:
    record_together(ledger, rules, clock, an_inquiry())
    for name, hours in (("second", 5), ("first", 2), ("third", 9)):
        record_together(ledger, rules, clock, an_answer(name, (RESIDENT,), ("<one@example.org>",), START + timedelta(hours=hours)))
    [case] = rows(ledger, service_case)
    assert (case["responded_at"], case["acknowledged_at"]) == (START + timedelta(hours=2),) * 2


def test_wrapped_addresses_are_one_correspondent(ledger: Ledger, rules: Rules, clock: Clock) -> None:
    record_together(ledger, rules, clock, an_inquiry())
    wrapped = "SRS0=HHH=TT=example.org=canary.resident@forwarder.example"
    record_together(ledger, rules, clock, an_answer("answer", (wrapped,), ("<one@example.org>",), START + timedelta(hours=1)))
    assert rows(ledger, service_case)[0]["responded_at"] is not None


@pytest.mark.parametrize("together", [1, 4, 14])
def test_acknowledgements_to_one_correspondent_are_counted_in_the_window(ledger: Ledger, rules: Rules, clock: Clock, together: int) -> None:
    inquiries = [an_inquiry(f"n{number}") for number in range(14)]
    for start in range(0, 14, together):
        record_together(ledger, rules, clock, *inquiries[start : start + together])

    assert [each.acknowledgements_to_correspondent for each in rules.histories] == [*range(11), 10, 10, 10]
    assert len(rows(ledger, notice)) == 10
    clock.move(days=1)
    record_together(ledger, rules, clock, an_inquiry("next day"))
    assert rules.histories[-1].acknowledgements_to_correspondent == 0


def test_what_a_wrong_clock_wrote_does_not_count_for_ever(ledger: Ledger, rules: Rules, clock: Clock) -> None:
    clock.move(days=365)
    record_together(ledger, rules, clock, an_inquiry("from the future"))
    clock.move(days=-365)
    record_together(ledger, rules, clock, an_inquiry("now"))
    assert rules.histories[-1].acknowledgements_to_correspondent == 0


def test_refused_acknowledgements_do_not_use_up_the_cap(ledger: Ledger, rules: Rules, clock: Clock) -> None:
    record_together(ledger, rules, clock, an_inquiry())
    with ledger.writing() as connection:
        [claimed] = outbox_rows.claim(connection, clock(), 1, timedelta(seconds=30), "token")
        outbox_rows.settle(connection, [Settlement(claimed.notice.key, "token", "refused", START, code=550)])
    record_together(ledger, rules, clock, an_inquiry("two"))
    assert rules.histories[-1].acknowledgements_to_correspondent == 0


def test_a_machine_with_one_message_id_for_all_its_mail_is_bounded(ledger: Ledger, rules: Rules, clock: Clock) -> None:
    same = Message(fields=(), root=Part(), message_id="<1>")
    for start in range(0, 200, 50):
        record_together(ledger, rules, clock, *(an_inquiry(f"n{number}", message=same) for number in range(start, start + 50)))
    with ledger.reading() as connection:
        kept = connection.execute(select(func.count()).where(thread.c.hash == ledger.pseudonyms.of_message_id("<1>"))).scalar_one()
    assert kept == 32
    assert len(rows(ledger, message)) == 200


def test_a_message_without_message_id_still_has_its_case(ledger: Ledger, rules: Rules, clock: Clock) -> None:
    record_together(ledger, rules, clock, an_inquiry(message=Message(fields=(), root=Part())))
    assert [each["case_id"] for each in rows(ledger, thread)] == [1, 1]


def test_mail_that_is_no_inquiry_is_counted_without_a_case_and_without_its_recipients(ledger: Ledger, rules: Rules, clock: Clock) -> None:
    newsletter = an_inquiry(
        cases=(),
        is_inquiry=False,
        automatic=Automatic("list", "list-id", "List-Id"),
        acknowledgement=AcknowledgementDecision(False, "list", "A list sent it.", evidence="List-Id\0\udc80"),
    )
    record_together(ledger, Rules(clock), clock, newsletter)
    [seen] = rows(ledger, message)
    assert (seen["automatic_type"], seen["is_inquiry"]) == ("list", False)
    assert [each["mailbox"] for each in rows(ledger, sighting)] == [""]
    assert rows(ledger, service_case) == []


def test_findings_are_kept_of_staff_only(ledger: Ledger, rules: Rules, clock: Clock) -> None:
    record_together(ledger, rules, clock, an_inquiry(), an_answer("answer", (RESIDENT,), (), START))
    of_resident, of_staff = rows(ledger, message)
    assert of_resident["findings"] is None
    assert of_staff["findings"]["compliant"] is None


def test_times_are_kept_to_the_microsecond_in_utc(ledger: Ledger, rules: Rules, clock: Clock) -> None:
    odd = START + timedelta(microseconds=1)
    record_together(ledger, rules, clock, an_inquiry(at=odd))
    assert rows(ledger, message)[0]["received_at"] == odd
    with pytest.raises(StatementError, match="without zone"), ledger.writing() as connection:
        connection.execute(select(message.c.id).where(message.c.received_at == odd.replace(tzinfo=None))).all()


_STEPS = st.lists(
    st.tuples(
        st.sampled_from(["inquiry", "repeat", "follow-up", "by-reference", "answer"]),
        st.integers(0, 5),
        st.sampled_from([(HR,), (EQUITY,), (HR, EQUITY)]),
        st.sampled_from([RESIDENT, "other@example.org"]),
    ),
    min_size=1,
    max_size=12,
)


def _examination(number: int, step: tuple[str, int, tuple[str, ...], str], references: dict[int, tuple[str, ...]]) -> Examination:
    kind, earlier, mailboxes, sender = step
    at = START + timedelta(minutes=number)
    if kind == "repeat":
        return an_inquiry(f"n{earlier}", sender, mailboxes, at)
    if kind == "follow-up":
        return an_inquiry(f"n{number}", sender, mailboxes, at, thread=(f"<n{earlier}@example.org>",))
    if kind == "by-reference":
        return an_inquiry(f"n{number}", sender, mailboxes, at, subject_references=references.get(earlier, ()))
    if kind == "answer":
        return an_answer(f"n{number}", (sender,), (f"<n{earlier}@example.org>",), at)
    return an_inquiry(f"n{number}", sender, mailboxes, at)


@pytest.fixture(scope="module")
def two_ledgers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Ledger]]:
    folder = tmp_path_factory.mktemp("batches")
    ledgers = [Ledger(f"sqlite:///{folder}/{name}.db", key=KEY, clock=Clock()) for name in ("alone", "batched")]
    yield ledgers
    for each in ledgers:
        each.close()


# A copy for a second mailbox comes when the correspondent's cap is used up, and a third one, from another sender, is acknowledged after it.
_LATER_COPY = [("answer", 0, (HR,), RESIDENT), *[("inquiry", 0, (HR,), RESIDENT)] * 3, ("repeat", 0, (EQUITY,), RESIDENT)]
_LATER_COPY += [("repeat", 0, (HR,), "other@example.org")]


@example(steps=_LATER_COPY, cuts=set())
@given(steps=_STEPS, cuts=st.sets(st.integers(1, 11)))
@settings(max_examples=100)
def test_how_messages_fall_into_batches_changes_nothing(two_ledgers: list[Ledger], steps, cuts: set[int]) -> None:
    """The law of the batch: decided as if one came after the other."""
    clock = Clock()
    alone, batched = (emptied(each) for each in two_ledgers)
    rules_alone, rules_batched = Rules(clock, cap=3), Rules(clock, cap=3)
    references: dict[int, tuple[str, ...]] = {}
    examinations = []
    for number, step in enumerate(steps):
        examinations.append(_examination(number, step, references))
        [recorded] = record_together(alone, rules_alone, clock, examinations[-1])
        references[number] = recorded.references
    starts = [0, *sorted(cut for cut in cuts if cut < len(steps)), len(steps)]
    for start, end in itertools.pairwise(starts):
        record_together(batched, rules_batched, clock, *examinations[start:end])

    assert content(batched) == content(alone)


def test_every_address_lies_in_one_table_only(ledger: Ledger, rules: Rules, clock: Clock) -> None:
    record_together(ledger, rules, clock, an_inquiry())
    holding = [name for name, found in content(ledger).items() if "canary" in repr(found)]
    assert holding == [outgoing.name]
