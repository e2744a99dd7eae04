"""Indexes of correspondents by spans of four weeks, and how a statement makes use of them: the span first, so that new rows stand side by side.

An index of hashes alone takes each new row somewhere else: in a ledger of a million rows every one is a page read, logged and written back.
Caps look at some days, which are in one span or two; whoever wants a person's whole history (access, erasure, a new key) looks into every
span that there is, some microseconds for each (docs/decisions/0018). Decides nothing about rows.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Column, ColumnElement, func, literal_column, select

from gateway.ledger.tables import SPAN

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SPAN = timedelta(microseconds=SPAN)


def between(since: datetime, until: datetime) -> list[int]:
    """The spans from one moment to another (aware), both included, as the indexes number them."""
    return list(range((since - _EPOCH) // _SPAN, (until - _EPOCH) // _SPAN + 1))


def span_of(instant: Column[Any]) -> ColumnElement[int]:
    """In the words of the index, or no engine would see that it fits."""
    return literal_column(f"{instant.table.name}.{instant.name} / {SPAN}", BigInteger())


def in_any_span(instant: Column[Any]) -> ColumnElement[bool]:
    """True of every row; said so that the index fits."""
    span = span_of(instant)
    last = select(func.max(span)).select_from(instant.table).scalar_subquery()
    known = select(func.min(span).label("span")).select_from(instant.table).cte(f"spans_of_{instant.table.name}", recursive=True)
    known = known.union_all(select(known.c.span + 1).where(known.c.span < last))
    return span.in_(select(known.c.span))
