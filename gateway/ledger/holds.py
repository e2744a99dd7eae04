"""Holds: while one stands, nothing is erased, by age or by request. Says who set it and why, which the records officer must be able to show."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from gateway.ledger.tables import hold


def standing(connection: Connection) -> str | None:
    """The reason of the oldest hold that was not released."""
    found: str | None = connection.execute(select(hold.c.reason).where(hold.c.released_at.is_(None)).order_by(hold.c.id).limit(1)).scalar()
    return found


def set_hold(connection: Connection, at: datetime, who: str, reason: str) -> None:
    """From now on. `at`: aware."""
    connection.execute(insert(hold).values(since=at, who=who, reason=reason))


def release(connection: Connection, at: datetime) -> int:
    """All that stand; how many those were."""
    return connection.execute(update(hold).where(hold.c.released_at.is_(None)).values(released_at=at)).rowcount
