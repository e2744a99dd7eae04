"""Statements of the batch: made with SQLAlchemy, compiled once, then handed to the driver as they are.

SQLAlchemy's execution layer costs several times what SQLite itself does for such a statement, and SQLite's driver lets go of the
interpreter at each step: for the ledger's thread, which shares it with the event loop, few and large statements are what counts.
Decides nothing about rows; what differs between engines is `dialect.py`'s. Errors are SQLAlchemy's own, as everywhere in this room.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import BindParameter, Connection, Delete, Select, Subquery, Table, Update, text
from sqlalchemy.types import TypeEngine

from gateway.ledger import dialect

MOST_ROWS = 32
"""Rows of one statement; fewer are written in powers of two, so that the driver has few statements to remember."""

_GIVEN = "(_GIVEN_)"
_Convert = Callable[[Any], Any]


class _Prepared:
    """A statement as the driver takes it, and what its values need. Compiled at first use: many commands need none of them."""

    def __init__(self, statement: Select[Any] | Update | Delete) -> None:
        self._statement = statement
        self._sql = ""
        self._convert: list[tuple[str, _Convert]] = []

    def sql(self) -> str:
        if not self._sql:
            self._compile()
        return self._sql

    def values(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Python's values in the engine's form."""
        values = dict(given)
        for name, convert in self._convert:
            values[name] = convert(values[name])
        return values

    def _compile(self) -> None:
        compiled: Any = self._statement.compile(dialect=dialect.NAMED)
        binds = {name: compiled.binds[name] for name in compiled.params}
        asked = {name: each for name, each in binds.items() if each.required}
        lists = {name for name, each in asked.items() if each.expanding}
        convert = {name: dialect.as_list if name in lists else _to_driver(each.type) for name, each in asked.items()}
        self._convert = [(name, each) for name, each in convert.items() if each is not None]
        fixed = {name: _written(compiled, each) for name, each in binds.items() if not each.required}
        self._sql = dialect.with_lists(dialect.with_literals(str(compiled), fixed), lists)


def _written(compiled: Any, bind: BindParameter[Any]) -> str:
    """A value that the statement itself names, as SQL: engines choose their plan by it, and SQLite would choose anew at each execution."""
    values: Any = bind.value if bind.expanding else [bind.value]
    return ", ".join(compiled.render_literal_value(each, bind.type) for each in values)


class Query(_Prepared):
    """A SELECT. Its lists of texts or numbers are `bindparam(..., expanding=True)`."""

    def __init__(self, statement: Select[Any]) -> None:
        super().__init__(statement)
        self._columns = statement.selected_columns
        self._row: Callable[[Sequence[Any]], Any] | None = None

    def rows(self, connection: Connection, **values: Any) -> list[Any]:
        """All of them, with their columns by name."""
        found = dialect.execute(connection, self.sql(), self.values(values))
        if not found:
            return []
        make = self._row = self._row or self._row_maker()
        return [make(each) for each in found]

    def scalars(self, connection: Connection, **values: Any) -> list[Any]:
        """The first column of all rows."""
        return [row[0] for row in self.rows(connection, **values)]

    def _row_maker(self) -> Callable[[Sequence[Any]], Any]:
        shape: Any = namedtuple("Row", [each.name for each in self._columns])  # type: ignore[misc]  # noqa: PYI024 - fields known at run time
        convert = [(place, each) for place, column in enumerate(self._columns) if (each := _from_driver(column.type)) is not None]

        def row(found: Sequence[Any]) -> Any:
            values = list(found)
            for place, each in convert:
                values[place] = each(values[place])
            return shape._make(values)

        return row if convert else shape._make


class Change(_Prepared):
    """An UPDATE or DELETE, run once for each of some sets of values."""

    def __init__(self, statement: Update | Delete) -> None:
        super().__init__(statement)

    def each(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        if rows:
            dialect.execute_each(connection, self.sql(), [self.values(row) for row in rows])


class Together:
    """An UPDATE or DELETE for some sets of values at once: `make` has them as the rows of a table with these columns. No two may fit one row."""

    def __init__(self, columns: Mapping[str, TypeEngine[Any]], make: Callable[[Subquery], Update | Delete]) -> None:
        named = ", ".join(f"column{number} AS {name}" for number, name in enumerate(columns, 1))
        given = text(f"SELECT {named} FROM (VALUES {_GIVEN}) AS listed")  # noqa: S608 - names of the code
        self._statement = make(given.columns(**columns).subquery("given"))
        self._columns = columns
        self._sql: dict[int, str] = {}
        self._convert: list[tuple[int, _Convert]] = []

    def run(self, connection: Connection, rows: Sequence[Sequence[Any]]) -> None:
        waiting = iter(rows)
        for together in _in_statements(len(rows)):
            sql = self._sql.get(together) or self._compile(together)
            values: list[Any] = []
            for row in islice(waiting, together):
                values += _converted(row, self._convert)
            dialect.execute(connection, sql, values)

    def _compile(self, rows: int) -> str:
        self._convert = [(place, each) for place, type_ in enumerate(self._columns.values()) if (each := _to_driver(type_)) is not None]
        sql = str(self._statement.compile(dialect=dialect.NAMED, compile_kwargs={"literal_binds": True}))
        row = f"({', '.join('?' * len(self._columns))})"
        self._sql[rows] = sql.replace(_GIVEN, ", ".join([row] * rows))
        return self._sql[rows]


class Rows:
    """New rows of one table."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._shapes: dict[tuple[str, ...], tuple[str, list[tuple[int, _Convert]]]] = {}

    def write(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """All with the columns of the first one. Raises IntegrityError."""
        self.numbered(connection, rows)

    def numbered(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> range:
        """The same; which numbers they got, in their order. Meant for tables that have an `id`, and rows that do not name it."""
        if not rows:
            return range(0)
        last, columns = 0, tuple(rows[0])
        start, convert = self._shapes.get(columns) or self._shape(columns)
        place = f"({', '.join('?' * len(columns))})"
        waiting = iter(rows)
        for together in _in_statements(len(rows)):
            values: list[Any] = []
            for row in islice(waiting, together):
                values += _converted([row[name] for name in columns], convert)
            last = dialect.insert(connection, start + ", ".join([place] * together), values)
        return range(last - len(rows) + 1, last + 1)

    def _shape(self, columns: tuple[str, ...]) -> tuple[str, list[tuple[int, _Convert]]]:
        names = ", ".join(f'"{name}"' for name in columns)
        convert = [(at, each) for at, name in enumerate(columns) if (each := _to_driver(self._table.c[name].type)) is not None]
        self._shapes[columns] = (f'INSERT INTO "{self._table.name}" ({names}) VALUES ', convert)  # noqa: S608 - names of the schema
        return self._shapes[columns]


def _in_statements(rows: int) -> Iterator[int]:
    """How many of them each statement takes."""
    while rows:
        together = min(1 << rows.bit_length() - 1, MOST_ROWS)
        yield together
        rows -= together


def _converted(row: Sequence[Any], convert: Sequence[tuple[int, _Convert]]) -> list[Any]:
    values = list(row)
    for place, each in convert:
        values[place] = each(values[place])
    return values


def _to_driver(type_: TypeEngine[Any]) -> _Convert | None:
    return type_.dialect_impl(dialect.NAMED).bind_processor(dialect.NAMED)


def _from_driver(type_: TypeEngine[Any]) -> _Convert | None:
    return type_.dialect_impl(dialect.NAMED).result_processor(dialect.NAMED, None)
