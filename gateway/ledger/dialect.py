"""What differs between database engines; the only place with SQL of one of them. SQLite now; PostgreSQL gets its class beside it.

Decides how a connection is opened, what counts as the engine being unwell, and whether the file we write is still the one
that others see. Never retries and never repairs.
"""

from __future__ import annotations

import json
import math
import os
import re
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, TableValuedAlias, Text, TypeDecorator, bindparam, create_engine, event, func, make_url
from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import NullPool, StaticPool

from gateway.ledger.write_lock import WriteLock

BUSY_MILLISECONDS = 500
"""How long a write waits for another process's lock. Short, because a relayed message's 250 waits with it."""

_CACHE_KIBIBYTES = 65536

_WRITE_BACK_PAGES = 3000
_PAGES_OF_COMMIT = 15
_LARGEST_LOG = 8000
"""The log is written back into the file after about so many pages (12 MB), between two batches; and, should the log reach so many before (a large
change, another process), at the end of that commit, as is SQLite's own way at 1,000 pages. Rarely is cheap: a page that changed in twenty
commits is written back once. After a crash as much is read again, in less than 0.1 s. How many pages a commit adds the driver does not say:
some 15 (each table and index has a newest page), and one more for each changed row."""

_NEARLY_FULL = 32 << 20
"""Octets free on the disk, below which the log is written back after each commit: it neither takes the room that the file needs to grow, nor holds
more than that room can take."""

_STATEMENTS = 512
"""Kept prepared by a connection: an INSERT is one for each number of rows."""

Fingerprint = tuple[tuple[int, int], ...]


class Dialect(Protocol):
    """One engine, as this room uses it."""

    def engine(self, *, writing: bool) -> Engine:
        """A pool: for the one writer a kept connection, for readers a fresh one each time."""

    def prepare_place(self) -> None:
        """Create what must exist before the first connection. Raises OSError."""

    def exists(self) -> bool:
        """Whether there is a ledger to read; reading must not create one."""

    def fingerprint(self) -> Fingerprint | None:
        """Identity of the storage that an open connection writes to, as others would find it now; None when it is gone."""

    def is_outage(self, error: BaseException) -> bool:
        """Whether the engine, not the one row, is unwell."""

    def why(self, error: BaseException) -> str:
        """A slug for operators."""

    def prove_writable(self, connection: Connection) -> None:
        """Write something that means nothing: opening alone succeeds on a full disk too, and would look like recovery."""

    def erase_remains(self, connection: Connection) -> bool:
        """Overwrite what deleted rows left in the engine's own logs; False where somebody who reads an older state does not let us yet."""

    def write_back(self, connection: Connection) -> None:
        """What the engine puts off until nobody waits; to be asked after each commit, and quick mostly."""

    def spare_nothing(self, connection: Connection) -> None:
        """For a ledger that is made anew and could be made again: quick, and not safe from a power cut. Lasts as long as the connection."""

    def insert_many(self, connection: Connection, table: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """By the driver's own means; `table` and `columns` are names of the schema, never anybody's text."""


def dialect_of(url: str) -> Dialect:
    """Raises ValueError, in words for the admin, for a URL that this gateway cannot serve."""
    try:
        parsed = make_url(url)
    except ArgumentError:  # its text would repeat the URL, and so a password
        raise ValueError("the ledger url cannot be read; write sqlite:///var/gateway.db") from None
    if parsed.get_backend_name() != "sqlite":
        raise ValueError(f"the ledger engine {parsed.get_backend_name()} is not supported yet; write sqlite:///var/gateway.db")
    if parsed.database in (None, "", ":memory:"):
        raise ValueError("a ledger in memory would forget everything; write sqlite:///var/gateway.db")
    return Sqlite(parsed)


class Sqlite:
    """A file with write-ahead log. Full sync: a commit survives a power cut (https://sqlite.org/pragma.html#pragma_synchronous)."""

    def __init__(self, url: URL) -> None:
        self._url = url
        self._path = Path(str(url.database))
        self._log = f"{self._path}-wal"
        self._changed = 0
        self._pages = 0

    def engine(self, *, writing: bool) -> Engine:
        engine = create_engine(
            self._url,
            hide_parameters=True,  # the text of an error must not quote a row
            json_serializer=_compact_json,
            connect_args={"cached_statements": _STATEMENTS},
            **({"pool_size": 1, "max_overflow": 0} if writing else {"poolclass": NullPool}),
        )
        event.listen(engine, "connect", _configure)
        if writing:
            event.listen(engine, "connect", _do_not_wait)
        event.listen(engine, "begin", _Begin() if writing else _begin)
        return engine

    def prepare_place(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        try:
            # O_EXCL also because closing a second descriptor of an open database would drop SQLite's locks on it.
            os.close(os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        except FileExistsError:
            return

    def exists(self) -> bool:
        return self._path.exists()

    def fingerprint(self) -> Fingerprint | None:
        try:
            file, log = os.stat(self._path), os.stat(self._log)  # noqa: PTH116 - twice for each commit, and pathlib's is half as quick
        except FileNotFoundError:
            return None
        return (file.st_dev, file.st_ino), (log.st_dev, log.st_ino)

    def is_outage(self, error: BaseException) -> bool:
        driver_error = getattr(error, "orig", error)
        return isinstance(driver_error, sqlite3.Error | OSError) and not isinstance(driver_error, _OF_ONE_ROW)

    def why(self, error: BaseException) -> str:
        name = str(getattr(getattr(error, "orig", error), "sqlite_errorname", ""))
        return next((slug for start, slug in _REASONS.items() if name.startswith(start)), "cannot-open" if isinstance(error, OSError) else "failing")

    def prove_writable(self, connection: Connection) -> None:
        connection.exec_driver_sql("PRAGMA user_version = 1")

    def erase_remains(self, connection: Connection) -> bool:
        driver: Any = connection.connection
        # It does not wait for a reader (`_do_not_wait`): what remains is erased next time.
        busy, _, _ = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy

    def write_back(self, connection: Connection) -> None:
        driver: Any = connection.connection.driver_connection
        changed: int = driver.total_changes
        if changed != self._changed:
            self._pages += _PAGES_OF_COMMIT + abs(changed - self._changed)
            self._changed = changed
        if self._pages >= _WRITE_BACK_PAGES or (self._pages and self._room() < _NEARLY_FULL):
            self._pages = 0
            execute(connection, "PRAGMA wal_checkpoint(PASSIVE)", ())

    def _room(self) -> float:
        """Octets that are free on the disk; of one that cannot be asked, any number."""
        try:
            found = os.statvfs(self._path)
        except OSError:
            return math.inf
        return found.f_bavail * found.f_frsize

    def spare_nothing(self, connection: Connection) -> None:
        driver: Any = connection.connection
        for pragma in ("synchronous = OFF", "cache_size = -524288", "wal_autocheckpoint = 20000"):
            driver.execute(f"PRAGMA {pragma}").fetchall()

    def insert_many(self, connection: Connection, table: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        driver: Any = connection.connection
        driver.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})", rows)  # noqa: S608 - of names


_OF_ONE_ROW = (sqlite3.IntegrityError, sqlite3.DataError, sqlite3.ProgrammingError, sqlite3.NotSupportedError)

_REASONS = {
    "SQLITE_BUSY": "locked",
    "SQLITE_LOCKED": "locked",
    "SQLITE_FULL": "disk-full",
    "SQLITE_READONLY": "read-only",
    "SQLITE_IOERR": "io-error",
    "SQLITE_CORRUPT": "corrupt",
    "SQLITE_NOTADB": "corrupt",
    "SQLITE_CANTOPEN": "cannot-open",
}


def scratch_engine() -> Engine:
    """A database that only this process sees: SQLite keeps it in memory, moves it into an unlinked file under TMPDIR when it grows,
    and forgets it at the end, however that comes (https://sqlite.org/inmemorydb.html#temp_db). One connection; nothing is synced.
    """
    engine = create_engine(
        "sqlite://",
        creator=lambda: sqlite3.connect("", isolation_level=None, cached_statements=_STATEMENTS),
        poolclass=StaticPool,
        hide_parameters=True,
        json_serializer=_compact_json,
    )
    event.listen(engine, "connect", _configure_scratch)
    event.listen(engine, "begin", _begin)
    return engine


def _configure_scratch(connection: sqlite3.Connection, _: object) -> None:
    for pragma in ("synchronous = OFF", "foreign_keys = ON", f"cache_size = -{_CACHE_KIBIBYTES}"):
        connection.execute(f"PRAGMA {pragma}").fetchall()


_compact_json = json.JSONEncoder(separators=(",", ":")).encode  # `json.dumps` would make an encoder for each value


NAMED = sqlite_dialect(paramstyle="named", json_serializer=_compact_json)
"""For statements that are compiled once (`prepared.py`)."""


def execute(connection: Connection, sql: str, values: Sequence[object] | Mapping[str, object]) -> list[Any]:
    """By the driver itself; all rows it gives. Raises DBAPIError without any value in its text."""
    driver: Any = connection.connection.driver_connection
    try:
        return list(driver.execute(sql, values).fetchall())
    except sqlite3.Error as error:
        raise _told(connection, sql, error) from None


def insert(connection: Connection, sql: str, values: Sequence[object]) -> int:
    """Add rows; the number of the last one. Without numbers of their own they get the next ones, side by side and in their order, since nobody else
    writes meanwhile (https://sqlite.org/autoinc.html). Raises as `execute` does.
    """
    driver: Any = connection.connection.driver_connection
    try:
        return int(driver.execute(sql, values).lastrowid)
    except sqlite3.Error as error:
        raise _told(connection, sql, error) from None


def execute_each(connection: Connection, sql: str, rows: Iterable[Mapping[str, object]]) -> None:
    """The same for each of these sets of values."""
    driver: Any = connection.connection.driver_connection
    try:
        driver.executemany(sql, rows)
    except sqlite3.Error as error:
        raise _told(connection, sql, error) from None


@contextmanager
def savepoint(connection: Connection) -> Iterator[None]:
    """What happens within it is undone alone, if anything is raised; not one within the other. SQLAlchemy's costs more than most statements."""
    execute(connection, "SAVEPOINT alone", ())
    try:
        yield
    except BaseException:
        if _in_transaction(connection):
            execute(connection, "ROLLBACK TO alone", ())
            execute(connection, "RELEASE alone", ())
        raise
    execute(connection, "RELEASE alone", ())


def _in_transaction(connection: Connection) -> bool:
    """Some errors (disk full, input or output) end the whole transaction (https://sqlite.org/lang_transaction.html, Response To Errors)."""
    driver: Any = connection.connection.driver_connection
    return bool(driver.in_transaction)


def changes(connection: Connection) -> tuple[int, int]:
    """Two numbers for what was written so far: by others, different each time somebody else committed (https://sqlite.org/pragma.html#pragma_data_version);
    and by this connection, at least one more with each row (it may begin again at a lower one).
    """
    driver: Any = connection.connection.driver_connection
    return int(execute(connection, "PRAGMA data_version", ())[0][0]), driver.total_changes


def as_list(values: Iterable[object]) -> str:
    """Texts or numbers for `with_lists`."""
    return _compact_json(list(values))


class _List(TypeDecorator[Any]):
    """A list as one value."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> str:
        return as_list(value)


def listed(name: str) -> TableValuedAlias:
    """The values of a list, given under this name, as the column `value` of a table."""
    return func.json_each(bindparam(name, type_=_List())).table_valued("value", name=f"listed_{name}")


def with_lists(sql: str, names: Collection[str]) -> str:
    """A statement whose IN lists are one value each: as many parameters as values would be another statement for each number of them."""
    for name in names:
        sql = sql.replace(f"(__[POSTCOMPILE_{name}])", f"(SELECT value FROM json_each(:{name}))")  # noqa: S608 - a name of the code
    return sql


_NAMED_VALUE = re.compile(r"\(__\[POSTCOMPILE_(\w+)\]\)|:(\w+)")


def with_literals(sql: str, literals: Mapping[str, str]) -> str:
    """A statement that says these values itself; by name, as SQL. In one pass, so that no value is taken for a name."""

    def written(found: re.Match[str]) -> str:
        literal = literals.get(found[1] or found[2])
        if literal is None:
            return found[0]
        return f"({literal})" if found[1] else literal

    return _NAMED_VALUE.sub(written, sql)


def _told(connection: Connection, sql: str, error: sqlite3.Error) -> BaseException:
    return DBAPIError.instance(sql, None, error, sqlite3.Error, hide_parameters=True, dialect=connection.dialect)


def _configure(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None  # the driver must not begin transactions of its own; `_begin` does
    for pragma in (
        f"busy_timeout = {BUSY_MILLISECONDS}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "secure_delete = ON",
        f"cache_size = -{_CACHE_KIBIBYTES}",
        f"wal_autocheckpoint = {_LARGEST_LOG}",
        "temp_store = MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}").fetchall()


def _do_not_wait(connection: sqlite3.Connection, _: object) -> None:
    """Who writes waits for the lock only, and by itself (`write_lock.py`)."""
    connection.execute("PRAGMA busy_timeout = 0").fetchall()


def _begin(connection: Connection) -> None:
    execute(connection, "BEGIN", ())


class _Begin:
    """A write takes its lock at once: a read lock that grows into a write lock fails without waiting when another writer came between."""

    def __init__(self) -> None:
        self._lock = WriteLock(BUSY_MILLISECONDS / 1000)

    def __call__(self, connection: Connection) -> None:
        self._lock.take(lambda: execute(connection, "BEGIN IMMEDIATE", ()), _is_busy)


def _is_busy(error: Exception) -> bool:
    return str(getattr(getattr(error, "orig", None), "sqlite_errorname", "")).startswith("SQLITE_BUSY")
