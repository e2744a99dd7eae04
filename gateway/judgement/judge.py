"""The verdict on one message, with what the ledger knew: repeats, follow-ups, answers, caps.

Runs in the writer's batch, in order of arrival. It opens and closes nothing itself; it says what is to be opened, closed and sent.
What may be sent at all was settled without history (`may_respond`); history only ever takes away, but for one thing: a message in an
old thread, long after our answer, is a new inquiry and gets its acknowledgement.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

from gateway.judgement.circumstances import divisions_in_from
from gateway.judgement.declared_reply import declaration
from gateway.judgement.reasons import reason
from gateway.judgement.standard import case_for, due_again
from gateway.judgement.verdict import (
    AcknowledgementDecision,
    Case,
    Double,
    Examination,
    History,
    Outcome,
    Reopening,
    Step,
    ThreadCase,
    Unmeasured,
    Verdict,
)
from gateway.policy.model import Division, Policy


def judge(examination: Examination, history: History, policy: Policy, now: datetime) -> Verdict:
    """Decide. `now` (aware) is the moment of judging; it tells only whether our answer is old enough for a new case.

    `history.thread_cases` holds what the ledger matched, by keyed hashes that mean nothing here. For an inbound message: cases of
    its thread (In-Reply-To, References), and those its subject names whose correspondent it is. For an outbound one: cases of its
    thread or subject whose correspondent is among the accepted recipients, and those, marked `from_inquirer`, whose correspondent sent it.
    """
    declared = declaration(examination, history.told_of, policy)
    if declared is not None and declared.by_contact:  # it speaks of cases, and is none
        made = _verdict(examination, policy, (), (), (), _outside_cases(examination))
        return _noting(replace(made, declaration=declared))
    made = _judged(examination, history, policy, now)
    return made if declared is None else replace(made, declaration=declared)


def _judged(examination: Examination, history: History, policy: Policy, now: datetime) -> Verdict:
    answers, belongs_to = _of_thread(examination, history)
    late = _measured_after_all(examination, history, policy)
    speaks_to_inquirer = bool(late) or (_is_by_staff(examination) and any(not each.from_inquirer for each in history.thread_cases))
    if not examination.is_inquiry or speaks_to_inquirer:  # an answer is no inquiry to a division that is copied on it
        double = _double(examination, history, policy)
        made = _verdict(examination, policy, (), belongs_to, answers, _outside_cases(examination))
        return _noting(replace(made, measured_after_all=late, double=double, answers_again=_answers_again(examination, history)))
    opens = tuple(case for case in examination.cases if _is_new(case, examination, history, policy, now))
    reopens = tuple(_reopened(examination, history, policy, opens))
    made = _verdict(examination, policy, opens, belongs_to, answers, _acknowledgement(examination, history, policy, opens))
    return replace(made, reopens=reopens) if reopens else made


def _is_by_staff(examination: Examination) -> bool:
    """Whether a person of ours wrote it, outward: only such a message can answer anybody."""
    return examination.envelope.direction == "outbound" and examination.from_staff and not examination.automatic.is_automatic


def _of_thread(examination: Examination, history: History) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """case_ids that this message answers, and those it merely belongs to. A machine's mail does neither, unless it opens cases itself."""
    if examination.automatic.is_automatic and not examination.is_inquiry:
        return (), ()
    answers: tuple[int, ...] = ()
    if _is_by_staff(examination):
        answers = tuple(each.case_id for each in history.thread_cases if not each.from_inquirer and each.responded_at is None)
    return answers, tuple(each.case_id for each in history.thread_cases if each.case_id not in answers)


def _answers_again(examination: Examination, history: History) -> tuple[int, ...]:
    """Reopened cases whose follow-up a person answers."""
    if not _is_by_staff(examination):
        return ()
    return tuple(each.case_id for each in history.thread_cases if each.reopened and not each.from_inquirer)


def _reopened(examination: Examination, history: History, policy: Policy, opens: tuple[Case, ...]) -> Iterator[Reopening]:
    """Answered cases that this message follows up: one for each addressed mailbox, the nearest of the thread; none while one waits there."""
    for case in examination.cases:
        followed = [each for each in _own_thread(examination, history) if each.is_of(case.mailbox)]
        division = policy.divisions.get(followed[0].division if followed else case.division)
        waiting = any(each.responded_at is None or each.reopened for each in followed)
        if followed and division and not waiting and not history.seen and case not in opens:
            yield Reopening(followed[0].case_id, due_again(followed[0], division, examination.envelope.received_at))


def _measured_after_all(examination: Examination, history: History, policy: Policy) -> tuple[Case, ...]:
    """Cases of excluded mail that a person answers: with the clocks of its own receipt, under the promises of today."""
    answered = history.unmeasured
    if answered is None or not _is_by_staff(examination):
        return ()
    divisions = [policy.by_mailbox[each] for each in answered.mailboxes if each in policy.by_mailbox]
    return tuple(_late_case(division, answered, policy) for division in divisions)


def _late_case(division: Division, answered: Unmeasured, policy: Policy) -> Case:
    """The kind that was recorded, where this division knows it: that of several addressed together is the first one's."""
    own = [rule for rule in division.kinds if rule.kind == answered.kind]
    kind = answered.kind if own else division.default_kind
    return case_for(division, answered.audience, kind, policy, answered.received_at, confidential=any(rule.confidential for rule in own))


def _double(examination: Examination, history: History, policy: Policy) -> Double | None:
    """Whether a division's own mailbox replies by itself to somebody whom we acknowledged for it. Our own notice on its way out does not."""
    if examination.envelope.direction != "outbound" or examination.automatic.type not in _REPLIES or history.own_notice:
        return None
    of_divisions = (policy.divisions[slug] for slug in sorted(divisions_in_from(examination.message, policy)))
    return next((Double(each.slug, each.mailbox) for each in of_divisions if each.mailbox in history.acknowledged_for), None)


_REPLIES = ("auto_reply", "out_of_office", "auto_generated")


def _outside_cases(examination: Examination) -> AcknowledgementDecision:
    decision = examination.acknowledgement
    return _no(decision, "follow-up", None) if examination.is_inquiry else decision


def _is_new(case: Case, examination: Examination, history: History, policy: Policy, now: datetime) -> bool:
    """Whether this mailbox gets a case: not a repeat, and no case of the same thread that still counts."""
    if case.mailbox in history.seen_mailboxes:
        return False
    division = policy.divisions.get(case.division)  # a reload between examine and judge may have removed it
    after = division.acknowledgement.new_case_after if division else timedelta.max
    return not any(
        each.is_of(case.mailbox) and (each.responded_at is None or now - each.responded_at < after) for each in _own_thread(examination, history)
    )


def _own_thread(examination: Examination, history: History) -> tuple[ThreadCase, ...]:
    """Cases that a new message of the inquirer's side would follow up."""
    if examination.envelope.direction == "inbound":
        return history.thread_cases
    return tuple(each for each in history.thread_cases if each.from_inquirer)


def _acknowledgement(examination: Examination, history: History, policy: Policy, opens: tuple[Case, ...]) -> AcknowledgementDecision:
    decision = examination.acknowledgement
    if not opens:
        return _no(decision, "seen-before" if history.seen else "follow-up", None)
    if decision.reason == "answers-our-notice" and history.thread_cases:
        # The thread is known and too old to be followed up, or asks one more division: a new inquiry like any other.
        decision = replace(decision, send=True, reason="new-inquiry", explanation=reason("new-inquiry").explanation, evidence=None)
    if not decision.send:
        return decision
    if history.acknowledged:
        return _no(decision, "already-acknowledged", None)
    if history.own_notice and not history.thread_cases:
        return _no(decision, "answers-our-notice", "the ledger knows the notice")
    cap = policy.caps.correspondent
    if cap is not None and history.acknowledgements_to_correspondent >= cap[0]:
        return _no(decision, "correspondent-cap", f"{history.acknowledgements_to_correspondent} of {cap[0]} allowed")
    if history.refused_lately:
        return _no(decision, "refused-before", None)
    return _led_by_an_opened_case(decision, history, opens)


def _led_by_an_opened_case(decision: AcknowledgementDecision, history: History, opens: tuple[Case, ...]) -> AcknowledgementDecision:
    """Only divisions that open a case now speak, and whose breaker is closed; the first of those that acknowledge writes for the others."""
    speaking = [case for case in (decision.lead, *decision.others) if case is not None and case in opens]
    if not speaking:
        return _no(decision, "follow-up", None)
    allowed = [case for case in speaking if case.mailbox not in history.tripped]
    if not allowed:
        return replace(_no(decision, "breaker", f"the breaker of {speaking[0].division} is open"), lead=speaking[0])
    lead, *others = allowed
    if lead is decision.lead and len(others) == len(decision.others) and history.not_before == decision.not_before:
        return decision
    return replace(decision, lead=lead, others=tuple(others), not_before=history.not_before)


def too_late(verdict: Verdict, why: Literal["domain-cap", "gateway-cap", "found-late"]) -> Verdict:
    """The same verdict with its cases, but nothing goes out: it would come when it is of no use, by a cap or because we saw the message late."""
    said = "received too long ago" if why == "found-late" else "the window has no room in time"
    decision = replace(_no(verdict.acknowledgement, why, said), not_before=None)
    return replace(verdict, acknowledgement=decision, trace=(*verdict.trace, Step(why, "stop", said, reason(why).source)))


def _noting(verdict: Verdict) -> Verdict:
    """What was found besides, in the trace."""
    notes = []
    if verdict.measured_after_all:
        divisions = ", ".join(case.division for case in verdict.measured_after_all)
        notes.append(Step("measured-after-all", "note", divisions, reason("measured-after-all").source))
    if verdict.declaration:
        notes.append(Step("declared-by-reply", "note", verdict.declaration.outcome, "docs/reminders.md"))
    if verdict.double:
        notes.append(Step("double-acknowledgement", "note", verdict.double.division, reason("double-acknowledgement").source))
    return replace(verdict, trace=(*verdict.trace, *notes)) if notes else verdict


def _no(decision: AcknowledgementDecision, slug: str, evidence: str | None) -> AcknowledgementDecision:
    return replace(decision, send=False, reason=slug, explanation=reason(slug).explanation, evidence=evidence)


def _verdict(
    examination: Examination,
    policy: Policy,
    opens: tuple[Case, ...],
    belongs_to: tuple[int, ...],
    answers: tuple[int, ...],
    acknowledgement: AcknowledgementDecision,
) -> Verdict:
    trace = examination.trace
    if acknowledgement.reason != examination.acknowledgement.reason:
        outcome: Outcome = "note" if acknowledgement.send else "stop"
        trace = (*trace, Step(acknowledgement.reason, outcome, acknowledgement.evidence or "", reason(acknowledgement.reason).source))
    if acknowledgement.not_before is not None:
        trace = (*trace, Step("delayed", "note", f"until {acknowledgement.not_before:%Y-%m-%d %H:%M:%S} UTC", reason("delayed").source))
    return Verdict(examination, policy.version, opens, belongs_to, answers, acknowledgement, trace)
