"""Lets one call of the database fail, whoever makes it: SQLAlchemy, or the ledger's own way to the driver."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from sqlalchemy import event

from gateway.ledger import dialect
from gateway.ledger.ledger import Ledger


class FailsAt:
    """Lets the statement number `at` (commits count too) fail once with `error`, as the driver would raise it."""

    def __init__(self, at: int, name: str) -> None:
        self.calls = 0
        self.at = at
        self.error = sqlite3.OperationalError("made by the test")
        self.error.sqlite_errorname = name

    def __call__(self, *_: Any) -> None:
        self.calls += 1
        if self.calls == self.at:
            raise self.error


@pytest.fixture
def fail_at(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int, str], FailsAt]]:
    hooked: list[tuple[Any, str, FailsAt]] = []
    by_driver = {name: getattr(dialect, name) for name in ("execute", "execute_each", "insert")}

    def install(at: int, name: str) -> FailsAt:
        failing = FailsAt(at, name)
        assert ledger._connection is not None
        engine = ledger._connection.engine

        def before(really: Callable[..., Any], *given: Any) -> Any:
            failing()
            return really(*given)

        for hook in ("before_cursor_execute", "commit"):
            event.listen(engine, hook, failing)
            hooked.append((engine, hook, failing))
        for called, really in by_driver.items():
            monkeypatch.setattr(dialect, called, partial(before, really))
        return failing

    yield install
    for engine, hook, failing in hooked:
        if event.contains(engine, hook, failing):
            event.remove(engine, hook, failing)
