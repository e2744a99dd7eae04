"""The commands that docs/surveys.md shows, with the edit that it shows, say what it shows."""

from __future__ import annotations

import re
import shlex
import shutil
from datetime import UTC, datetime
from pathlib import Path

from click.testing import CliRunner

from gateway.cli import gateway
from gateway.ledger.key_file import read_or_create_key
from gateway.ledger.ledger import Ledger

ROOT = Path(__file__).parents[2]
DOCS = (ROOT / "docs" / "surveys.md").read_text("utf-8")


def test_what_the_page_shows_is_so(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "policies", tmp_path / "policies")
    file = tmp_path / "policies" / "internal-audit.yaml"
    [edit] = re.findall(r"```yaml\n(rollout: .*\n)```", DOCS)
    text, edits = re.subn(r"(?m)^rollout: .*\n", edit, file.read_text("utf-8"))
    assert edits == 1
    file.write_text(text, "utf-8")
    config = tmp_path / "gateway.toml"
    config.write_text(
        'organization_domains = ["toronto.example"]\n[notices]\nreturn_path = "bounces@toronto.example"\n'
        f'[ledger]\nurl = "sqlite:///gateway.db"\n[paths]\nstate = "state"\ntemplates = "{ROOT}/templates"\nsignatures = "{ROOT}/signatures"\n',
        "utf-8",
    )
    (tmp_path / "state").mkdir()
    ledger = Ledger(f"sqlite:///{tmp_path}/gateway.db", key=read_or_create_key(tmp_path / "state" / "gateway.key"), clock=lambda: datetime.now(UTC))
    ledger.open()
    ledger.close()
    shown = re.findall(r"(?m)^\$ gateway (.+)\n((?:[^$`].*\n)+)", "".join(re.findall(r"```console\n(.*?)```", DOCS, re.DOTALL)))
    assert len(shown) == DOCS.count("\n$ gateway ") == 3
    for command, said in shown:
        done = CliRunner().invoke(gateway, [*shlex.split(command), "--config", str(config)])
        assert (done.output, done.exit_code) == (said, 0), command
