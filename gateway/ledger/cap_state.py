"""What `[caps]` did, for people who look: windows, breakers, alerts. Reads only; decides nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, func, select

from gateway import telemetry
from gateway.ledger import alerts
from gateway.ledger.alerts import DOUBLE_SHOWN_FOR, Alert
from gateway.ledger.breakers import demands, open_breakers
from gateway.ledger.errors import LedgerUnavailable
from gateway.ledger.ledger import Ledger
from gateway.ledger.tables import mailbox_hour, notice
from gateway.policy.model import Caps

_HOUR = timedelta(hours=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class MailboxRate:
    """Acknowledgements an hour."""

    mailbox: str
    rate: float
    usual: float
    limit: float | None
    """Where its breaker opens; None without one."""


@dataclass(frozen=True, slots=True)
class CapState:
    """How full the windows of `[caps]` are, which breakers stand open, and who acknowledges twice. Times are aware, UTC."""

    gateway_cap: int | None
    in_gateway_window: int
    """Acknowledgements sent or waiting, whose place lies in the window that ends now."""
    delayed: int
    """Waiting, with a place after now."""
    delayed_until: datetime | None
    mailboxes: tuple[MailboxRate, ...]
    """Those that had any in the last four weeks."""
    open_breakers: tuple[Alert, ...]
    doubles: tuple[Alert, ...]


def cap_state(connection: Connection, caps: Caps, now: datetime) -> CapState:
    """As it is at `now` (aware)."""
    span = caps.gateway[1] if caps.gateway else _HOUR
    inside = select(func.count()).where(notice.c.slot_at > now - span, notice.c.slot_at <= now)
    later = select(func.count(), func.max(notice.c.slot_at, type_=notice.c.slot_at.type)).where(notice.c.slot_at > now)
    delayed, until = connection.execute(later).one()
    return CapState(
        gateway_cap=caps.gateway[0] if caps.gateway else None,
        in_gateway_window=connection.execute(inside).scalar_one(),
        delayed=delayed,
        delayed_until=until,
        mailboxes=_rates(connection, caps, now),
        open_breakers=tuple(open_breakers(connection, now)) if caps.breaker is not None else (),
        doubles=doubles(connection, now),
    )


def health(ledger: Ledger) -> str:
    """For /readyz: "ok", or which divisions are not acknowledged, or acknowledged twice. An unwell ledger speaks for itself elsewhere."""
    try:
        with ledger.reading() as connection:
            stopped, twice = open_breakers(connection, ledger.clock()), doubles(connection, ledger.clock())
    except LedgerUnavailable:
        return "ok"
    telemetry.BREAKERS_OPEN.set(len(stopped))
    said = [f"stopped for {each.division} since {each.raised_at:%Y-%m-%d %H:%M} UTC, far above its usual rate" for each in stopped]
    said += [f"the mailbox of {each.division} answers automatically, too" for each in twice]
    return "; ".join(said) or "ok"


def doubles(connection: Connection, now: datetime) -> tuple[Alert, ...]:
    """Mailboxes that lately answered by themselves."""
    found = alerts.every(connection)
    return tuple(each for each in found if each.slug == "double-acknowledgement" and now - each.last_at < DOUBLE_SHOWN_FOR)


def _rates(connection: Connection, caps: Caps, now: datetime) -> tuple[MailboxRate, ...]:
    mailboxes = connection.execute(select(mailbox_hour.c.mailbox).distinct().order_by(mailbox_hour.c.mailbox)).scalars()
    into_hour = (now - _EPOCH) % _HOUR / _HOUR
    found = demands(connection, list(mailboxes), now)
    return tuple(
        MailboxRate(mailbox, each.rate(into_hour), each.usual, caps.breaker * each.usual if caps.breaker else None)
        for mailbox, each in sorted(found.items())
    )
