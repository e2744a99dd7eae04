"""`gateway measure set|list`: what is entered is in the report, and what cannot be entered is one line, nothing stored."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli import gateway
from gateway.ledger.ledger import Ledger

ROOT = Path(__file__).parents[2]


@pytest.fixture(name="config")
def _config(tmp_path: Path) -> Path:
    from datetime import UTC, datetime

    from gateway.ledger.key_file import read_or_create_key

    path = tmp_path / "gateway.toml"
    folders = "\n".join(f'{name} = "{ROOT / name}"' for name in ("policies", "templates", "signatures"))
    path.write_text(f'[ledger]\nurl = "sqlite:///gateway.db"\n[paths]\nstate = "state"\n{folders}\n', encoding="utf-8")
    (tmp_path / "state").mkdir()
    key = read_or_create_key(tmp_path / "state" / "gateway.key")
    ledger = Ledger(f"sqlite:///{tmp_path}/gateway.db", key=key, clock=lambda: datetime.now(UTC))
    ledger.open()
    ledger.close()
    return path


def ran(config: Path, *arguments: str, status: int = 0) -> str:
    result = CliRunner().invoke(gateway, [*arguments, "--config", str(config)], catch_exceptions=False)
    assert result.exit_code == status, result.output
    return result.output


def test_enter_correct_and_report(config: Path) -> None:
    options = ("measure", "set", "internal-audit", "administrative-time")
    assert ran(config, *options, "21", "--period", "2025-Q3") == "internal-audit, administrative-time, 2025-Q3: 21; target less than 20 %: missed\n"
    said = ran(config, *options, "17,5 %", "--period", "2025-Q3")
    assert said == "internal-audit, administrative-time, 2025-Q3: 17.5, in place of 21; target less than 20 %: met\n"
    ran(config, "measure", "set", "strategic-corporate-policy", "engagement-options", "9 of 9", "--period", "2025-Q4")
    listed = json.loads(ran(config, "measure", "list", "--json"))
    assert [(each["value"], each["out_of"], each["counts"]) for each in listed] == [(21.0, None, False), (17.5, None, True), (9.0, 9.0, True)]
    assert "never" in ran(config, "measure", "list", "--division", "human-resources")
    report = json.loads(ran(config, "report", "--period", "2025", "--json"))
    found = {(each["measure"], each["period"]): each for each in report["measures"]}
    assert found["administrative-time", "2025-Q3"]["note"] == "restated; entered before: 21"
    assert found["engagement-options", "2025-Q4"]["met"] is True
    assert found["audit-clients", "2025-01 to 2025-12"]["shown"] == "no answers"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("internal-audti", "administrative-time", "1", "--period", "2025"), "did you mean 'internal-audit'?"),
        (("internal-audit", "administrative-times", "1", "--period", "2025"), "did you mean 'administrative-time'?"),
        (("human-resources", "zzz", "1", "--period", "2025"), "it has learning-events"),
        (("equity-diversity-human-rights", "zzz", "1", "--period", "2025"), "declares none"),
        (("internal-audit", "administrative-time", "much", "--period", "2025"), "'much' is not a number"),
        (("internal-audit", "administrative-time", "nan", "--period", "2025"), "'nan' is not a number"),
        (("internal-audit", "administrative-time", "10 of 9", "--period", "2025"), "more than all"),
        (("internal-audit", "administrative-time", "-5", "--period", "2025-Q3"), "'-5' cannot be: administrative-time is a share: write 0 to 100"),
        (("internal-audit", "administrative-time", "140", "--period", "2025-Q3"), "'140' cannot be: administrative-time is a share"),
        (("strategic-corporate-policy", "engagement-options", "100.5 %", "--period", "2025-Q3"), 'or one such as "9 of 12"'),
        (("strategic-corporate-policy", "advice-assessment", "-0.1", "--period", "2025"), "advice-assessment is 0 or more; where less can be"),
        (("human-resources", "learning-events", "43", "--period", "2025-Q3"), "learning-events is a number from 1 to 5"),
        (("human-resources", "learning-events", "4 of 100", "--period", "2025-Q3"), "learning-events is a number from 1 to 5"),
        (("internal-audit", "administrative-time", "--period", "2025"), "Missing argument 'VALUE'"),
        (("strategic-corporate-policy", "advice-assessment", "1", "--period", "2025-Q3"), "entered for each year, such as 2026"),
        (("human-resources", "learning-events", "4", "--period", "2025-10"), "entered for each quarter, such as 2026-Q3"),
        (("internal-audit", "administrative-time", "1", "--period", "2199-Q1"), "has not begun yet"),
        (("internal-audit", "administrative-time", "1", "--period", "soon"), "is not a date"),
    ],
)
def test_one_line_and_nothing_stored(config: Path, arguments: tuple[str, ...], said: str) -> None:
    output = ran(config, "measure", "set", *arguments, status=2)
    assert said in output
    assert json.loads(ran(config, "measure", "list", "--json")) == []
