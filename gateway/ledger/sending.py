"""What the ledger knows of acknowledgements that were sent, refused or held back, as far as it bears on those of one batch.

Caps, breakers, the stop after a refusal, and division mailboxes that answer by themselves. It counts; what follows is `judgement.judge`'s.
Set-wise, a fixed number of statements for each moment of deciding: live, a batch has one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection, bindparam, func, select

from gateway import telemetry
from gateway.judgement.reasons import NO_SMTPUTF8
from gateway.judgement.verdict import Double, Examination, History, Verdict
from gateway.ledger import alerts, spans
from gateway.ledger.alerts import Alert
from gateway.ledger.breakers import Breakers
from gateway.ledger.keyed import Keyed
from gateway.ledger.prepared import Query
from gateway.ledger.records import Notice
from gateway.ledger.sending_windows import SendingWindows
from gateway.ledger.tables import notice
from gateway.policy.model import Caps

STOP_AFTER_REFUSAL = timedelta(days=7)
"""No acknowledgement to a correspondent for so long after the notices hop refused one for good (RFC 5321 §4.2.1: do not repeat it)."""

DOUBLE_WITHIN = timedelta(days=1)
"""An automatic reply of a division's mailbox, so soon after our acknowledgement for it, acknowledges a second time."""

Moment = Callable[[Examination], datetime]

log = structlog.get_logger()

_ACKNOWLEDGES = notice.c.kind == "acknowledgement"
_BY_THE_ADDRESS = notice.c.last_problem.is_distinct_from(NO_SMTPUTF8)
"""What our own next hop lacks may be there tomorrow."""
_COUNTS = notice.c.state.in_(("waiting", "sent"))
_SINCE = notice.c.created_at > bindparam("since", type_=notice.c.created_at.type)
_TO = notice.c.correspondent.in_(bindparam("correspondents", expanding=True))
_IN_SPANS = spans.span_of(notice.c.created_at).in_(bindparam("spans", expanding=True))

_SENT_TO = Query(
    # `until`: rows that a wrong clock dated into the future do not count for ever
    select(notice.c.correspondent, func.count().label("sent"))
    .where(_IN_SPANS, _TO, _ACKNOWLEDGES, _COUNTS, _SINCE, notice.c.created_at <= bindparam("until"))
    .group_by(notice.c.correspondent)
)
_REFUSED = Query(
    select(notice.c.correspondent, func.max(notice.c.settled_at, type_=notice.c.settled_at.type).label("at"))
    .where(_TO, _ACKNOWLEDGES, notice.c.state == "refused", _BY_THE_ADDRESS, notice.c.settled_at > bindparam("since"))
    .group_by(notice.c.correspondent)
)
_ACKNOWLEDGED_FOR = Query(select(notice.c.correspondent, notice.c.mailbox).where(_IN_SPANS, _TO, _ACKNOWLEDGES, _COUNTS, _SINCE).distinct())


class Sending:
    """One batch's view: loaded once, asked before each decision, told of each."""

    def __init__(self, caps: Caps, moment: Moment, windows: SendingWindows, breakers: Breakers) -> None:
        self._span = caps.correspondent[1] if caps.correspondent else timedelta(0)
        self._moment = moment
        self._windows = windows
        self._breakers = breakers
        self._sent_to: dict[tuple[str, datetime], int] = {}
        self._sent_in_batch: dict[str, list[datetime]] = {}
        self._refused: dict[str, datetime] = {}
        self._acknowledged_for: dict[str, set[str]] = {}
        self._doubles: list[tuple[Double, datetime]] = []

    @classmethod
    def load(cls, connection: Connection, examinations: Sequence[tuple[Examination, Keyed]], caps: Caps, moment: Moment) -> Sending:
        """`moment`: when a message is decided, aware."""
        asking = [(each, keyed) for each, keyed in examinations if each.is_inquiry]
        moments = [moment(each) for each, _ in asking]
        earliest = min(moments, default=None)
        # Without an inquiry nothing is sent, and no window is asked.
        domains = [keyed.domain for each, keyed in asking if not each.shared_domain]
        windows = SendingWindows.load(connection, caps, domains, earliest, len(asking)) if earliest else SendingWindows(None, {})
        mailboxes = {(case.mailbox, moment(each)) for each, _ in asking for case in each.cases}
        sending = cls(caps, moment, windows, Breakers.load(connection, caps.breaker, mailboxes))
        sending._load_sent(connection, ((keyed.correspondent, moment(each)) for each, keyed in asking if keyed.correspondent))
        if earliest:
            sending._load_refused(connection, {keyed.correspondent for _, keyed in asking if keyed.correspondent}, earliest)
        sending._load_acknowledged_for(connection, examinations)
        return sending

    def told(self, history: History, examination: Examination, keyed: Keyed) -> History:
        """The history with all that is counted here."""
        if examination.envelope.direction == "outbound" and examination.automatic.is_automatic:
            mailboxes = (self._acknowledged_for.get(each or "", ()) for each in keyed.recipients)
            history = replace(history, acknowledged_for=frozenset(mailbox for each in mailboxes for mailbox in each))
        if not examination.is_inquiry:
            return history
        moment = self._moment(examination)
        slot = self._windows.place(_capped_domain(examination, keyed), moment)
        refused_at = self._refused.get(keyed.correspondent or "")
        return replace(
            history,
            acknowledgements_to_correspondent=self._sent_to_correspondent(keyed.correspondent, moment) if keyed.correspondent else 0,
            refused_lately=refused_at is not None and refused_at > moment - STOP_AFTER_REFUSAL,
            tripped=self._breakers.tripped((each.mailbox for each in examination.cases), moment),
            not_before=slot.at if slot.because else None,
            delayed_by=slot.because,
        )

    def learn(self, examination: Examination, keyed: Keyed, verdict: Verdict, notices: Sequence[Notice]) -> None:
        """Make a decision part of what the following messages see. `notices`: those that it really brought."""
        moment = self._moment(examination)
        if verdict.double:
            self._doubles.append((verdict.double, moment))
        lead = verdict.acknowledgement.lead
        if lead and verdict.acknowledgement.reason == "breaker":
            self._breakers.want(lead.mailbox, lead.division, moment, held=True)
        for each in notices:
            if each.kind == "acknowledgement":
                self._windows.take(_capped_domain(examination, keyed), each.not_before)
                self._breakers.want(each.mailbox, each.division, moment, held=False)
                if keyed.correspondent:
                    self._sent_in_batch.setdefault(keyed.correspondent, []).append(moment)
                    self._acknowledged_for.setdefault(keyed.correspondent, set()).add(each.mailbox)

    def write(self, connection: Connection) -> None:
        """What the batch changed besides its notices."""
        self._breakers.write(connection)
        if self._doubles:
            _report_doubles(connection, self._doubles)

    def _sent_to_correspondent(self, correspondent: str, moment: datetime) -> int:
        in_batch = self._sent_in_batch.get(correspondent, ())
        return self._sent_to.get((correspondent, moment), 0) + sum(at > moment - self._span for at in in_batch)

    def _load_sent(self, connection: Connection, wanted: Iterable[tuple[str, datetime]]) -> None:
        together: dict[datetime, set[str]] = {}
        for correspondent, moment in wanted:
            together.setdefault(moment, set()).add(correspondent)
        for moment, correspondents in together.items():
            since, until = moment - self._span, moment + self._span
            rows = _SENT_TO.rows(connection, correspondents=correspondents, since=since, until=until, spans=spans.between(since, until))
            self._sent_to |= {(row.correspondent, moment): row.sent for row in rows}

    def _load_refused(self, connection: Connection, correspondents: set[str], earliest: datetime) -> None:
        if correspondents:
            rows = _REFUSED.rows(connection, correspondents=correspondents, since=earliest - STOP_AFTER_REFUSAL)
            self._refused = {row.correspondent: row.at for row in rows}

    def _load_acknowledged_for(self, connection: Connection, examinations: Sequence[tuple[Examination, Keyed]]) -> None:
        """Only for what machines send outward: nothing else can be a second acknowledgement."""
        replies = [(each, keyed) for each, keyed in examinations if each.envelope.direction == "outbound" and each.automatic.is_automatic]
        recipients = {hash_ for _, keyed in replies for hash_ in keyed.recipients if hash_}
        if not recipients:
            return
        moments = [self._moment(each) for each, _ in replies]
        since, until = min(moments) - DOUBLE_WITHIN, max(moments) + DOUBLE_WITHIN
        for row in _ACKNOWLEDGED_FOR.rows(connection, correspondents=recipients, since=since, spans=spans.between(since, until)):
            self._acknowledged_for.setdefault(row.correspondent, set()).add(row.mailbox)


def _capped_domain(examination: Examination, keyed: Keyed) -> str | None:
    return None if examination.shared_domain else keyed.domain


def _report_doubles(connection: Connection, doubles: Sequence[tuple[Double, datetime]]) -> None:
    before = alerts.of_mailboxes(connection, "double-acknowledgement", sorted({each.mailbox for each, _ in doubles}))
    raised = dict(before)
    for found, moment in doubles:
        new = Alert(found.mailbox, "double-acknowledgement", found.division, moment, moment, 0)
        earlier = raised.get(found.mailbox, new)
        if moment - earlier.last_at >= alerts.DOUBLE_SHOWN_FOR or not earlier.times:
            said = "the division's mailbox answers automatically, too; switch one of them off"
            log.warning("double-acknowledgement", division=found.division, said=said)
        raised[found.mailbox] = replace(earlier, times=earlier.times + 1, last_at=moment)
        telemetry.DOUBLES.labels(found.division).inc()
    alerts.write(connection, list(raised.values()), {(each, "double-acknowledgement") for each in before})
