"""A ledger for `gateway replay`: the same tables and the same batches as the real one, private to one run and forgotten after it.

Each message is decided at its own moment of receipt. Never reads or writes the ledger of `[ledger] url`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, select
from sqlalchemy.exc import SQLAlchemyError

from gateway.judgement.verdict import Examination
from gateway.ledger.batch import record
from gateway.ledger.dialect import scratch_engine
from gateway.ledger.errors import LedgerUnavailable, RecordingFailed
from gateway.ledger.pseudonym import Pseudonyms
from gateway.ledger.records import Decide, Recorded
from gateway.ledger.tables import metadata, service_case
from gateway.policy.model import Caps

_STANDARD = (service_case.c.division, service_case.c.audience, service_case.c.kind)
_UNTIL = bindparam("until", type_=service_case.c.respond_by.type)
_TALLIES = (
    select(
        *_STANDARD,
        func.count(),
        func.count(service_case.c.responded_at),
        func.count().filter(service_case.c.responded_at > service_case.c.respond_by),
        func.count().filter(service_case.c.responded_at.is_(None), service_case.c.respond_by < _UNTIL),
    )
    .group_by(*_STANDARD)
    .order_by(*_STANDARD)
)


@dataclass(frozen=True, slots=True)
class CaseTally:
    """The cases of one division, audience and kind."""

    division: str
    audience: str
    kind: str
    opened: int
    answered: int
    """By a person."""
    answered_late: int
    """Of those answered, after the date promised."""
    overdue: int
    """Unanswered, the date promised being past."""


class ScratchLedger:
    """One run's ledger. All calls from the thread that made it."""

    def __init__(self, key: bytes, caps: Caps) -> None:
        """`key`: 32 octets."""
        self._pseudonyms = Pseudonyms(key)
        self._caps = caps
        self._engine = scratch_engine()
        metadata.create_all(self._engine)

    def record(self, examinations: Sequence[Examination], decide: Decide) -> list[Recorded | RecordingFailed]:
        """Decide and record them in this order; one answer each. `decide` may run twice for a message.

        Raises LedgerUnavailable when there is no room for the temporary file.
        """
        try:
            return self._together(examinations, decide)
        except SQLAlchemyError as error:
            if _is_full(error):
                raise LedgerUnavailable("disk-full") from None
        # As the real writer does: a row that the engine refuses harms only itself.
        return [self._alone(each, decide) for each in examinations]

    def tallies(self, until: datetime) -> list[CaseTally]:
        """By division, audience and kind, as they stand at `until` (aware)."""
        with self._engine.begin() as connection:
            return [CaseTally(*row) for row in connection.execute(_TALLIES, {"until": until})]

    def close(self) -> None:
        self._engine.dispose()

    def _together(self, examinations: Sequence[Examination], decide: Decide) -> list[Recorded | RecordingFailed]:
        with self._engine.begin() as connection:
            return record(connection, examinations, decide, self._pseudonyms, now=None, caps=self._caps)

    def _alone(self, examination: Examination, decide: Decide) -> Recorded | RecordingFailed:
        try:
            return self._together([examination], decide)[0]
        except SQLAlchemyError as error:
            return RecordingFailed(type(error).__name__)


def _is_full(error: SQLAlchemyError) -> bool:
    return getattr(getattr(error, "orig", error), "sqlite_errorname", "").startswith(("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_CANTOPEN"))
