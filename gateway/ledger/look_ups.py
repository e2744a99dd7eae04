"""Who asked what is known of whom: each question about a person, a message or a case leaves a row, before its answer is shown.

The row says who (the login at the machine), when and what kind of question; of whom, only as the keyed hash.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, insert, select

from gateway.ledger.tables import look_up

What = Literal["correspondent", "message", "case", "findings", "erasure"]

MOST_LISTED = 1000


@dataclass(frozen=True, slots=True)
class LookUp:
    """Who asked what is known of whom."""

    at: datetime
    """Aware, UTC."""
    who: str
    what: str
    asked_of: str | None
    """Hash; equal ones were about the same person, message or case. None once that person was erased."""


def note(connection: Connection, at: datetime, who: str, what: What, asked_of: str | None) -> None:
    """In the caller's transaction. `at`: aware."""
    connection.execute(insert(look_up).values(at=at, who=who, what=what, asked_of=asked_of))


def listed(connection: Connection, hashes: Collection[str] | None = None) -> list[LookUp]:
    """The newest, oldest first; of `hashes` only, where given."""
    found = select(*(look_up.c[name] for name in LookUp.__slots__)).order_by(look_up.c.id.desc()).limit(MOST_LISTED)
    if hashes is not None:
        found = found.where(look_up.c.asked_of.in_(hashes))
    return [LookUp(*row) for row in reversed(connection.execute(found).all())]
