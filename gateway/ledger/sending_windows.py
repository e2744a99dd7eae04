"""When an acknowledgement may leave under `[caps] domain` and `gateway`: its place in two sliding windows, kept in the ledger.

A cap of N in a span holds when each acknowledgement's place is at least a span after that of the N-th newest; so a window that is full
means a later place, never a refusal. What is too late to be useful is for the rules to say. Counts what is sent or waits; what was refused,
dropped or given up has no place any more. Where replicas decide at the same moment, each may take the same place: a cap is then
overshot by what one batch of the other holds.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

from sqlalchemy import Connection, bindparam, func, select

from gateway.ledger import dialect
from gateway.ledger.prepared import Query
from gateway.ledger.tables import notice
from gateway.policy.model import Caps

WindowName = Literal["domain-cap", "gateway-cap"]

_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_SINCE = notice.c.slot_at > bindparam("since", type_=notice.c.slot_at.type)

_COUNT = Query(select(func.count().label("places")).where(_SINCE))
_OLDEST = Query(select(notice.c.slot_at).where(_SINCE).order_by(notice.c.slot_at).limit(bindparam("room")).offset(bindparam("beyond_cap")))

_ASKED = dialect.listed("domains")
_NEARLY_FULL = Query(
    # Asked first, since mostly none is: to rank all that was sent to a domain takes twenty times as long.
    select(_ASKED.c.value).where(
        select(notice.c.slot_at)
        .where(notice.c.correspondent_domain == _ASKED.c.value, _SINCE)
        .order_by(notice.c.slot_at.desc())
        .limit(1)
        .offset(bindparam("passed_over"))
        .scalar_subquery()
        .is_not(None)
    )
)
_RANK = func.row_number().over(partition_by=notice.c.correspondent_domain, order_by=notice.c.slot_at.desc()).label("rank")
_RANKED = (
    select(notice.c.correspondent_domain, notice.c.slot_at, _RANK)
    .where(notice.c.correspondent_domain.in_(bindparam("domains", expanding=True)), _SINCE)
    .subquery()
)
_NEWEST_OF_DOMAINS = Query(
    select(_RANKED.c.correspondent_domain, _RANKED.c.slot_at).where(_RANKED.c.rank > bindparam("passed_over"), _RANKED.c.rank <= bindparam("cap"))
)


class Slot(NamedTuple):
    """A place in the windows. `because` names the cap that put it later than asked for; None when nothing did."""

    at: datetime
    because: WindowName | None = None


class _Window:
    """The N-th newest places of one count, oldest first: as many as one batch can come to need."""

    def __init__(self, cap: int, span: timedelta, batch: int, places: Sequence[datetime]) -> None:
        self._span = span
        # Fewer than N are known: there is room.
        missing = min(cap, batch) - len(places)
        self._oldest = [*[_LONG_AGO] * missing, *places]
        heapq.heapify(self._oldest)

    def free_at(self) -> datetime:
        nth_newest = self._oldest[0]
        return nth_newest + self._span if nth_newest > _LONG_AGO else _LONG_AGO

    def take(self, at: datetime) -> None:
        heapq.heapreplace(self._oldest, at)


class SendingWindows:
    """Both windows for one batch, as the ledger has them and as the batch fills them."""

    def __init__(self, of_gateway: _Window | None, of_domains: dict[str, _Window]) -> None:
        self._of_gateway = of_gateway
        self._of_domains = of_domains

    @classmethod
    def load(cls, connection: Connection, caps: Caps, domains: Iterable[str | None], earliest: datetime, batch: int) -> SendingWindows:
        """`domains`: hashes of those that are capped; `earliest` (aware): of the batch's moments; `batch`: acknowledgements it may take at most."""
        capped = {each for each in domains if each}
        return cls(
            _load_gateway(connection, *caps.gateway, earliest, batch) if caps.gateway and batch else None,
            _load_domains(connection, *caps.domain, capped, earliest, batch) if caps.domain and capped and batch else {},
        )

    def place(self, domain: str | None, wanted: datetime) -> Slot:
        """Where an acknowledgement that could leave at `wanted` would be put; takes nothing."""
        of_domain = self._of_domains.get(domain or "")
        free = [(window.free_at(), name) for window, name in ((of_domain, _DOMAIN), (self._of_gateway, _GATEWAY)) if window is not None]
        latest = max(free, default=(_LONG_AGO, _GATEWAY))
        return Slot(latest[0], latest[1]) if latest[0] > wanted else Slot(wanted)

    def take(self, domain: str | None, at: datetime) -> None:
        """One acknowledgement goes to this place."""
        for window in (self._of_domains.get(domain or ""), self._of_gateway):
            if window is not None:
                window.take(at)


_DOMAIN: WindowName = "domain-cap"
_GATEWAY: WindowName = "gateway-cap"


def _load_gateway(connection: Connection, cap: int, span: timedelta, earliest: datetime, batch: int) -> _Window:
    since, passed_over = earliest - span, cap - min(cap, batch)
    found = _places_since(connection, since, passed_over)
    room, beyond = min(found, cap) - passed_over, max(found - cap, 0)
    return _Window(cap, span, batch, _OLDEST.scalars(connection, since=since, room=room, beyond_cap=beyond) if room > 0 else ())


@dataclass(frozen=True, slots=True)
class _Counted:
    """What a connection counted last."""

    since: datetime
    places: int
    by_others: int
    by_us: int

    def most_now(self, since: datetime, by_others: int, by_us: int) -> float:
        """No more than so many places lie after `since`: whatever we wrote, one of them is one changed row at least."""
        known = since >= self.since and by_others == self.by_others and by_us >= self.by_us
        return self.places + by_us - self.by_us if known else math.inf


def _places_since(connection: Connection, since: datetime, enough: int) -> int:
    """How many there are; or more, if even that is not more than `enough`. To count twenty thousand takes longer than to write a message."""
    by_others, by_us = dialect.changes(connection)
    counted: _Counted | None = connection.info.get(_Counted)
    most = counted.most_now(since, by_others, by_us) if counted else math.inf
    if most <= enough:
        return int(most)
    found: int = _COUNT.scalars(connection, since=since)[0]
    connection.info[_Counted] = _Counted(since, found, by_others, by_us)
    return found


def _load_domains(connection: Connection, cap: int, span: timedelta, domains: set[str], earliest: datetime, batch: int) -> dict[str, _Window]:
    places: dict[str, list[datetime]] = {each: [] for each in domains}
    since, passed_over = earliest - span, cap - min(cap, batch)
    if full := _NEARLY_FULL.scalars(connection, domains=domains, since=since, passed_over=passed_over):
        for row in _NEWEST_OF_DOMAINS.rows(connection, domains=full, since=since, passed_over=passed_over, cap=cap):
            places[row.correspondent_domain].append(row.slot_at)
    return {domain: _Window(cap, span, batch, found) for domain, found in places.items()}
