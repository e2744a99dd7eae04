"""What the ledger knows for surveys in one batch, and what the batch adds: whom one may ask, which codes were used, what was rated.

A rating becomes a count of its month, and a code a hash without the time of its use: nothing ties one to the other, or to a person.
Set-wise, a fixed number of statements; none for a batch without answers by staff or to surveys.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from gateway.judgement.survey_verdict import Askable, Refused
from gateway.judgement.verdict import Examination, History, ThreadCase
from gateway.ledger import spans
from gateway.ledger.keyed import Keyed
from gateway.ledger.pseudonym import Pseudonyms
from gateway.ledger.records import Decision
from gateway.ledger.tables import message, notice, service_case, survey_code, survey_person, survey_result

REFUSED_FOR = timedelta(days=7)
"""After a mail of ours was refused for good nobody is asked at that address."""

CAP_SPAN = timedelta(days=1)
"""Within which mails to one person are counted."""

ASKED_KEPT = timedelta(days=400)
"""The moment somebody was asked is erased after it; longer spans (`per_person`) are not kept."""

Outcome = Literal["counted", "opted-out", "used"] | Refused
"""What became of an answer."""

Moment = Callable[[Examination], datetime]

_CASES = (
    select(service_case.c.id, service_case.c.correspondent, service_case.c.confidential, message.c.reason, message.c.language)
    .join(message, message.c.id == service_case.c.message_id)
    .where(service_case.c.id.in_(bindparam("cases", expanding=True)))
)
_PERSONS = select(survey_person).where(survey_person.c.person.in_(bindparam("persons", expanding=True)))
_WRITTEN_TO = (
    select(
        notice.c.correspondent,
        func.count().filter(notice.c.created_at > bindparam("day", type_=notice.c.created_at.type)).label("lately"),
        func.count().filter(notice.c.state == "refused").label("refused"),
    )
    .where(
        spans.span_of(notice.c.created_at).in_(bindparam("spans", expanding=True)),
        notice.c.correspondent.in_(bindparam("persons", expanding=True)),
        notice.c.created_at > bindparam("since", type_=notice.c.created_at.type),
        notice.c.kind.in_(("acknowledgement", "survey")),
    )
    .group_by(notice.c.correspondent)
)
_USED = select(survey_code.c.code).where(survey_code.c.code.in_(bindparam("codes", expanding=True)))
_ONE_MORE = (
    update(survey_result)
    .where(
        survey_result.c.division == bindparam("of_division"),
        survey_result.c.survey == bindparam("of_survey"),
        survey_result.c.month == bindparam("of_month"),
        survey_result.c.rating == bindparam("of_rating"),
    )
    .values(answers=survey_result.c.answers + bindparam("more"))
)


@dataclass(slots=True)
class _Person:
    asked_at: datetime | None = None
    opted_out_at: datetime | None = None
    written_to: int = 0
    refused: bool = False
    changed: bool = False


class SurveyKnown:
    """One batch's view: loaded once, asked before each decision, told of each, written at the end."""

    def __init__(self, pseudonyms: Pseudonyms, moment: Moment) -> None:
        self._pseudonyms = pseudonyms
        self._moment = moment
        self._cases: dict[int, Any] = {}
        self._persons: dict[str, _Person] = {}
        self._used: set[str] = set()
        self._codes: dict[str, datetime] = {}
        self._ratings: Counter[tuple[str, str, str, int]] = Counter()
        self._outcomes: dict[str, Outcome] = {}

    @classmethod
    def load(
        cls,
        connection: Connection,
        examinations: Sequence[tuple[Examination, Keyed]],
        cases: Mapping[int, ThreadCase],
        pseudonyms: Pseudonyms,
        moment: Moment,
    ) -> SurveyKnown:
        """`cases`: all that the batch may concern; `moment`: when a message is decided, aware."""
        known = cls(pseudonyms, moment)
        recipients = {hash_ for each, keyed in examinations if _may_answer(each) for hash_ in keyed.recipients}
        concerned = [case_id for case_id, case in cases.items() if case.correspondent in recipients and case.responded_at is None]
        replies = [each.survey_reply for each, _ in examinations if each.survey_reply]
        persons = {reply.opt_out for reply in replies if reply.opt_out}
        if concerned:
            known._cases = {row.id: row for row in connection.execute(_CASES, {"cases": concerned})}
            persons |= {row.correspondent for row in known._cases.values()}
        if persons:
            known._load_persons(connection, persons, min(moment(each) for each, _ in examinations))
        if codes := [each for reply in replies if reply.code for each in known._hashes(reply.code.code)]:
            known._used = set(connection.execute(_USED, {"codes": codes}).scalars())
        return known

    def told(self, history: History, examination: Examination) -> History:
        """With whom a survey might ask, should this message answer them."""
        if not self._cases or not _may_answer(examination):
            return history
        found = [self._askable(case, examination) for case in history.thread_cases if not case.from_inquirer and case.responded_at is None]
        return replace(history, askable=tuple(each for each in found if each is not None))

    def learn(self, examination: Examination, decision: Decision) -> None:
        """Of a message that was not recorded before."""
        for each in decision.notices:
            if each.kind == "survey" and (person := self._pseudonyms.of_address(each.rcpt_to)):
                known = self._persons.setdefault(person, _Person())
                known.asked_at, known.changed, known.written_to = self._moment(examination), True, known.written_to + 1
        if examination.survey_reply:
            self._outcomes[examination.identity] = self._answered(examination)

    def outcome(self, identity: str) -> Outcome | None:
        """What became of an answer; None for every other message, and for one that was recorded before."""
        return self._outcomes.get(identity)

    def write(self, connection: Connection, now: datetime | None) -> None:
        """`now`: aware; None in a replay of old mail, where nothing is erased."""
        if self._codes:
            connection.execute(insert(survey_code), [{"code": code, "valid_until": until} for code, until in self._codes.items()])
        for (division, survey, month, rating), answers in self._ratings.items():
            place = {"division": division, "survey": survey, "month": month, "rating": rating}
            changed = connection.execute(_ONE_MORE, {f"of_{name}": value for name, value in place.items()} | {"more": answers})
            if not changed.rowcount:
                connection.execute(insert(survey_result), [{**place, "answers": answers}])
        changed_persons = {person: known for person, known in self._persons.items() if known.changed}
        if changed_persons:
            connection.execute(delete(survey_person).where(survey_person.c.person.in_(list(changed_persons))))
            rows = [{"person": person, "asked_at": each.asked_at, "opted_out_at": each.opted_out_at} for person, each in changed_persons.items()]
            connection.execute(insert(survey_person), rows)
        if now is not None and (self._codes or changed_persons):
            connection.execute(delete(survey_code).where(survey_code.c.valid_until < now))
            connection.execute(delete(survey_person).where(survey_person.c.opted_out_at.is_(None), survey_person.c.asked_at < now - ASKED_KEPT))

    def _answered(self, examination: Examination) -> Outcome:
        reply = examination.survey_reply
        assert reply is not None
        if reply.opt_out:
            known = self._persons.setdefault(reply.opt_out, _Person())
            known.opted_out_at, known.changed = known.opted_out_at or self._moment(examination), True
            return "opted-out"
        if reply.code is None or reply.rating is None:
            return reply.refused or "no-code"
        code, *under_old_keys = self._hashes(reply.code.code)
        if not self._used.isdisjoint((code, *under_old_keys)):
            return "used"
        self._used.add(code)
        self._codes[code] = reply.code.valid_until
        local = examination.envelope.received_at.astimezone(examination.local_zone)
        self._ratings[(*reply.code.asked, f"{local:%Y-%m}", reply.rating)] += 1
        return "counted"

    def _askable(self, case: ThreadCase, examination: Examination) -> Askable | None:
        """None for a case of this very batch: it would be asked in the second in which its inquiry arrived."""
        row = self._cases.get(case.case_id)
        to = next((each for each in examination.envelope.rcpt_to if self._pseudonyms.of_address(each) == case.correspondent), None)
        if row is None or to is None:
            return None
        known = self._persons.get(case.correspondent, _Person())
        return Askable(
            case_id=case.case_id, recipient=to, person=case.correspondent, language=row.language, reason=row.reason,
            confidential=row.confidential, asked_at=known.asked_at, opted_out=known.opted_out_at is not None,
            refused_lately=known.refused, written_to=known.written_to,
        )  # fmt: skip

    def _load_persons(self, connection: Connection, persons: set[str], now: datetime) -> None:
        for row in connection.execute(_PERSONS, {"persons": list(persons)}):
            self._persons[row.person] = _Person(row.asked_at, row.opted_out_at)
        looked_for = {"day": now - CAP_SPAN, "since": now - REFUSED_FOR, "spans": spans.between(now - REFUSED_FOR, now + CAP_SPAN)}
        for row in connection.execute(_WRITTEN_TO, {"persons": list(persons), **looked_for}):
            known = self._persons.setdefault(row.correspondent, _Person())
            known.written_to, known.refused = row.lately, bool(row.refused)

    def _hashes(self, code: str) -> tuple[str, ...]:
        return self._pseudonyms.under_all(lambda each: each.of_text(f"survey-code\0{code}"))


def _may_answer(examination: Examination) -> bool:
    return examination.envelope.direction == "outbound" and examination.from_staff and not examination.automatic.is_automatic
