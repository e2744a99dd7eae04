"""Months whose figures are frozen. Nothing here is ever changed once it is written; the figures name nobody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from gateway.ledger.tables import closed_period


@dataclass(frozen=True, slots=True)
class ClosedPeriod:
    """One report of a closed month."""

    period: str
    """Such as 2026-10."""
    division: str
    """The lens; "" for the City."""
    closed_at: datetime
    """Aware, UTC."""
    policy_version: str
    calendar_hash: str
    figures: bytes
    """Canonical JSON of the report."""
    figures_hash: str


def read(connection: Connection, period: str, division: str | None) -> ClosedPeriod | None:
    """What was frozen for this lens; None while the month is open, or where the division had no report then."""
    found = select(closed_period).where(closed_period.c.period == period, closed_period.c.division == (division or ""))
    row = connection.execute(found).first()
    return ClosedPeriod(**{**row._mapping, "figures": bytes(row.figures)}) if row else None


def closed_at(connection: Connection, period: str) -> datetime | None:
    """When the month was closed; None while it is open."""
    found: datetime | None = connection.execute(select(closed_period.c.closed_at).where(closed_period.c.period == period).limit(1)).scalar()
    return found


def write(connection: Connection, reports: Sequence[ClosedPeriod]) -> None:
    """Freeze a month: all its reports at once. IntegrityError where one is there already."""
    connection.execute(insert(closed_period), [asdict(each) for each in reports])
