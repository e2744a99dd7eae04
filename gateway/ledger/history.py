"""What the ledger knows of the messages of one batch, and what the batch itself adds while it is decided in order of arrival.

Loads set-wise: a fixed number of statements however many messages wait. Decides which known cases may belong to a message;
what follows from that is `judgement.judge`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain, islice
from typing import Any

from sqlalchemy import Connection, bindparam, select

from gateway.judgement.verdict import Case, Examination, History, ThreadCase, Verdict
from gateway.ledger.declared_known import DeclaredKnown
from gateway.ledger.excluded import Excluded, ExcludedMail
from gateway.ledger.keyed import Keyed
from gateway.ledger.prepared import Query
from gateway.ledger.pseudonym import Pseudonyms
from gateway.ledger.records import Decision, Notice
from gateway.ledger.references import FIRST, candidates
from gateway.ledger.sending import Sending
from gateway.ledger.staff_known import StaffKnown
from gateway.ledger.survey_known import SurveyKnown
from gateway.ledger.tables import message, notice, reopening, sender, service_case, sighting, thread
from gateway.policy.model import Caps

THREAD_ENTRIES = 32
"""Rows kept for one Message-ID. A machine that gives all its mail the same Message-ID must not make every look-up longer."""

_CASE = (
    service_case.c.id,
    service_case.c.reference,
    service_case.c.division,
    service_case.c.mailbox,
    service_case.c.correspondent,
    service_case.c.opened_at,
    service_case.c.responded_at,
    service_case.c.audience,
    service_case.c.kind,
    service_case.c.standard,
    service_case.c.moved_from,
)

_MESSAGES = Query(select(message.c.id, message.c.identity).where(message.c.identity.in_(bindparam("identities", expanding=True))))
_SIGHTINGS = Query(select(sighting.c.message_id, sighting.c.mailbox).where(sighting.c.message_id.in_(bindparam("messages", expanding=True))))
_MAILBOXES = Query(
    select(service_case.c.message_id, service_case.c.mailbox, service_case.c.moved_from).where(
        service_case.c.message_id.in_(bindparam("messages", expanding=True))
    )
)
_ACKNOWLEDGEMENTS = Query(
    select(notice.c.id, notice.c.key, notice.c.message_id, notice.c.state, notice.c.settled_at).where(
        notice.c.message_id.in_(bindparam("messages", expanding=True)), notice.c.kind == "acknowledgement"
    )
)
_THREADS = Query(
    select(thread.c.hash, thread.c.notice_id, *_CASE)
    .outerjoin(service_case, service_case.c.id == thread.c.case_id)
    .where(thread.c.hash.in_(bindparam("hashes", expanding=True)))
)
_REFERENCES = Query(select(*_CASE).where(service_case.c.reference.in_(bindparam("references", expanding=True))))
_REOPENED = Query(select(reopening.c.case_id).where(reopening.c.case_id.in_(bindparam("cases", expanding=True)), reopening.c.responded_at.is_(None)))
_FURTHER = Query(
    select(service_case.c.id, sender.c.hash)
    .join(sender, sender.c.message_id == service_case.c.message_id)
    .where(service_case.c.id.in_(bindparam("cases", expanding=True)))
)


@dataclass(slots=True)
class KnownNotice:
    """A notice of the ledger or of this batch. `row_id` is None until the batch has written it."""

    key: str
    row_id: int | None = None
    sent_at: datetime | None = None


@dataclass(slots=True)
class KnownMessage:
    """A message of the ledger or of this batch. `row_id` is None until the batch has written it."""

    row_id: int | None = None
    sightings: set[str] = field(default_factory=set)
    case_mailboxes: set[str] = field(default_factory=set)
    acknowledgement: KnownNotice | None = None


class Known:
    """Everything that can matter to the messages of one batch. Cases opened in the batch have negative ids until written."""

    def __init__(self, connection: Connection, key: bytes, now: datetime | None) -> None:
        self._connection = connection
        self._key = key
        self._now = now
        self.messages: dict[str, KnownMessage] = {}
        self._cases: dict[int, ThreadCase] = {}
        self._threads: dict[str, list[int | None]] = {}
        self._own_notices: set[str] = set()
        self._references: dict[str, int] = {}
        self._further: dict[int, frozenset[str]] = {}
        self._probed: set[str] = set()
        self._candidates: dict[tuple[str, str, str], list[str]] = {}
        self.excluded = ExcludedMail()
        self.sending: Sending
        self.staff: StaffKnown
        self.surveys: SurveyKnown
        self.declared: DeclaredKnown

    @classmethod
    def load(
        cls,
        connection: Connection,
        examinations: Sequence[tuple[Examination, Keyed]],
        pseudonyms: Pseudonyms,
        now: datetime | None,
        caps: Caps,
    ) -> Known:
        """`now`: aware; None: each message's own receipt."""
        known = cls(connection, pseudonyms.key, now)
        known._load_messages({each.identity for each, _ in examinations})
        known._load_threads({hash_ for _, keyed in examinations for hash_ in (keyed.own, *keyed.thread)})
        known._load_references(examinations)
        known._load_further_addresses()
        known._load_reopened()
        known.excluded = ExcludedMail.load(connection, examinations)
        known.sending = Sending.load(connection, examinations, caps, known.moment)
        known.staff = StaffKnown.load(connection, examinations, pseudonyms, known.moment)
        known.declared = DeclaredKnown.load(connection, examinations)
        known.surveys = SurveyKnown.load(connection, examinations, known._cases, pseudonyms, known.moment)
        return known

    def moment(self, examination: Examination) -> datetime:
        """When the message is decided."""
        return self._now or examination.envelope.received_at

    def history(self, examination: Examination, keyed: Keyed) -> History:
        """What is known at this moment of the batch."""
        seen = self.messages.get(examination.identity)
        own = seen.case_mailboxes if seen else set()
        excluded = self.excluded.answered_by(examination, keyed)
        history = History(
            seen=seen is not None,
            seen_mailboxes=tuple(sorted(own)),
            acknowledged=seen is not None and seen.acknowledgement is not None,
            thread_cases=self._thread_cases(examination, keyed),
            own_notice=not self._own_notices.isdisjoint((keyed.own, *keyed.thread)),
            references=self._free_references(examination.identity, [each for each in examination.cases if each.mailbox not in own]),
            unmeasured=excluded.told if excluded else None,
        )
        history = self.staff.told(self.sending.told(history, examination, keyed), examination, keyed)
        return self.surveys.told(self.declared.told(history, examination, keyed), examination)

    def learn(
        self, examination: Examination, keyed: Keyed, decision: Decision, opened: dict[str, int], notices: Sequence[tuple[Notice, str]]
    ) -> Sequence[tuple[str, int]]:
        """Make a decision part of what the following messages see.

        `opened`: reference -> provisional id of a case; `notices`: each that is really written, with the hash of its Message-ID.
        Returns (hash, provisional id) for each Message-ID of an old thread that leads to a new case from now on.
        """
        verdict = decision.verdict
        continued = self._continued(keyed, verdict, opened) if opened and verdict.follow_up_of else ()
        for case, (reference, case_id) in zip(verdict.opens, opened.items(), strict=True):
            self._cases[case_id] = ThreadCase(
                case_id, reference, case.division, case.mailbox, keyed.correspondent or "", examination.envelope.received_at,
                audience=case.audience, kind=case.kind, standard=case.standard,
            )  # fmt: skip
            self._further[case_id] = keyed.further
            self._references[reference] = case_id
        for case_id in verdict.answers:
            if case_id in self._cases:
                self._cases[case_id] = replace(self._cases[case_id], responded_at=examination.envelope.received_at)
        for case_id, reopened in (*((each.case_id, True) for each in verdict.reopens), *((each, False) for each in verdict.answers_again)):
            self._cases[case_id] = replace(self._cases[case_id], reopened=reopened)
        cases = [*opened.values(), *verdict.follow_up_of, *verdict.answers]
        if not cases and keyed.own not in self._threads:
            self.excluded.learn(examination, keyed)
        self._threads.setdefault(keyed.own, []).extend(cases or [None])
        for written, hash_ in notices:
            self._own_notices.add(hash_)
            self._threads.setdefault(hash_, []).extend(opened.values() if written.speaks_to_inquirer else ())
        for hash_, case_id in continued:
            self._threads[hash_].append(case_id)
        self.sending.learn(examination, keyed, verdict, [each for each, _ in notices])
        self.staff.learn(examination, decision)
        return continued

    def _continued(self, keyed: Keyed, verdict: Verdict, opened: dict[str, int]) -> Sequence[tuple[str, int]]:
        """An inquirer takes up an old matter again, and it is a new case: who goes on in the old thread then follows up the new one."""
        found: list[tuple[str, int]] = []
        for case, case_id in zip(verdict.opens, opened.values(), strict=True):
            same = (each for each in verdict.follow_up_of if self._cases[each].is_of(case.mailbox))
            old = {each for each in same if not self._inquirer(each).isdisjoint(keyed.senders)}
            leading = (each for each in keyed.thread if not old.isdisjoint(self._threads.get(each, ())))
            found += [(each, case_id) for each in leading if self.has_room(each)]
        return found

    def learn_measured(self, excluded: Excluded, answer: Examination, keyed: Keyed, cases: dict[str, tuple[int, Case]]) -> None:
        """An answer gave excluded mail its cases. `cases`: reference -> provisional id and case."""
        for reference, (case_id, case) in cases.items():
            self._cases[case_id] = ThreadCase(
                case_id, reference, case.division, case.mailbox, "", excluded.received_at, answer.envelope.received_at,
                audience=case.audience, kind=case.kind, standard=case.standard,
            )  # fmt: skip
            self._further[case_id] = frozenset(excluded.senders)
            self._references[reference] = case_id
            self._threads.setdefault(excluded.own, []).append(case_id)
            self._threads.setdefault(keyed.own, []).append(case_id)
        self.excluded.forget(excluded)

    def has_room(self, hash_: str) -> bool:
        """Whether one more message may be kept under this Message-ID."""
        return len(self._threads.get(hash_, ())) < THREAD_ENTRIES

    def _thread_cases(self, examination: Examination, keyed: Keyed) -> tuple[ThreadCase, ...]:
        """Nearest first, and of one Message-ID the newest, as they stood when the message was received. Anybody may write into a thread;
        a reference in the subject counts only between the correspondent and us, and so does everything outbound."""
        by_thread = [case_id for hash_ in keyed.thread for case_id in self._newest_first(hash_)]
        by_reference = [self._references[each] for each in examination.subject_references if each in self._references]
        concerns = keyed.senders | keyed.recipients
        found: dict[int, ThreadCase] = {}
        for case_id in (*by_thread, *by_reference):
            case = self._cases[case_id]
            by_anybody = examination.envelope.direction == "inbound" and case_id in by_thread
            inquirer = self._inquirer(case_id)
            if by_anybody or not inquirer.isdisjoint(concerns):
                found[case_id] = _as_of(examination.envelope.received_at, replace(case, from_inquirer=not inquirer.isdisjoint(keyed.senders)))
        return tuple(found.values())

    def _newest_first(self, hash_: str) -> list[int]:
        found = (each for each in self._threads.get(hash_, ()) if each is not None)
        return sorted(found, key=lambda case_id: self._cases[case_id].opened_at, reverse=True)

    def _inquirer(self, case_id: int) -> frozenset[str]:
        """Hashes of the inquirer's addresses."""
        return self._further.get(case_id, frozenset()) | {self._cases[case_id].correspondent} - {""}

    def free_reference(self, identity: str, case: Case) -> str:
        """One that no case has."""
        return self._free_references(identity, [case])[case.mailbox]

    def _free_references(self, identity: str, cases: Iterable[Case]) -> dict[str, str]:
        free: dict[str, str] = {}
        for case in cases:
            of_case = (identity, case.mailbox, case.reference_prefix)
            for reference in chain(self._candidates.get(of_case, ()), candidates(self._key, *of_case)):
                if reference not in self._probed:  # all short ones are taken: very rare, so one statement each will do
                    self._probe({reference})
                if reference not in self._references and reference not in free.values():
                    free[case.mailbox] = reference
                    break
        return free

    def _load_messages(self, identities: set[str]) -> None:
        found: dict[int, str] = {row.id: row.identity for row in _MESSAGES.rows(self._connection, identities=identities)}
        if not found:
            return
        self.messages = {identity: KnownMessage(row_id) for row_id, identity in found.items()}
        for row in _SIGHTINGS.rows(self._connection, messages=found):
            self.messages[found[row.message_id]].sightings.add(row.mailbox)
        for of_case in _MAILBOXES.rows(self._connection, messages=found):
            self.messages[found[of_case.message_id]].case_mailboxes.update((of_case.mailbox, *(of_case.moved_from or ())))
        for each in _ACKNOWLEDGEMENTS.rows(self._connection, messages=found):
            sent_at = each.settled_at if each.state == "sent" else None
            self.messages[found[each.message_id]].acknowledgement = KnownNotice(each.key, each.id, sent_at)

    def _load_threads(self, hashes: set[str]) -> None:
        for row in _THREADS.rows(self._connection, hashes=hashes):
            if row.id is not None:
                self._cases[row.id] = _thread_case(row)
            if row.notice_id is not None:
                self._own_notices.add(row.hash)
            self._threads.setdefault(row.hash, []).append(row.id)

    def _load_references(self, examinations: Sequence[tuple[Examination, Keyed]]) -> None:
        named = {reference for each, _ in examinations for reference in each.subject_references}
        for each, _ in examinations:
            for case in each.cases:
                of_case = (each.identity, case.mailbox, case.reference_prefix)
                self._candidates[of_case] = list(islice(candidates(self._key, *of_case), FIRST))
        self._probe(named.union(*self._candidates.values()))

    def _probe(self, references: set[str]) -> None:
        self._probed |= references
        if not references:
            return
        for row in _REFERENCES.rows(self._connection, references=references):
            self._cases.setdefault(row.id, _thread_case(row))
            self._references[row.reference] = row.id

    def _load_reopened(self) -> None:
        if self._cases:
            for case_id in _REOPENED.scalars(self._connection, cases=self._cases):
                self._cases[case_id] = replace(self._cases[case_id], reopened=True)

    def _load_further_addresses(self) -> None:
        if not self._cases:
            return
        for row in _FURTHER.rows(self._connection, cases=self._cases):
            self._further[row.id] = self._further.get(row.id, frozenset()) | {row.hash}


def _as_of(received_at: datetime, case: ThreadCase) -> ThreadCase:
    """Without an answer that is later than the message: the journal may bring an earlier answer back after a later one."""
    later = case.responded_at is not None and case.responded_at > received_at
    return replace(case, responded_at=None) if later else case


def _thread_case(row: Any) -> ThreadCase:
    return ThreadCase(
        row.id, row.reference, row.division, row.mailbox, row.correspondent or "", row.opened_at, row.responded_at,
        audience=row.audience, kind=row.kind, standard=row.standard, moved_from=tuple(row.moved_from or ()),
    )  # fmt: skip
