"""Every folder of tests/policies/broken: its files over those of tests/policies/good give exactly its `expected`."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.policy.policy_folders import CASES, ROOT, complaints, load_folder

BROKEN = sorted(path.name for path in (CASES / "broken").iterdir())


def test_there_are_enough_cases() -> None:
    assert len(BROKEN) >= 40


def test_the_good_folder_is_good() -> None:
    loaded = load_folder(CASES / "good")
    assert loaded.diagnostics == ()
    assert loaded.policy is not None


@pytest.mark.parametrize("case", BROKEN)
def test_broken_policy(case: str, good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    for file in (CASES / "broken" / case).glob("*.yaml"):
        shutil.copy(file, good)
    expected = (CASES / "broken" / case / "expected").read_text(encoding="utf-8").splitlines()
    assert complaints(good) == expected
    assert (load_folder(good).policy is None) == any(": error: " in line for line in expected)
