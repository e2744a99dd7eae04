"""Each mailbox's breaker (`[caps] breaker`) in the ledger: how many acknowledgements an hour wanted, and which breakers are open.

When one opens and closes is `judgement.breaker`'s to say. Hours in which a breaker stood open never count as usual: they are
forgotten when it closes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import BindParameter, Connection, bindparam, delete, func, select, update

from gateway import telemetry
from gateway.judgement.breaker import REMEMBERED_HOURS, Demand, is_calm, trips
from gateway.ledger import alerts
from gateway.ledger.alerts import Alert
from gateway.ledger.prepared import Change, Query, Rows
from gateway.ledger.tables import mailbox_hour

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HOUR = timedelta(hours=1)

log = structlog.get_logger()

_WANTED, _AT = mailbox_hour.c.wanted, mailbox_hour.c.hour
_THIS: BindParameter[int] = bindparam("this_hour")
_BEFORE: BindParameter[int] = bindparam("hour_before")
_DEMANDS = Query(
    select(
        mailbox_hour.c.mailbox,
        func.sum(_WANTED).filter(_AT == _THIS).label("this_hour"),
        func.sum(_WANTED).filter(_AT == _BEFORE).label("hour_before"),
        func.coalesce(func.sum(_WANTED).filter(_AT < _BEFORE), 0).label("earlier"),
        func.count().filter(_AT < _BEFORE).label("active_hours"),
        func.min(_AT).label("first"),
    )
    .where(mailbox_hour.c.mailbox.in_(bindparam("mailboxes", expanding=True)), bindparam("since") < _AT, _AT <= _THIS)
    .group_by(mailbox_hour.c.mailbox)
)
_MORE = Change(
    update(mailbox_hour)
    .where(mailbox_hour.c.mailbox == bindparam("of_mailbox"), bindparam("of_hour") == _AT)
    .values(wanted=_WANTED + bindparam("more"))
)
_NEW = Rows(mailbox_hour)
_FORGET = delete(mailbox_hour).where(mailbox_hour.c.mailbox == bindparam("of_mailbox"), bindparam("from_hour") <= _AT)


@dataclass(slots=True)
class _Mailbox:
    """One mailbox in one clock hour of the batch."""

    demand: Demand
    written: bool
    """The ledger has a row for this hour."""
    more: int = 0
    """Wanted by the batch so far."""


class Breakers:
    """The breakers of the mailboxes of one batch, as the ledger has them and as the batch changes them."""

    def __init__(self, factor: float | None, mailboxes: dict[tuple[str, int], _Mailbox], open_ones: dict[str, Alert]) -> None:
        self._factor = factor
        self._mailboxes = mailboxes
        self._open = open_ones
        self._rows = set(open_ones)
        self._closed: dict[str, int] = {}

    @classmethod
    def load(cls, connection: Connection, factor: float | None, wanted: Iterable[tuple[str, datetime]]) -> Breakers:
        """`factor`: None for no breaker; `wanted`: mailboxes, each with an aware moment at which it may be asked for."""
        hours: dict[int, set[str]] = {}
        for mailbox, moment in wanted if factor is not None else ():
            hours.setdefault(_hour(moment), set()).add(mailbox)
        mailboxes: dict[tuple[str, int], _Mailbox] = {}
        for hour, named in hours.items():  # live, a batch has one hour
            mailboxes |= {(each, hour): found for each, found in _load_demands(connection, hour, named).items()}
        return cls(factor, mailboxes, alerts.of_mailboxes(connection, "breaker", sorted({each for each, _ in mailboxes})))

    def tripped(self, mailboxes: Iterable[str], moment: datetime) -> frozenset[str]:
        """Those of them that may not be acknowledged for at this moment."""
        return frozenset(each for each in mailboxes if self._is_open(each, moment))

    def want(self, mailbox: str, division: str, moment: datetime, *, held: bool) -> None:
        """The rules wanted one more acknowledgement for this mailbox; `held`: its breaker kept it back."""
        found = self._mailboxes.get((mailbox, _hour(moment)))
        if found is None or self._factor is None:
            return
        if held:
            limit = self._factor * self._demand(mailbox, moment).usual
            before = self._open.get(mailbox) or Alert(mailbox, "breaker", division, moment, moment, 0, limit)
            self._open[mailbox] = replace(before, times=before.times + 1, last_at=moment)
        found.more += 1

    def write(self, connection: Connection) -> None:
        """What the batch changed; says in log and metrics which breakers opened."""
        for mailbox, hour in self._closed.items():
            connection.execute(_FORGET, {"of_mailbox": mailbox, "from_hour": hour})
        alerts.clear(connection, "breaker", sorted(self._closed))
        changed = [(mailbox, hour, each) for (mailbox, hour), each in self._mailboxes.items() if each.more]
        if more := [{"of_mailbox": mailbox, "of_hour": hour, "more": each.more} for mailbox, hour, each in changed if each.written]:
            _MORE.each(connection, more)
        if new := [{"mailbox": mailbox, "hour": hour, "wanted": each.more} for mailbox, hour, each in changed if not each.written]:
            _NEW.write(connection, new)
        self._write_alerts(connection)

    def _write_alerts(self, connection: Connection) -> None:
        still = self._rows - set(self._closed)
        alerts.write(connection, list(self._open.values()), {(each, "breaker") for each in still})
        for mailbox in self._open.keys() - still:
            opened = self._open[mailbox]
            telemetry.BREAKER_TRIPS.labels(opened.division).inc()
            log.error(
                "breaker-open",
                division=opened.division,
                acknowledgements_an_hour=opened.hourly_limit,
                said="no acknowledgements for this division until its rate is usual again; gateway caps show",
            )

    def _is_open(self, mailbox: str, moment: datetime) -> bool:
        found = self._mailboxes.get((mailbox, _hour(moment)))
        if found is None or self._factor is None:
            return False
        opened, into_hour = self._open.get(mailbox), (moment - _EPOCH) % _HOUR / _HOUR
        if opened is None:
            return trips(self._demand(mailbox, moment), into_hour, self._factor)
        hours_open = (moment - opened.raised_at) / _HOUR
        if not is_calm(self._demand(mailbox, moment), into_hour, opened.hourly_limit or 0.0, hours_open):
            return True
        self._close(opened, found)
        return False

    def _demand(self, mailbox: str, moment: datetime) -> Demand:
        """With what the batch itself has wanted so far."""
        hour = _hour(moment)
        found, before = self._mailboxes[mailbox, hour], self._mailboxes.get((mailbox, hour - 1))
        loaded = found.demand
        return replace(loaded, this_hour=loaded.this_hour + found.more, hour_before=loaded.hour_before + (before.more if before else 0))

    def _close(self, opened: Alert, found: _Mailbox) -> None:
        del self._open[opened.mailbox]
        self._closed[opened.mailbox] = _hour(opened.raised_at)
        found.demand, found.written, found.more = replace(found.demand, this_hour=0, hour_before=0), False, 0
        log.info("breaker-closed", division=opened.division, held_back=opened.times)


def reset(connection: Connection, mailbox: str) -> bool:
    """A person closes the breaker: what came while it was open does not count. False when it was not open."""
    opened = alerts.of_mailboxes(connection, "breaker", [mailbox]).get(mailbox)
    if opened is None:
        return False
    # The hour before opened it with the hour it opened in; left there, it would open it again.
    connection.execute(_FORGET, {"of_mailbox": mailbox, "from_hour": _hour(opened.raised_at) - 1})
    return alerts.clear(connection, "breaker", [mailbox]) > 0


def demands(connection: Connection, mailboxes: Iterable[str], now: datetime) -> dict[str, Demand]:
    """How many acknowledgements each mailbox wants, for people who look."""
    return {mailbox: found.demand for mailbox, found in _load_demands(connection, _hour(now), set(mailboxes)).items()}


def open_breakers(connection: Connection, now: datetime) -> list[Alert]:
    """Those that are open at `now` (aware), also where no mail has come since that would close them."""
    rows = [each for each in alerts.every(connection) if each.slug == "breaker"]
    found = demands(connection, [each.mailbox for each in rows], now)
    into_hour = (now - _EPOCH) % _HOUR / _HOUR
    return [each for each in rows if not is_calm(found[each.mailbox], into_hour, each.hourly_limit or 0.0, (now - each.raised_at) / _HOUR)]


def _load_demands(connection: Connection, hour: int, mailboxes: set[str]) -> dict[str, _Mailbox]:
    found = {each: _Mailbox(Demand(), written=False) for each in mailboxes}
    if not found:
        return found
    for row in _DEMANDS.rows(connection, mailboxes=found, since=hour - REMEMBERED_HOURS, this_hour=hour, hour_before=hour - 1):
        demand = Demand(row.this_hour or 0, row.hour_before or 0, row.earlier, row.active_hours, hour - row.first)
        found[row.mailbox] = _Mailbox(demand, written=row.this_hour is not None)
    return found


def _hour(moment: datetime) -> int:
    return (moment - _EPOCH) // _HOUR
