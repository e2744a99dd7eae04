"""The ledger's one door: opens it, brings its schema up to date, hands out transactions, and knows whether it is well.

Decides when to open again after a fault. Never retries a transaction, never repairs a file, and never raises the text of a
driver's error, which may quote a row.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from threading import RLock
from typing import TypeVar

import structlog
from sqlalchemy import Connection, Table

from gateway.ledger.dialect import Dialect, Fingerprint, dialect_of
from gateway.ledger.errors import LedgerUnavailable, NewerLedger
from gateway.ledger.migrations import migrate
from gateway.ledger.pseudonym import Pseudonyms

REST = 0.5
"""Seconds after a fault in which writes fail at once, so that only one session in a while waits for a sick engine."""

T = TypeVar("T")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class LedgerState:
    """`why` is "" while well, else the slug of LedgerUnavailable."""

    ok: bool
    why: str = ""


class Ledger:
    """Durable record at `url`. Writes come from one thread at a time; reads from any."""

    def __init__(self, url: str, *, key: bytes, clock: Callable[[], datetime], old_keys: Sequence[bytes] = ()) -> None:
        """`key`: 32 octets (key_file.py); `old_keys`: those before it. `clock`: aware UTC now. Opens nothing yet.

        Raises ValueError for a URL that cannot be served.
        """
        self.pseudonyms = Pseudonyms(key, old_keys)
        self.clock = clock
        self._dialect: Dialect = dialect_of(url)
        self._reader = self._dialect.engine(writing=False)
        self._connection: Connection | None = None
        self._fingerprint: Fingerprint | None = None
        self._rest_until = 0.0
        self._state = LedgerState(False, "not opened")
        self._lock = RLock()

    @property
    def state(self) -> LedgerState:
        """As the last write (or opening) found it."""
        return self._state

    def open(self) -> None:
        """Create folder and file where missing, migrate. Raises LedgerUnavailable, or NewerLedger; a later write tries again."""
        with self._lock:
            self._rest_until = 0.0
            self._ready()

    def close(self) -> None:
        """Let go of the file; a write would open it again."""
        with self._lock:
            self._let_go()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One write transaction, committed at the end of the block and durable after it.

        Raises LedgerUnavailable when nothing was written because the engine is unwell (or the file was deleted or replaced
        meanwhile: what was written into it is gone). Other exceptions roll back and pass through.
        """
        with self._lock:
            connection = self._ready()
            try:
                with connection.begin():
                    yield connection
                self._still_there()
            except LedgerUnavailable:
                raise
            except Exception as error:
                if self._dialect.is_outage(error):
                    raise self._unwell(self._dialect.why(error)) from None
                raise
            self._set(LedgerState(True))

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One read transaction on a connection of its own; sees what is committed. Raises LedgerUnavailable."""
        if not self._dialect.exists():
            raise LedgerUnavailable("missing")
        try:
            with self._reader.begin() as connection:
                yield connection
        except Exception as error:
            if self._dialect.is_outage(error):
                raise LedgerUnavailable(self._dialect.why(error)) from None
            raise

    def spare_nothing(self) -> None:
        """Before a ledger is filled that could be made again: quick, and not safe from a power cut, until it is closed."""
        with self._lock:
            self._dialect.spare_nothing(self._ready())

    def insert_many(self, connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Rows of values as the engine keeps them (times in microseconds, JSON as text), many at once and without a copy of each."""
        self._dialect.insert_many(connection, table.name, columns, rows)

    def is_outage(self, error: BaseException) -> bool:
        """Whether the engine, not the one row, is unwell."""
        return self._dialect.is_outage(error)

    def erase_remains(self) -> bool:
        """Overwrite what deleted rows left in the engine's log; False when it must be tried again: a reader is in the way, or it is unwell."""
        return self._care(self._dialect.erase_remains) or False

    def write_back(self) -> None:
        """What the engine puts off: after a commit, when its answers are out. Does nothing while the ledger is unwell."""
        self._care(self._dialect.write_back)

    def _care(self, work: Callable[[Connection], T]) -> T | None:
        with self._lock:
            if self._connection is None or not self._state.ok:
                return None
            try:
                return work(self._connection)
            except Exception as error:
                if not self._dialect.is_outage(error):
                    raise
                self._unwell(self._dialect.why(error))
                return None

    def _ready(self) -> Connection:
        if self._connection is not None:
            if self._dialect.fingerprint() == self._fingerprint:
                return self._connection
            # SQLite goes on writing into a file that nobody can see any more, without an error.
            log.error("ledger-replaced", said="the ledger's file was deleted or replaced; opening what is there now")
            self._let_go()
        if time.monotonic() < self._rest_until:
            raise LedgerUnavailable(self._state.why)
        return self._open()

    def _open(self) -> Connection:
        try:
            self._dialect.prepare_place()
            connection = self._dialect.engine(writing=True).connect()
            try:
                with connection.begin():
                    migrate(connection)
                    self._dialect.prove_writable(connection)
            except BaseException:
                _end(connection)
                raise
        except NewerLedger:
            self._unwell("newer")
            raise
        except Exception as error:
            if self._dialect.is_outage(error):
                raise self._unwell(self._dialect.why(error)) from None
            raise
        self._connection, self._fingerprint = connection, self._dialect.fingerprint()
        self._set(LedgerState(True))
        return connection

    def _still_there(self) -> None:
        if self._dialect.fingerprint() != self._fingerprint:
            raise self._unwell("replaced")

    def _unwell(self, why: str) -> LedgerUnavailable:
        """Let go and rest: the next try after that opens anew."""
        self._let_go()
        self._rest_until = time.monotonic() + REST
        self._set(LedgerState(False, why))
        return LedgerUnavailable(why)

    def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            _end(connection)

    def _set(self, state: LedgerState) -> None:
        before, self._state = self._state, state
        if state.ok and not before.ok:
            said = log.debug if before.why == "not opened" else log.info  # a start that goes well needs no line
            said("ledger-open", after=before.why)
        elif state.why != before.why:
            log.error("ledger-degraded", why=state.why)


def _end(connection: Connection) -> None:
    connection.close()
    connection.engine.dispose()
