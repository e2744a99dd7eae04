"""`gateway explain` and `gateway findings` on mail from staff."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from gateway.cli import gateway
from gateway.ledger.ledger import Ledger
from gateway.ledger.tables import finding
from tests.warnings.staff_rig import DIRECTORY, Stage, absence, at, mail, shipped

ROBIN = "Robin Sample <robin.sample@toronto.example>"
ROOT = Path(__file__).parents[2]


@pytest.fixture(name="config")
def _config(tmp_path: Path) -> Path:
    (tmp_path / "staff.csv").write_text(DIRECTORY, encoding="utf-8")
    path = tmp_path / "gateway.toml"
    folders = "\n".join(f'{name} = "{ROOT / name}"' for name in ("policies", "templates", "signatures"))
    path.write_text(f'[ledger]\nurl = "sqlite:///gateway.db"\n[paths]\nstate = "state"\ndirectory = "staff.csv"\n{folders}\n', encoding="utf-8")
    return path


def ran(*arguments: object, status: int = 0) -> str:
    result = CliRunner().invoke(gateway, [str(each) for each in arguments], catch_exceptions=False)
    assert result.exit_code == status, result.output
    return result.output


def explained(config: Path, octets: bytes, *more: str) -> dict[str, Any]:
    message = config.parent / "message.eml"
    message.write_bytes(b"Date: Mon, 16 Nov 2026 09:05:00 -0500\r\n" + octets)
    found: dict[str, Any] = json.loads(ran("explain", message, "--config", config, "--json", *more))
    return found


def test_explain_shows_what_is_found_and_told(config: Path) -> None:
    staff = explained(config, absence(ROBIN, "I will be back on Monday, November 30.\n"))["staff"]
    assert (staff["division"], staff["known_by"]) == ("human-resources", "directory")
    assert staff["findings"] == [{"kind": "no-alternate", "detail": []}]
    assert (staff["warning"]["send"], staff["warning"]["reason"]) == (True, "told")
    assert staff["warning"]["not_before"] == "2026-11-16T09:05:00-05:00"
    assert "416-555-0142" in staff["warning"]["preview"]


def test_explain_says_why_nobody_is_told(config: Path) -> None:
    staff = explained(config, mail(ROBIN, "Yes.\n\nThanks,\nRobin\n"))["staff"]
    assert [each["kind"] for each in staff["findings"]] == ["signature"]
    assert staff["warning"]["reason"] == "not-often-enough"
    assert staff["warning"]["preview"] is None
    assert explained(config, mail("Anna <anna@example.org>", "Hi", "hr@toronto.example"))["staff"] is None


def test_explain_in_text(config: Path) -> None:
    message = config.parent / "message.eml"
    message.write_bytes(absence(ROBIN, "I will be back on Monday, November 30.\n"))
    said = ran("explain", message, "--config", config, "--at", "2026-11-16T09:05")
    assert "human-resources (known by directory); found no-alternate; told on" in said


def test_a_directory_that_cannot_be_read_is_said(config: Path) -> None:
    (config.parent / "staff.csv").unlink()
    assert "staff.csv:1:1: error: cannot be read" in ran("check", "--config", config, status=1)


def test_disputed_findings_are_listed_and_upheld(config: Path) -> None:
    from gateway.ledger.key_file import read_or_create_key

    (config.parent / "state").mkdir()
    key = read_or_create_key(config.parent / "state" / "gateway.key")
    ledger = Ledger(f"sqlite:///{config.parent}/gateway.db", key=key, clock=lambda: at("2026-11-16"))
    ledger.open()
    stage = Stage(ledger, shipped())
    stage.writes(at("2026-11-16"), absence(ROBIN, "I will be back on Monday, November 30.\n"))
    stage.writes(at("2026-11-16", "10:00"), mail(ROBIN, "MISTAKE", "service-promise-help@toronto.example"))
    found = json.loads(ran("findings", "list", "--disputed", "--json", "--config", config))
    assert [(each["kind"], each["division"]) for each in found] == [("no-alternate", "human-resources")]
    assert json.loads(ran("findings", "list", "--person", "robin.sample@toronto.example", "--json", "--config", config))[0]["kind"] == "no-alternate"
    assert "robin" not in ran("findings", "list", "--config", config).lower()
    events = ran("trace", "robin.sample@toronto.example", "--config", config)
    assert all(word in events for word in ("found: no-alternate", "told: no-alternate", "disputed: no-alternate"))
    assert ran("findings", "uphold", found[0]["id"], "--config", config) == "1 count again.\n"
    assert ran("findings", "list", "--disputed", "--config", config) == "There are none.\n"
    ran("findings", "uphold", found[0]["id"], "--config", config, status=1)
    assert [each["disputed_at"] for each in stage.rows(finding) if each["kind"] == "no-alternate"] == [None]
    ledger.close()
