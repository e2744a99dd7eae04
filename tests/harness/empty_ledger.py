"""An empty ledger is made by all revisions once in each test process, and from what came of them after that: 4 ms, no longer 40."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, inspect

from gateway.ledger import migrations

_made: list[str] = []
_run_revisions = migrations._upgrade


def _upgrade(connection: Connection) -> None:
    if connection.dialect.name != "sqlite" or inspect(connection).get_table_names():
        _run_revisions(connection)
    elif _made:
        for statement in _made:
            connection.exec_driver_sql(statement)
    else:
        _run_revisions(connection)
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        _made.extend(each for each in driver.iterdump() if each not in ("BEGIN TRANSACTION;", "COMMIT;"))


@contextmanager
def made_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(migrations, "_upgrade", _upgrade)
        yield


@contextmanager
def made_by_revisions() -> Iterator[None]:
    """For who tests the revisions."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(migrations, "_upgrade", _run_revisions)
        yield
