"""The schema is what the revisions make of it, and a newer one is left alone."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from gateway.ledger import migrations
from gateway.ledger.errors import LedgerUnavailable, NewerLedger
from gateway.ledger.ledger import Ledger
from gateway.ledger.tables import metadata, notice, outgoing
from tests.harness.empty_ledger import made_by_revisions, made_once
from tests.ledger.given import KEY, Clock, Rules, an_inquiry
from tests.ledger.rows import record_together


@pytest.fixture(autouse=True)
def _real_revisions() -> Iterator[None]:
    with made_by_revisions():
        yield


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")  # the next test compares them
@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based index")
def test_all_revisions_in_turn_give_the_schema(ledger: Ledger) -> None:
    with ledger.writing() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []


def test_on_sqlite_they_give_it_to_the_letter(tmp_path: Path) -> None:
    """compare_metadata does not see everything, such as the condition of an index."""
    Ledger(f"sqlite:///{tmp_path}/migrated.db", key=KEY, clock=Clock()).open()
    metadata.create_all(create_engine(f"sqlite:///{tmp_path}/created.db"))
    migrated, created = (_schema(tmp_path / name) for name in ("migrated.db", "created.db"))
    assert migrated == created


def test_what_the_other_tests_begin_with_is_what_the_revisions_make(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.db" for number in range(3)]
    for path, made in zip(paths, (made_by_revisions, made_once, made_once), strict=True):
        with made():
            ledger = Ledger(f"sqlite:///{path}", key=KEY, clock=Clock())
            ledger.open()
            ledger.close()
    revisions, *copies = (list(sqlite3.connect(path).iterdump()) for path in paths)
    assert len(revisions) > 50
    assert copies == [revisions, revisions]


def _schema(database: Path) -> dict[str, list[str]]:
    """Each object with its parts; in which order a table names its columns and constraints does not matter."""
    with closing(sqlite3.connect(database)) as connection:
        found = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name != 'alembic_version'")
        return {name: sorted(" ".join(part.split()) for part in re.split(r",(?![^(]*\))", sql.rstrip().removesuffix(")"))) for name, sql in found}


def test_the_list_of_revisions_is_what_lies_in_the_folder() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    found = [each.revision for each in ScriptDirectory.from_config(config).walk_revisions()]
    assert tuple(reversed(found)) == migrations.REVISIONS


def test_a_ledger_of_a_newer_gateway_is_not_touched(ledger_url: str, ledger: Ledger) -> None:
    with ledger.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    ledger.close()
    again = Ledger(ledger_url, key=KEY, clock=Clock())
    with pytest.raises(NewerLedger, match=r"schema 9999.*start the newer gateway"):
        again.open()
    assert again.state.why == "newer"
    with pytest.raises(LedgerUnavailable), again.writing():
        pytest.fail("a newer ledger must not be written")


def test_a_ledger_of_revision_0009_gets_its_indexes_by_span(ledger_url: str, ledger: Ledger, rules: Rules, clock: Clock) -> None:
    """With its rows, which are found as before; `downgrade` is no one's business, so the older indexes are put back by hand."""
    record_together(ledger, rules, clock, an_inquiry())
    now = _schema(Path(ledger_url.removeprefix("sqlite:///")))
    with ledger.writing() as connection:
        for statement in (
            "DROP INDEX ix_message_correspondent",
            "DROP INDEX ix_notice_correspondent",
            "DROP INDEX ix_notice_refused",
            "CREATE INDEX ix_message_correspondent ON message (correspondent)",
            "CREATE INDEX ix_notice_correspondent_created_at ON notice (correspondent, created_at)",
            "UPDATE alembic_version SET version_num = '0009'",
        ):
            connection.execute(text(statement))
    ledger.close()
    again = Ledger(ledger_url, key=KEY, clock=clock)
    again.open()
    assert _schema(Path(ledger_url.removeprefix("sqlite:///"))) == now
    record_together(again, rules, clock, an_inquiry("two"))
    assert rules.histories[-1].acknowledgements_to_correspondent == 1
    again.close()


def test_opening_again_keeps_what_is_there(ledger_url: str, ledger: Ledger, rules: Rules, clock: Clock) -> None:
    record_together(ledger, rules, clock, an_inquiry())
    ledger.close()
    again = Ledger(ledger_url, key=KEY, clock=clock)
    again.open()
    [repeat] = record_together(again, rules, clock, an_inquiry())
    assert repeat.repeated
    again.close()


def test_addresses_and_text_stand_in_one_table_only() -> None:
    """Privacy by schema: who adds a column for an address finds this test."""
    named = {f"{table.name}.{column.name}" for table in metadata.sorted_tables for column in table.columns}
    suspicious = {name for name in named if any(word in name for word in ("rcpt", "mail_from", "octets", "subject", "address", "body", "name"))}
    assert suspicious == {"outgoing.mail_from", "outgoing.rcpt_to", "outgoing.octets"}
    assert [key.column.table for key in outgoing.foreign_keys] == [notice]


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://x/y", "nonsense", "postgresql://u:secret@h/d"])
def test_a_url_that_cannot_be_served_is_said_without_its_password(url: str) -> None:
    with pytest.raises(ValueError, match="ledger") as caught:
        Ledger(url, key=KEY, clock=Clock())
    assert "secret" not in str(caught.value)
