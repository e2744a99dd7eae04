"""Indexes of correspondents by week, and how a statement makes use of them: weeks first, so that new rows stand side by side.

An index of hashes alone takes each new row somewhere else: in a ledger of a million rows every one is a page read, logged and written back.
Caps look at some days, which are one or two weeks here; whoever wants a person's whole history (access, erasure, a new key) looks into every
week that there is, some microseconds for each. Decides nothing about rows.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Column, ColumnElement, Table, func, literal_column, select

from gateway.ledger.tables import WEEK

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def between(since: datetime, until: datetime) -> list[int]:
    """The weeks of a span (aware), both ends included, as the indexes number them."""
    week = timedelta(microseconds=WEEK)
    return list(range((since - _EPOCH) // week, (until - _EPOCH) // week + 1))


def week_of(instant: Column[Any]) -> ColumnElement[int]:
    """In the words of the index, or no engine would see that it fits."""
    return literal_column(f"{instant.table.name}.{instant.name} / {WEEK}", BigInteger())


def in_any_week(instant: Column[Any]) -> ColumnElement[bool]:
    """True of every row; said so that the index fits."""
    table: Any = instant.table
    assert isinstance(table, Table)
    week = week_of(instant)
    last = select(func.max(week)).select_from(table).scalar_subquery()
    weeks = select(func.min(week).label("week")).select_from(table).cte(f"weeks_of_{table.name}", recursive=True)
    weeks = weeks.union_all(select(weeks.c.week + 1).where(weeks.c.week < last))
    return week.in_(select(weeks.c.week))
