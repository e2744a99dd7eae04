"""Addresses of ours that, as a next hop said, nobody has: as keyed hashes, few, and not for long.

It remembers what was heard in passing, so that a colleague's out-of-office reply that names such an address can be told from a good one.
Decides what is worth remembering; never what follows from it. Losing some of it costs nothing but a finding.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, insert, select

from gateway.judgement.canonical import split
from gateway.ledger.pseudonym import Pseudonyms
from gateway.ledger.tables import refused_recipient

REMEMBERED = timedelta(days=14)
"""From the last refusal on: the address may have been given to somebody since."""

MOST_KEPT = 5000
"""The newest; guessing addresses of ours brings out no more."""

MOST_WAITING = 1000
READ_AGAIN = 60.0
"""Seconds after which a process looks at what others noted."""

_ALL = select(refused_recipient.c.recipient)
_EXPIRED = delete(refused_recipient).where(refused_recipient.c.refused_at < bindparam("since", type_=refused_recipient.c.refused_at.type))
_GONE = delete(refused_recipient).where(refused_recipient.c.recipient.in_(bindparam("gone", expanding=True)))
_BEYOND = select(refused_recipient.c.refused_at).order_by(refused_recipient.c.refused_at.desc()).offset(MOST_KEPT).limit(1)
_AMONG = select(refused_recipient.c.recipient).where(
    refused_recipient.c.recipient.in_(bindparam("recipients", expanding=True)),
    refused_recipient.c.refused_at > bindparam("since", type_=refused_recipient.c.refused_at.type),
)


class RefusedRecipients:
    """What one process has heard. `heard` on any thread; `write` on the writer's."""

    def __init__(self, pseudonyms: Pseudonyms, clock: Callable[[], datetime]) -> None:
        self._pseudonyms = pseudonyms
        self._clock = clock
        self._heard: deque[tuple[str, datetime | None]] = deque(maxlen=MOST_WAITING)
        self._known: frozenset[str] = frozenset()
        self._read_at = -math.inf

    def heard(self, accepted: Iterable[str], unknown: Iterable[str], domains: Collection[str]) -> None:
        """What a next hop said of recipients; only those in `domains`, ours, are noted."""
        for hash_ in self._hashes(unknown, domains):
            self._heard.append((hash_, self._clock()))
        if self._known or self._heard:
            for hash_ in self._hashes(accepted, domains):
                self._heard.append((hash_, None))

    def write(self, connection: Connection) -> None:
        """What was heard since, in the transaction of the batch that follows it; nothing at most times."""
        if not self._heard and time.monotonic() - self._read_at < READ_AGAIN:
            return
        news = dict(self._heard.popleft() for _ in range(len(self._heard)))
        refused = {hash_: at for hash_, at in news.items() if at is not None}
        gone = [hash_ for hash_ in news if hash_ in refused or hash_ in self._known]
        if gone:
            connection.execute(_GONE, {"gone": gone})
        if refused:
            connection.execute(insert(refused_recipient), [{"recipient": hash_, "refused_at": at} for hash_, at in refused.items()])
            beyond = connection.execute(_BEYOND).scalar()
            since = self._clock() - REMEMBERED
            connection.execute(_EXPIRED, {"since": max(since, beyond) if beyond else since})
        self._known = frozenset(connection.execute(_ALL).scalars())
        self._read_at = time.monotonic()

    def _hashes(self, addresses: Iterable[str], domains: Collection[str]) -> list[str]:
        ours = (each for each in addresses if split(each)[1] in domains)
        return [hash_ for each in ours if (hash_ := self._pseudonyms.of_address(each))]


def refused_among(connection: Connection, addresses: Collection[str], now: datetime) -> frozenset[str]:
    """Which of these hashes nobody has, as far as was heard."""
    return frozenset(connection.execute(_AMONG, {"recipients": list(addresses), "since": now - REMEMBERED}).scalars()) if addresses else frozenset()
