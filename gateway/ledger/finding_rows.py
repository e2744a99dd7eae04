"""Findings for people who look after them: listed without a name, and settled by a person after a dispute. Never found here."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from gateway.ledger.tables import finding


@dataclass(frozen=True, slots=True)
class Found:
    """One finding. Times are aware, UTC."""

    id: int
    division: str
    kind: str
    detail: Sequence[str]
    at: datetime
    told_at: datetime | None
    mended_at: datetime | None
    disputed_at: datetime | None


def found(
    connection: Connection, *, disputed: bool = False, division: str | None = None, persons: Collection[str] | None = None, limit: int = 1000
) -> list[Found]:
    """The newest `limit`, oldest first. `persons`: the hashes of one address, under each key."""
    wanted = select(*(finding.c[name] for name in Found.__slots__)).order_by(finding.c.id.desc()).limit(limit)
    if disputed:
        wanted = wanted.where(finding.c.disputed_at.is_not(None))
    if division is not None:
        wanted = wanted.where(finding.c.division == division)
    if persons is not None:
        wanted = wanted.where(finding.c.person.in_(persons))
    return [Found(*row) for row in reversed(connection.execute(wanted).all())]


def reinstate(connection: Connection, ids: Sequence[int]) -> int:
    """Disputed findings that a person found to be right count again; how many."""
    changed: Any = update(finding).where(finding.c.id.in_(ids), finding.c.disputed_at.is_not(None)).values(disputed_at=None)
    count: int = connection.execute(changed).rowcount
    return count
