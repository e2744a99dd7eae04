"""Times that commands print are on the City's clock and say so, wherever the machine stands."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli import gateway
from gateway.cli.local_times import city_zone, local
from gateway.ledger import look_ups
from gateway.ledger.key_file import read_or_create_key
from gateway.ledger.ledger import Ledger
from gateway.settings import load_settings

ROOT = Path(__file__).parents[2]
SUMMER, WINTER = datetime(2026, 7, 1, 14, 5, 7, tzinfo=UTC), datetime(2026, 11, 16, 15, 5, 7, tzinfo=UTC)


@pytest.fixture(name="config")
def _config(tmp_path: Path) -> Path:
    """The City's policy alone: it is not good, and tells the zone all the same."""
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "city.yaml").write_text("time_zone: America/Toronto\nhours: [\n", encoding="utf-8")
    (tmp_path / "state").mkdir()
    path = tmp_path / "gateway.toml"
    path.write_text('[ledger]\nurl = "sqlite:///gateway.db"\n[paths]\nstate = "state"\n', encoding="utf-8")
    ledger = Ledger(f"sqlite:///{tmp_path}/gateway.db", key=read_or_create_key(tmp_path / "state" / "gateway.key"), clock=lambda: WINTER)
    ledger.open()
    with ledger.writing() as connection:
        look_ups.note(connection, SUMMER, "robin", "message", None)
        look_ups.note(connection, WINTER, "robin", "message", None)
    ledger.close()
    return path


@pytest.fixture(name="_tokyo", autouse=True)
def _in_tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_on_the_clock_of_the_city(config: Path) -> None:
    city = config.parent / "policies" / "city.yaml"
    city.write_text("time_zone: America/Toronto\n", encoding="utf-8")
    said = CliRunner().invoke(gateway, ["trace", "--lookups", "--config", str(config)]).stdout
    assert [line.partition("  ")[0] for line in said.splitlines()] == ["2026-07-01 10:05:07 EDT", "2026-11-16 10:05:07 EST"]
    assert local(WINTER, city_zone(load_settings(config))) == "2026-11-16 10:05 EST"
    assert local(None, None) == "-"


def test_a_policy_that_cannot_be_read_hides_nothing(config: Path) -> None:
    """Neither on disk nor in the ledger: then it is the machine's clock, which is said, too."""
    said = CliRunner().invoke(gateway, ["trace", "--lookups", "--config", str(config)]).stdout
    assert said.startswith("2026-07-01 23:05:07 JST  robin")


def test_no_command_prints_the_clock_of_the_machine() -> None:
    """`local` is the one way; a bare `astimezone()` would be the machine's zone."""
    found = [path.name for path in (ROOT / "gateway" / "cli").glob("*.py") if re.search(r"astimezone\(\)|%H:%M(?!.*%Z)", path.read_text("utf-8"))]
    assert sorted(found) == ["doctor_checks.py"], "which says UTC itself"
