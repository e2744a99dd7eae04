"""`gateway forget`, `gateway key`, `gateway trace --lookups`, `gateway schema kept`: what an admin types, and what comes of it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from gateway.cli import gateway
from gateway.ledger.kept import page
from gateway.ledger.key_file import read_or_create_key
from gateway.ledger.ledger import Ledger
from gateway.ledger.tables import HASH, metadata
from tests.ledger.given import RESIDENT, Clock, Rules, an_inquiry
from tests.ledger.rows import record_together

ROOT = Path(__file__).parents[2]


def ran(*arguments: object, status: int = 0) -> str:
    result = CliRunner().invoke(gateway, [str(each) for each in arguments], catch_exceptions=False)
    assert result.exit_code == status, result.output
    return result.output


@pytest.fixture(name="config")
def _config(tmp_path: Path) -> Path:
    """A ledger with an inquiry of 500 days ago and one of 40 days ago, neither month closed."""
    path = tmp_path / "gateway.toml"
    folders = "\n".join(f'{name} = "{ROOT / name}"' for name in ("policies", "templates", "signatures"))
    path.write_text(f'[ledger]\nurl = "sqlite:///gateway.db"\n[paths]\nstate = "state"\n{folders}\n', encoding="utf-8")
    now = datetime.now(UTC)
    ledger = Ledger(f"sqlite:///{tmp_path}/gateway.db", key=read_or_create_key(tmp_path / "state" / "gateway.key"), clock=lambda: now)
    ledger.open()
    for name, days in (("old", 500), ("new", 40)):
        clock = Clock(now - timedelta(days=days))
        record_together(ledger, Rules(clock), clock, an_inquiry(name, at=clock.now))
    with ledger.writing() as connection:
        connection.execute(metadata.tables["notice"].update().values(state="sent"))
        connection.execute(metadata.tables["service_case"].update().values(responded_at=now))
    ledger.close()
    return path


def counted(config: Path, table: str = "message") -> int:
    with closing(sqlite3.connect(config.parent / "gateway.db")) as connection:
        number: int = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    return number


def test_alone_it_erases_nothing(config: Path) -> None:
    assert ran("forget", "--config", config).startswith("1 would go: message, before ")
    assert counted(config) == 2


def test_before_a_day(config: Path) -> None:
    day = (datetime.now(UTC) - timedelta(days=450)).date()
    assert json.loads(ran("forget", "--config", config, "--before", day, "--json", "--dry-run"))["rows"]["message"] == 1
    assert counted(config) == 2
    found: dict[str, Any] = json.loads(ran("forget", "--config", config, "--before", day, "--json"))
    assert (found["dry_run"], found["hold"], found["rows"]["message"]) == (False, None, 1)
    assert counted(config) == counted(config, "service_case") == 1


def test_not_before_its_month_is_closed(config: Path) -> None:
    today = datetime.now(UTC).date()
    said = ran("forget", "--config", config, "--before", today, status=1)
    assert "is not closed, and its figures would go with its messages; close it (gateway report --close " in said
    assert said.count("\n") == 1
    assert counted(config) == 2


def test_a_hold(config: Path) -> None:
    ran("forget", "--config", config, "--hold", "access request 2026-17")
    for what in (("--before", "2020-01-01"), ("--correspondent", RESIDENT)):
        assert "a hold stands (access request 2026-17)" in ran("forget", "--config", config, *what, status=1)
    assert ran("forget", "--config", config, "--release") == "1 released.\n"
    ran("forget", "--config", config, "--before", "2020-01-01")


def test_a_correspondent(config: Path) -> None:
    assert ran("forget", "--config", config, "--correspondent", RESIDENT, "--dry-run").startswith("Tied to this person: 2 messages, 2 notices")
    assert ran("forget", "--config", config, "--correspondent", RESIDENT) == "2 messages unlinked. Nothing is left.\n"
    assert counted(config) == 2, "the figures count them still"
    ran("trace", RESIDENT, "--config", config, status=1)
    assert "nothing is known" in ran("forget", "--config", config, "--correspondent", "nobody@example.org", status=1)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--before", "yesterday"), "does not match the format"),
        (("--before", "2026-01-01", "--release"), "name one"),
        (("--correspondent", "somebody"), "write an address, such as"),
        (("--hold", " "), "say why"),
        (("--hold", "x", "--dry-run"), "a hold is set or released at once"),
    ],
)
def test_bad_input(config: Path, arguments: tuple[str, ...], said: str) -> None:
    assert said in ran("forget", "--config", config, *arguments, status=2)
    assert counted(config) == 2
    assert counted(config, "hold") == counted(config, "erasure") == 0


def test_without_a_ledger_none_is_made(config: Path) -> None:
    (config.parent / "gateway.db").unlink()
    assert "there is no ledger yet" in ran("forget", "--config", config, "--before", "2020-01-01", status=2)
    assert not (config.parent / "gateway.db").exists()


def test_each_look_up_is_recorded(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_USER", "the-clerk")
    ran("trace", RESIDENT, "--config", config)
    ran("trace", "<old@example.org>", "--config", config)
    ran("findings", "list", "--person", "anna@toronto.example", "--config", config)
    found = json.loads(ran("trace", "--lookups", "--json", "--config", config))
    assert [(each["who"], each["what"]) for each in found] == [("the-clerk", what) for what in ("correspondent", "message", "findings")]
    assert [each["what"] for each in json.loads(ran("trace", RESIDENT, "--lookups", "--json", "--config", config))] == ["correspondent"]
    assert "the-clerk  findings" in ran("trace", "--lookups", "--config", config)
    assert RESIDENT not in ran("trace", "--lookups", "--config", config)


def test_a_person_is_not_looked_up_without_a_record(config: Path) -> None:
    """Somebody holds the ledger's lock."""
    with closing(sqlite3.connect(config.parent / "gateway.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        said = ran("trace", RESIDENT, "--config", config, status=2)
        assert said == "error: each look-up of a person is recorded, and the ledger takes no record now (locked); try again when it is well\n"
        assert "warning: the ledger takes no record of this look-up now (locked)\n" in ran("trace", "<old@example.org>", "--config", config)


def test_the_key_is_rotated_and_nobody_forgotten(config: Path) -> None:
    path = config.parent / "state" / "gateway.key"
    before = path.read_bytes()
    assert "Restart the gateway now" in ran("key", "rotate", "--config", config)
    assert path.read_bytes() != before
    assert ran("key", "list", "--config", config).count("put aside") == 1
    assert len(json.loads(ran("trace", RESIDENT, "--config", config, "--json"))) > 2
    assert ran("key", "destroy", "--config", config) == "0 destroyed.\n", "rows under it are kept for 13 months"
    (path.parent / "gateway.key.old").write_text(f"{datetime.now(UTC) - timedelta(days=800)} {before.hex()}\n".replace(" ", "T", 1))
    assert ran("key", "destroy", "--config", config) == "1 destroyed.\n"


def test_no_key_is_rotated_where_there_is_none(config: Path) -> None:
    (config.parent / "state" / "gateway.key").unlink()
    assert "there is no key yet" in ran("key", "rotate", "--config", config, status=2)


def test_the_page_of_what_is_kept_is_true() -> None:
    written = (ROOT / "docs" / "kept.md").read_text(encoding="utf-8")
    assert written == ran("schema", "kept") == page(), "run: gateway schema kept > docs/kept.md"
    for table in metadata.sorted_tables:
        assert f"| `{table.name}` |" in written
        for column in table.columns:
            assert f"`{column.name}`{'#' if column.type is HASH else ''}" in written


def test_invented_history_is_counted_to_the_last_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    said = ran("demo", "--history", 500, "--folder", tmp_path / "one")
    assert said.splitlines()[-1] == f"gateway report --config {tmp_path / 'one' / 'gateway.toml'}"
    whole = json.loads(ran("report", "--config", tmp_path / "one" / "gateway.toml", "--since", (datetime.now(UTC) - timedelta(days=370)).date(),
                           "--until", datetime.now(UTC).date(), "--json"))  # fmt: skip
    assert whole["messages"]["seen"] == 500
