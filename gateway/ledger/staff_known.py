"""What the ledger knows of the staff who wrote the messages of one batch, and what the batch adds: findings, absences, disputes.

It counts and keeps; what follows is `judgement.warn`'s. People are keyed hashes here, too; an absence is a date that is deleted when
it has come, never a text or a reason. Set-wise, a fixed number of statements; none for a batch without mail from staff.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from itertools import count
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, func, insert, or_, select, update

from gateway.judgement.staff_verdict import KnownFinding, StaffHistory, StaffVerdict
from gateway.judgement.verdict import Examination, History
from gateway.judgement.warn import LOOKS_BACK
from gateway.ledger import outbox_rows
from gateway.ledger.keyed import Keyed
from gateway.ledger.pseudonym import Pseudonyms
from gateway.ledger.records import Decision
from gateway.ledger.refused_recipients import refused_among
from gateway.ledger.tables import absence, finding, notice, thread
from gateway.ledger.warnings_known import WarningsKnown, free

MOST_FINDINGS = 64
"""Of one person, of those told of and of those not: more than any policy may count (`policy.warn_after`)."""

TOLD_BACK = timedelta(days=400)
"""How far back what was told matters; what is erased earlier (`keep: findings`) is gone earlier."""

WITHOUT_A_DATE = timedelta(days=1)
"""How long somebody counts as away whose reply names no return."""

CITY = "city"
"""Stands where a finding names its division, if the person belongs to none."""

Moment = Callable[[Examination], datetime]

_PERSONS: Any = bindparam("persons", expanding=True)
_ABSENCES = select(absence).where(absence.c.person.in_(_PERSONS))
_RANKED = (
    select(
        finding,
        func.row_number().over(partition_by=(finding.c.person, finding.c.told_at.is_(None)), order_by=finding.c.id.desc()).label("rank"),
    )
    .where(
        finding.c.person.in_(_PERSONS),
        finding.c.at > bindparam("told_since", type_=finding.c.at.type),
        or_(finding.c.told_at.is_not(None), finding.c.disputed_at.is_not(None), finding.c.at > bindparam("since", type_=finding.c.at.type)),
    )
    .subquery()
)
_FINDINGS = select(_RANKED).where(_RANKED.c.rank <= MOST_FINDINGS).order_by(_RANKED.c.id)
_CAUSED = select(notice.c.id, notice.c.message_id, notice.c.key, notice.c.kind, notice.c.state, notice.c.due_at, notice.c.lease_token).where(
    or_(
        notice.c.id.in_(bindparam("warnings", expanding=True)),
        and_(notice.c.message_id.in_(bindparam("messages", expanding=True)), notice.c.kind == "cover"),
    )
)
_ANSWERED = select(thread.c.hash, thread.c.notice_id).where(thread.c.hash.in_(bindparam("hashes", expanding=True)), thread.c.notice_id.is_not(None))
_TOLD_OF = select(finding).where(finding.c.notice_id.in_(bindparam("warnings", expanding=True)), finding.c.told_at.is_not(None))
_FINDING = insert(finding)
_TOLD_ELSEWHERE = (
    update(finding)
    .where(finding.c.id == bindparam("which"))
    .values(told_at=bindparam("when", type_=finding.c.told_at.type), notice_id=bindparam("warning"))
)
_MENDED = update(finding).where(finding.c.id == bindparam("which")).values(mended_at=bindparam("when", type_=finding.c.mended_at.type))
_DISPUTED = update(finding).where(finding.c.id == bindparam("which")).values(disputed_at=bindparam("when", type_=finding.c.disputed_at.type))


@dataclass(frozen=True, slots=True)
class _Absence:
    until: datetime
    alternates: frozenset[str]
    inside_named: bool | None


class StaffKnown:
    """One batch's view: loaded once, asked before each decision, told of each, written at the end."""

    def __init__(self, pseudonyms: Pseudonyms, moment: Moment) -> None:
        self._pseudonyms = pseudonyms
        self._moment = moment
        self._absences: dict[str, _Absence] = {}
        self._findings: dict[str, list[KnownFinding]] = {}
        self._disputable: dict[str, list[KnownFinding]] = {}
        self._provisional = count(-1, -1)
        self._rows: dict[int, dict[str, Any]] = {}
        self._mended: dict[int, datetime] = {}
        self._disputed: dict[int, datetime] = {}
        self._withdrawn: dict[str, datetime] = {}
        self._told: dict[int, tuple[datetime | None, str | None]] = {}
        self._warnings = WarningsKnown()
        self._refused: frozenset[str] = frozenset()
        self._changed_absences: set[str] = set()
        self._latest: datetime | None = None

    @classmethod
    def load(cls, connection: Connection, examinations: Sequence[tuple[Examination, Keyed]], pseudonyms: Pseudonyms, moment: Moment) -> StaffKnown:
        """`moment`: when a message is decided, aware."""
        known = cls(pseudonyms, moment)
        concerned = [(each, keyed) for each, keyed in examinations if each.staff or each.says_mistake]
        if not concerned:
            return known
        moments = [moment(each) for each, _ in concerned]
        known._latest = max(moments)
        persons = {person for each, _ in concerned if (person := known._person(each))}
        contacts = {hash_ for each, _ in concerned for hash_ in known._contacts(each).values()}
        known._refused = refused_among(connection, contacts, known._latest)
        known._warnings = WarningsKnown.load(connection, persons, min(moments))
        for row in connection.execute(_ABSENCES, {"persons": list(persons | contacts)}):
            known._absences[row.person] = _Absence(row.until, frozenset(row.alternates), row.contact_inside)
        span = {"since": min(moments) - LOOKS_BACK, "told_since": min(moments) - TOLD_BACK}
        known._keep(connection, connection.execute(_FINDINGS, {"persons": list(persons), **span}).all())
        known._load_disputable(connection, {hash_ for each, keyed in concerned if each.says_mistake for hash_ in keyed.thread})
        return known

    def told(self, history: History, examination: Examination, keyed: Keyed) -> History:
        """With what is known of the writer at this moment of the batch."""
        if not (examination.staff or examination.says_mistake):
            return history
        now, person = self._moment(examination), self._person(examination)
        contacts = {address: hash_ for address, hash_ in self._contacts(examination).items() if hash_ != person}
        away = {address: there for address, hash_ in contacts.items() if (there := self._absences.get(hash_)) and there.until > now}
        own = self._absences.get(person or "")
        staff = StaffHistory(
            findings=tuple(self._findings.get(person or "", ())),
            away=frozenset(away),
            naming_back=frozenset(address for address, there in away.items() if person in there.alternates),
            inside_named=own.inside_named if own and own.until > now else None,
            refused=frozenset(address for address, hash_ in contacts.items() if hash_ in self._refused),
            waiting=self._warnings.waiting(person),
            last_warned=self._warnings.last(person),
            disputable=tuple(each for hash_ in keyed.thread for each in self._disputable.get(hash_, ())) if examination.says_mistake else (),
        )
        return replace(history, staff=staff)

    def learn(self, examination: Examination, decision: Decision) -> None:
        """Make a decision part of what the following messages see, and of what is written."""
        verdict = decision.verdict.staff
        if verdict is None or verdict.why == "seen-before":
            return
        at, person = self._moment(examination), self._person(examination)
        self._withdrawn |= dict.fromkeys(verdict.withdrawn, at)
        self._mended |= dict.fromkeys(verdict.mended, at)
        self._disputed |= dict.fromkeys(verdict.disputed, at)
        warning = next((each.key for each in decision.notices if each.kind == "warning"), None)
        self._told |= dict.fromkeys(verdict.untold, (None, None)) | dict.fromkeys(verdict.carried, (verdict.not_before, warning))
        if verdict.withdrawn or verdict.mended or verdict.disputed:
            self._findings = {each: [self._changed(one, verdict) for one in known] for each, known in self._findings.items()}
        if person is None or examination.staff is None:
            return
        self._warnings.learn(person, verdict, decision.notices)
        caused = tuple((each.key, True) for each in decision.notices if each.kind in ("warning", "cover"))
        for found in verdict.findings:
            told_at = verdict.not_before if found.kind in verdict.told else None
            received_at = examination.envelope.received_at
            known = KnownFinding(next(self._provisional), found.kind, received_at, told_at, notices=caused if told_at else ())
            self._findings.setdefault(person, []).append(known)
            row = {"person": person, "division": examination.staff.division or CITY, "kind": found.kind, "detail": list(found.detail)}
            self._rows[known.finding_id] = {**row, "identity": examination.identity, "at": received_at}
            self._told[known.finding_id] = (told_at, warning if told_at else None)
        if not examination.staff.shared and not examination.envelope.is_history and not _lies_ahead(examination):
            self._learn_absence(examination, person)

    def write(self, connection: Connection, message_ids: Mapping[str, int | None], notice_ids: Mapping[str, int]) -> None:
        """`message_ids`: identity -> row of each message of the batch; `notice_ids`: key -> row of each notice it wrote."""
        if self._latest is None:
            return
        told = {each: {"when": at, "warning": notice_ids.get(key or "")} for each, (at, key) in self._told.items()}
        for provisional, row in self._rows.items():
            row["message_id"] = message_ids[row.pop("identity")]
            by = told.pop(provisional)
            row["told_at"], row["notice_id"] = by["when"], by["warning"]
            row["mended_at"], row["disputed_at"] = self._mended.pop(provisional, None), self._disputed.pop(provisional, None)
        if self._rows:
            connection.execute(_FINDING, list(self._rows.values()))
        if told:
            connection.execute(_TOLD_ELSEWHERE, [{"which": each, **by} for each, by in told.items()])
        for statement, marked in ((_MENDED, self._mended), (_DISPUTED, self._disputed)):
            if marked:
                connection.execute(statement, [{"which": each, "when": at} for each, at in marked.items()])
        if self._withdrawn:
            outbox_rows.withdraw(connection, max(self._withdrawn.values()), tuple(self._withdrawn))
        self._write_absences(connection)

    def _write_absences(self, connection: Connection) -> None:
        """With it goes whatever absence is over: the date is kept until it has come."""
        gone = absence.c.until <= self._latest
        connection.execute(delete(absence).where(or_(gone, absence.c.person.in_(self._changed_absences)) if self._changed_absences else gone))
        rows = [
            {"person": person, "until": there.until, "alternates": sorted(there.alternates), "contact_inside": there.inside_named}
            for person in self._changed_absences
            if (there := self._absences.get(person)) is not None
        ]
        if rows:
            connection.execute(insert(absence), rows)

    def _learn_absence(self, examination: Examination, person: str) -> None:
        """Who writes in person is back, whatever the last reply said; whose return date has passed only forgot to switch it off."""
        said, at = examination.out_of_office, examination.envelope.received_at
        if not said.is_ooo:
            if not examination.automatic.is_automatic and person in self._absences:
                del self._absences[person]
                self._changed_absences.add(person)
            return
        until = at + WITHOUT_A_DATE
        if said.return_date is not None:
            until = datetime.combine(said.return_date, time(0), examination.local_zone or at.tzinfo)
        self._changed_absences.add(person)
        earlier = self._absences.get(person)
        if until <= at:
            self._absences.pop(person, None)
            return
        named = bool(said.names_alternate) if said.names_alternate is not None else None
        inside = (earlier.inside_named if earlier else None) if examination.goes_outside else named
        self._absences[person] = _Absence(until, frozenset(self._contacts(examination).values()), inside)

    def _changed(self, one: KnownFinding, verdict: StaffVerdict) -> KnownFinding:
        notices = tuple((key, waits and key not in verdict.withdrawn) for key, waits in one.notices)
        told_at = one.told_at
        if one.finding_id in (*verdict.untold, *verdict.carried):
            told_at, warning = self._told[one.finding_id]
            notices = (*((key, waits) for key, waits in notices if key not in verdict.withdrawn), *(((warning, True),) if warning else ()))
        mended, disputed = one.finding_id in self._mended, one.finding_id in self._disputed
        return replace(one, told_at=told_at, mended=one.mended or mended, disputed=one.disputed or disputed, notices=notices)

    def _load_disputable(self, connection: Connection, hashes: set[str]) -> None:
        answered = connection.execute(_ANSWERED, {"hashes": list(hashes)}).all() if hashes else ()
        if not answered:
            return
        rows = connection.execute(_TOLD_OF, {"warnings": [row.notice_id for row in answered]}).all()
        found = self._known(connection, rows)
        for row in answered:
            told = (one for each, one in zip(rows, found, strict=True) if each.notice_id == row.notice_id)
            self._disputable.setdefault(row.hash, []).extend(told)

    def _keep(self, connection: Connection, rows: Sequence[Any]) -> None:
        for row, one in zip(rows, self._known(connection, rows), strict=True):
            self._findings.setdefault(row.person, []).append(one)

    def _known(self, connection: Connection, rows: Sequence[Any]) -> list[KnownFinding]:
        told = [row for row in rows if row.told_at is not None]
        by_notice: dict[int, list[tuple[str, bool]]] = {}
        by_message: dict[int, list[tuple[str, bool]]] = {}
        asked = {"warnings": [row.notice_id for row in told if row.notice_id], "messages": [row.message_id for row in told]}
        for row in connection.execute(_CAUSED, asked) if told else ():
            place = by_notice.setdefault(row.id, []) if row.kind == "warning" else by_message.setdefault(row.message_id, [])
            place.append((row.key, free(row, self._latest or row.due_at)))
        return [_finding(row, (*by_notice.get(row.notice_id, ()), *by_message.get(row.message_id, ()))) for row in rows]

    def _person(self, examination: Examination) -> str | None:
        return self._pseudonyms.of_address(examination.staff.address) if examination.staff else None

    def _contacts(self, examination: Examination) -> dict[str, str]:
        """Address that an automatic reply of staff offers -> its hash."""
        if examination.staff is None or not examination.out_of_office.is_ooo:
            return {}
        addresses = (each.email for each in examination.out_of_office.alternates if each.email)
        return {address: hash_ for address in addresses if (hash_ := self._pseudonyms.of_address(address))}


def _lies_ahead(examination: Examination) -> bool:
    """An automatic reply that is ready for an absence to come: nobody is away yet."""
    begins = examination.message.date
    return examination.envelope.measured_only == "configured-reply" and begins is not None and begins > examination.envelope.received_at


def _finding(row: Any, caused: Iterable[tuple[str, bool]]) -> KnownFinding:
    notices = tuple(caused) if row.told_at is not None else ()
    return KnownFinding(row.id, row.kind, row.at, row.told_at, row.mended_at is not None, row.disputed_at is not None, notices)
