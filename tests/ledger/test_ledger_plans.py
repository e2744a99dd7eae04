"""No statement of a batch, of a settlement or of a new key reads through a table that grows: each goes by an index, whatever the ledger's size."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator

from sqlalchemy import func, select, text

from gateway import ledger as room
from gateway.ledger import dialect, erasure, rekeying
from gateway.ledger.ledger import Ledger
from gateway.ledger.prepared import Change, Query, Together
from gateway.ledger.tables import notice

_READ_THROUGH = re.compile(r"^SCAN (message|notice|outgoing|service_case|sighting|sender|thread|reopening|finding|reminder|mailbox_hour)\b")


class _Anything(dict[str, int]):
    def __missing__(self, name: str) -> int:
        return 0


def _statements() -> Iterator[tuple[str, str]]:
    """Name and SQL of each."""
    for module in pkgutil.iter_modules(room.__path__):
        if module.name != "migrations":
            for name, each in vars(importlib.import_module(f"gateway.ledger.{module.name}")).items():
                if isinstance(each, Query | Change):
                    yield f"{module.name}.{name}", each.sql()
                elif isinstance(each, Together):
                    yield f"{module.name}.{name}", each._compile(1).replace("?", "0")
    for number, statement in enumerate((*rekeying._ADDRESS, *rekeying._MESSAGE_ID, rekeying._DOMAIN)):
        yield f"rekeying {number} of {statement.table.name}", Change(statement).sql()


def test_each_goes_by_an_index(ledger: Ledger) -> None:
    found = list(_statements())
    assert len(found) > 25
    with ledger.writing() as connection:
        plans = {name: [row[3] for row in dialect.execute(connection, f"EXPLAIN QUERY PLAN {sql}", _Anything())] for name, sql in found}
    assert {name: plan for name, plan in plans.items() if any(map(_READ_THROUGH.search, plan))} == {}
    assert {name for name, plan in plans.items() if "ix_notice_correspondent (<expr>=? AND correspondent=?" in " ".join(plan)} == {
        "sending._SENT_TO",
        "sending._ACKNOWLEDGED_FOR",
        "rekeying 3 of notice",
    }


def test_the_history_of_a_person_goes_by_span(ledger: Ledger) -> None:
    for statement in (select(func.count()).where(erasure._WRITTEN, notice.c.correspondent == "x"), select(1).where(erasure._of("x", ledger.clock()))):
        sql = statement.compile(dialect=dialect.NAMED, compile_kwargs={"literal_binds": True})
        with ledger.reading() as connection:
            plan = [row[3] for row in connection.execute(text(f"EXPLAIN QUERY PLAN {sql}"))]
        assert any(re.search(r"SEARCH (message|notice) USING .*INDEX ix_\w+_correspondent \(<expr>=\? AND correspondent=\?", step) for step in plan)
        assert not any(map(_READ_THROUGH.search, plan))
