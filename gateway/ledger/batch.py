"""One batch of messages: history, decisions in order of arrival, and the rows that follow from them, in the caller's transaction.

Two messages of one thread in one batch are decided as if one came after the other. Decides nothing about mail: that is `decide`.
A fixed number of statements for each batch, whatever its size.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from typing import Any

from sqlalchemy import Connection, bindparam, case, or_, update

from gateway.judgement.reasons import MEASURED_IF_ANSWERED
from gateway.judgement.verdict import Case, Examination
from gateway.ledger import dialect, outbox_rows, reopenings
from gateway.ledger.errors import RecordingFailed
from gateway.ledger.excluded import Excluded
from gateway.ledger.history import Known, KnownMessage, KnownNotice
from gateway.ledger.keyed import Keyed
from gateway.ledger.message_row import message_row
from gateway.ledger.prepared import Change, Rows
from gateway.ledger.pseudonym import Pseudonyms
from gateway.ledger.records import Claimed, Decide, Decision, Lease, Notice, Recorded
from gateway.ledger.rekeying import rekey
from gateway.ledger.tables import message, sender, service_case, sighting, thread
from gateway.policy.model import Caps


@dataclass(frozen=True, slots=True)
class _Decided:
    examination: Examination
    keyed: Keyed
    decision: Decision
    known: KnownMessage
    new: bool
    """This batch writes the message row."""
    sightings: tuple[str, ...]
    """Mailboxes that had not seen it."""
    opened: dict[str, int]
    """Reference -> provisional id of each case in `verdict.opens`, in that order."""
    notices: tuple[Notice, ...]
    notice_hashes: tuple[str, ...]
    """Of their Message-IDs."""
    acknowledgement: KnownNotice | None
    """The message's own, by this decision or an earlier one; a later copy of the message may bring one that does not speak for these cases."""
    kept_in_thread: bool
    """False for a Message-ID that the thread table holds too often already."""
    measured: Measured | None
    """Excluded mail that this answers, with the cases it gets."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Excluded mail, measured after all."""

    excluded: Excluded
    message: KnownMessage
    cases: dict[str, tuple[int, Case]]
    """Reference -> provisional id and case."""


def record(
    connection: Connection,
    examinations: Sequence[Examination],
    decide: Decide,
    pseudonyms: Pseudonyms,
    *,
    now: datetime | None,
    caps: Caps,
    lease: Callable[[], Lease | None] = lambda: None,
) -> list[Recorded | RecordingFailed]:
    """Decide and write all of them; one answer each, in order. What `decide` raises harms only its own message.

    `lease`: whose the notices are that are due at once, the first ones up to its room; asked when all is decided, since until then a
    notice that may go at once becomes due.

    `now`: aware; None for a replay of old mail, in which each message is decided at its own moment of receipt. Database errors
    pass through, and nothing of the batch may then be kept.
    """
    keyed = [(each, Keyed.of(each, pseudonyms)) for each in examinations]
    rekey(connection, examinations, pseudonyms, now)
    known = Known.load(connection, keyed, pseudonyms, now, caps)
    deciding = _Deciding(known, decide, pseudonyms)
    outcomes = [deciding.of(examination, hashes) for examination, hashes in keyed]
    writing = _Writing(connection, pseudonyms, known.moment, lease())
    writing.write([one for one in outcomes if isinstance(one, _Decided)])
    known.sending.write(connection)
    known.staff.write(connection, {one.examination.identity: one.known.row_id for one in outcomes if isinstance(one, _Decided)}, writing.notice_ids)
    known.surveys.write(connection, now)
    known.declared.write(connection)
    recorded = [writing.recorded(one) if isinstance(one, _Decided) else one for one in outcomes]
    return [_told(each, known) if isinstance(each, Recorded) else each for each in recorded]


def _told(recorded: Recorded, known: Known) -> Recorded:
    """With what became of an answer to a survey, or of a reply to a reminder."""
    survey, declared = known.surveys.outcome(recorded.identity), known.declared.outcome(recorded.identity)
    return replace(recorded, survey=survey, declaration=declared) if survey or declared else recorded


class _Deciding:
    """Decides one message after the other; each sees what the ones before it did."""

    def __init__(self, known: Known, decide: Decide, pseudonyms: Pseudonyms) -> None:
        self._known = known
        self._rules = decide
        self._pseudonyms = pseudonyms
        self._provisional = count(-1, -1)

    def of(self, examination: Examination, keyed: Keyed) -> _Decided | RecordingFailed:
        history = self._known.history(examination, keyed)
        try:
            decision = self._rules(examination, history)
        except Exception as error:  # noqa: BLE001 - the rules are not this room's code, and one message's fault is not its neighbour's
            return RecordingFailed(type(error).__name__)
        opened = {history.references[each.mailbox]: next(self._provisional) for each in decision.verdict.opens}
        return self._learned(examination, keyed, decision, opened)

    def _learned(self, examination: Examination, keyed: Keyed, decision: Decision, opened: dict[str, int]) -> _Decided:
        new = examination.identity not in self._known.messages
        entry = self._known.messages.setdefault(examination.identity, KnownMessage())
        # One acknowledgement record for one message (docs/promises.md, P3), whatever a rule may say.
        notices = tuple(each for each in decision.notices if each.kind != "acknowledgement" or entry.acknowledgement is None)
        kept = self._known.has_room(keyed.own)
        hashes = tuple(self._pseudonyms.of_message_id(each.message_id) or "" for each in notices)
        self._known.learn(examination, keyed, decision, opened, list(zip(notices, hashes, strict=True)))
        if new:
            self._known.declared.learn(examination, decision)
            self._known.surveys.learn(examination, replace(decision, notices=notices))
        measured = self._measured(examination, keyed, decision)
        seen_by = tuple(each for each in _mailboxes(examination) if each not in entry.sightings)
        entry.sightings.update(seen_by)
        entry.case_mailboxes.update(each.mailbox for each in decision.verdict.opens)
        for each in notices:
            if each.kind == "acknowledgement":
                entry.acknowledgement = KnownNotice(each.key)
        return _Decided(examination, keyed, decision, entry, new, seen_by, opened, notices, hashes, entry.acknowledgement, kept, measured)

    def _measured(self, examination: Examination, keyed: Keyed, decision: Decision) -> Measured | None:
        excluded = self._known.excluded.answered_by(examination, keyed)
        if excluded is None or not decision.verdict.measured_after_all:
            return None
        cases = {self._known.free_reference(excluded.identity, each): (next(self._provisional), each) for each in decision.verdict.measured_after_all}
        self._known.learn_measured(excluded, examination, keyed, cases)
        return Measured(excluded, self._known.messages.setdefault(excluded.identity, KnownMessage(excluded.row_id)), cases)


def _mailboxes(examination: Examination) -> tuple[str, ...]:
    """Division mailboxes that were addressed; "" where none was. Never a resident's address."""
    return tuple(dict.fromkeys(each.mailbox for each in examination.cases)) or ("",)


class _Writing:
    """The rows of one batch. Order follows the foreign keys: message, notice, case, then what points at them."""

    def __init__(self, connection: Connection, pseudonyms: Pseudonyms, moment: Callable[[Examination], datetime], lease: Lease | None) -> None:
        self._connection = connection
        self._pseudonyms = pseudonyms
        self._moment = moment
        self._lease = lease
        self._leased: set[str] = set()
        self.notice_ids: dict[str, int] = {}
        """Key -> row of each notice that was written."""
        self._case_ids: dict[int, int] = {}

    def write(self, decided: Sequence[_Decided]) -> None:
        self._messages([one for one in decided if one.new])
        _SENDER.write(self._connection, [row for one in decided if one.new for row in _sender_rows(one)])
        self._notices(decided)
        self._cases(decided)
        _SIGHTING.write(self._connection, [row for one in decided for row in _sighting_rows(one)])
        _THREAD.write(self._connection, [row for one in decided for row in self._thread_rows(one)])
        self._answers(decided)
        self._reopenings(decided)

    def recorded(self, one: _Decided) -> Recorded:
        """What came of one message, once all is written."""
        leased = [each for each in one.notices if each.key in self._leased]
        return Recorded(
            one.examination.identity,
            repeated=not one.new and not one.sightings,
            reason=one.decision.verdict.acknowledgement.reason,
            references=tuple(one.opened),
            notices=len(one.notices),
            claimed=tuple(Claimed(self.notice_ids[each.key], each, 0, self._lease.token) for each in leased) if self._lease else (),
        )

    def _lease_for(self, each: Notice) -> Lease | None:
        if self._lease is None or each.not_before > self._lease.given_at or len(self._leased) >= self._lease.room:
            return None
        self._leased.add(each.key)
        return self._lease

    def _messages(self, new: Sequence[_Decided]) -> None:
        if not new:
            return
        for number, one in enumerate(new, dialect.first_free(self._connection, message)):
            one.known.row_id = number
        _MESSAGE.write(self._connection, [{"id": one.known.row_id, **message_row(one.examination, one.decision.verdict, one.keyed)} for one in new])

    def _notices(self, decided: Sequence[_Decided]) -> None:
        rows = [self._notice_row(one, each) for one in decided for each in one.notices]
        self.notice_ids = outbox_rows.enqueue(self._connection, rows)

    def _notice_row(self, one: _Decided, each: Notice) -> dict[str, Any]:
        to_inquirer = each.kind == "acknowledgement"
        return outbox_rows.row_of(
            each,
            self._moment(one.examination),
            lease=self._lease_for(each),
            message_id=one.known.row_id,
            # Caps count by the inquirer, whatever form (SRS, BATV) the envelope gives the address.
            correspondent=one.keyed.correspondent if to_inquirer else self._pseudonyms.of_address(each.rcpt_to),
            domain=one.keyed.domain if to_inquirer else self._pseudonyms.of_domain(each.rcpt_to),
        )

    def _cases(self, decided: Sequence[_Decided]) -> None:
        opened = [(one, each, ref) for one in decided for each, ref in zip(one.decision.verdict.opens, one.opened, strict=True)]
        measured = [(one, one.measured) for one in decided if one.measured]
        rows = [self._case_row(one, each, reference) for one, each, reference in opened]
        rows += [row for one, each in measured for row in _measured_rows(one, each)]
        if not rows:
            return
        rows = [{"id": number, **row} for number, row in enumerate(rows, dialect.first_free(self._connection, service_case))]
        _CASE.write(self._connection, rows)
        ids = {row["reference"]: row["id"] for row in rows}
        self._case_ids = {one.opened[reference]: ids[reference] for one, _, reference in opened}
        self._case_ids |= {case_id: ids[reference] for _, each in measured for reference, (case_id, _) in each.cases.items()}
        _IS_INQUIRY.each(self._connection, [{"measured": each.message.row_id} for _, each in measured])

    def _case_row(self, one: _Decided, opened: Case, reference: str) -> dict[str, Any]:
        received_at = one.examination.envelope.received_at
        notice = one.acknowledgement if _speaks_for(one.decision, opened) else None
        # A later copy of a message whose acknowledgement is out already: its new case was acknowledged before it was opened.
        acknowledged_at = max(notice.sent_at, received_at) if notice and notice.sent_at else None
        return _promise_row(opened, reference, one) | {
            "message_id": one.known.row_id,
            "correspondent": one.keyed.correspondent,
            "opened_at": received_at,
            "printed_respond_by": one.decision.printed.get(opened.mailbox),
            "notice_id": (notice.row_id or self.notice_ids[notice.key]) if notice else None,
            "acknowledged_at": acknowledged_at,
            "acknowledged_by": "machine" if acknowledged_at else None,
            "responded_at": None,
            "responded_by": None,
            "opened_by_answer": False,
        }

    def _thread_rows(self, one: _Decided) -> list[dict[str, Any]]:
        """Under which Message-IDs the message, its cases and its notices are found again."""
        verdict = one.decision.verdict
        opened = [self._case_ids[each] for each in one.opened.values()]
        joined = [self._case_ids.get(each, each) for each in dict.fromkeys((*verdict.follow_up_of, *verdict.answers))]
        rows: list[dict[str, Any]] = []
        if one.kept_in_thread and (one.new or opened or joined):
            rows += [_entry(one.keyed.own, one.known.row_id, each, None) for each in (*opened, *joined) or (None,)]
        if one.measured:
            late = [self._case_ids[case_id] for case_id, _ in one.measured.cases.values()]
            rows += [_entry(one.measured.excluded.own, one.measured.message.row_id, each, None) for each in late]
            rows += [_entry(one.keyed.own, one.known.row_id, each, None) for each in late]
        for each, hash_ in zip(one.notices, one.notice_hashes, strict=True):
            about = opened if each.speaks_to_inquirer else []
            rows += [_entry(hash_, one.known.row_id, case_id, self.notice_ids[each.key]) for case_id in about or (None,)]
        return rows

    def _answers(self, decided: Sequence[_Decided]) -> None:
        rows = [
            {"answered": self._case_ids.get(each, each), "at": one.examination.envelope.received_at, "by": one.known.row_id}
            for one in decided
            for each in one.decision.verdict.answers
        ]
        _ANSWER.each(self._connection, rows)

    def _reopenings(self, decided: Sequence[_Decided]) -> None:
        opened, answered = [], []
        for one in decided:
            row_id, at, verdict = one.known.row_id, one.examination.envelope.received_at, one.decision.verdict
            opened += [reopenings.Opened(self._case_ids.get(each.case_id, each.case_id), row_id, at, each.respond_by) for each in verdict.reopens]
            answered += [reopenings.AnsweredAgain(self._case_ids.get(each, each), at, row_id) for each in verdict.answers_again]
        reopenings.write(self._connection, opened, answered)


_MESSAGE = Rows(message)
_CASE = Rows(service_case)
_SIGHTING = Rows(sighting)
_SENDER = Rows(sender)
_IS_INQUIRY = Change(update(message).where(message.c.id == bindparam("measured")).values(is_inquiry=True))
_THREAD = Rows(thread)

_AT: Any = bindparam("at", type_=service_case.c.responded_at.type)
_FIRST_SIGN = or_(service_case.c.acknowledged_at.is_(None), service_case.c.acknowledged_at > _AT)
_ANSWER = Change(
    # The earliest answer counts, in whatever order the journal brings them back.
    update(service_case)
    .where(service_case.c.id == bindparam("answered"), or_(service_case.c.responded_at.is_(None), service_case.c.responded_at > _AT))
    .values(
        responded_at=_AT,
        responded_by=bindparam("by"),
        acknowledged_at=case((_FIRST_SIGN, _AT), else_=service_case.c.acknowledged_at),
        acknowledged_by=case((_FIRST_SIGN, "person"), else_=service_case.c.acknowledged_by),
    )
)


def _speaks_for(decision: Decision, opened: Case) -> bool:
    acknowledgement = decision.verdict.acknowledgement
    lead = (acknowledgement.lead,) if acknowledgement.lead else ()
    return any(each.mailbox == opened.mailbox for each in (*lead, *acknowledgement.others))


def _entry(hash_: str | None, message_id: int | None, case_id: int | None, notice_id: int | None) -> dict[str, Any]:
    return {"hash": hash_, "message_id": message_id, "case_id": case_id, "notice_id": notice_id}


def _promise_row(opened: Case, reference: str, one: _Decided) -> dict[str, Any]:
    """What the division promises in this case."""
    return {
        "reference": reference,
        "division": opened.division,
        "mailbox": opened.mailbox,
        "audience": opened.audience,
        "kind": opened.kind,
        "standard": opened.standard,
        "stated_as": opened.stated_as,
        "confidential": opened.confidential,
        "policy_version": one.decision.verdict.policy_version,
        "acknowledge_by": opened.acknowledge_by,
        "respond_by": opened.respond_by,
    }


def _measured_rows(answer: _Decided, measured: Measured) -> list[dict[str, Any]]:
    """Cases that are opened at the receipt of what is answered, and closed by the answer."""
    answered_at = answer.examination.envelope.received_at
    found = measured.excluded
    return [
        _promise_row(each, reference, answer)
        | {
            "message_id": measured.message.row_id,
            "correspondent": found.correspondent,
            "opened_at": found.received_at,
            "printed_respond_by": None,
            "notice_id": None,
            "acknowledged_at": answered_at,
            "acknowledged_by": "person",
            "responded_at": answered_at,
            "responded_by": answer.known.row_id,
            "opened_by_answer": True,
        }
        for reference, (_, each) in measured.cases.items()
    ]


def _sender_rows(one: _Decided) -> list[dict[str, Any]]:
    """Only of mail that has cases or may yet get them: nobody else is written to."""
    examination = one.examination
    if not examination.is_inquiry and examination.acknowledgement.reason not in MEASURED_IF_ANSWERED:
        return []
    return [{"message_id": one.known.row_id, "hash": each} for each in sorted(one.keyed.further)]


def _sighting_rows(one: _Decided) -> list[dict[str, Any]]:
    envelope = one.examination.envelope
    return [{"message_id": one.known.row_id, "mailbox": each, "door": envelope.door, "seen_at": envelope.received_at} for each in one.sightings]
