"""What a newcomer trips over: an empty folder, a shipped policy with an error."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli import gateway

ROOT = Path(__file__).parents[2]


def test_an_empty_folder_says_what_to_do_and_that_helps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for command in ("serve", "demo", "check"):
        said = CliRunner().invoke(gateway, [command])
        assert (said.exit_code, said.stdout, len(said.stderr.splitlines())) == (2, "", 1)
        assert said.stderr.startswith("paths.policies, paths.templates, paths.signatures: error: there is no folder")
    assert list(tmp_path.iterdir()) == [], "nothing is made where nothing can run"
    copying = said.stderr.partition("copy the shipped ones: ")[2].partition(", or name")[0]
    subprocess.run(shlex.split(copying), check=True)
    assert CliRunner().invoke(gateway, ["check"]).exit_code == 0


def test_the_readme_takes_along_what_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [block] = re.findall(r"```\n(mkdir .*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    monkeypatch.setenv("HOME", str(tmp_path))
    last = block.rstrip().removesuffix(" serve") + " check"
    done = subprocess.run(["/bin/sh", "-ec", last], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Good: 6 divisions")


def test_one_missing_folder_of_a_name_of_its_own_is_not_copied_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gateway.toml").write_text('[paths]\npolicies = "ours"\n', encoding="utf-8")
    for name in ("templates", "signatures"):
        (tmp_path / name).mkdir()
    said = CliRunner().invoke(gateway, ["serve"])
    assert said.stderr == f"paths.policies: error: there is no folder {tmp_path}/ours; create it, or name another one in gateway.toml under [paths]\n"


def test_the_demo_names_the_place_of_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("policies", "templates", "signatures"):
        shutil.copytree(ROOT / name, tmp_path / name)
    file = tmp_path / "policies" / "human-resources.yaml"
    text = file.read_text("utf-8").splitlines(keepends=True)
    line = next(number for number, each in enumerate(text, 1) if each.startswith("rollout:"))
    text[line - 1] = "rollout: {internal: wrn}\n"
    file.write_text("".join(text), "utf-8")
    monkeypatch.chdir(tmp_path)
    said = CliRunner().invoke(gateway, ["demo"])
    assert (said.exit_code, said.stdout) == (1, "")
    assert said.stderr.startswith(f"policies/human-resources.yaml:{line}:21: error: 'wrn' cannot stand here")
    assert len(said.stderr.splitlines()) == 1
