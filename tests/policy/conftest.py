"""Policies in tests: the shipped one, and a small good one to be edited."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.policy.model import Policy
from tests.policy.policy_folders import CASES, ROOT, load_folder


@pytest.fixture(scope="session")
def shipped() -> Policy:
    """The policy that the project ships."""
    loaded = load_folder(ROOT / "policies")
    assert loaded.diagnostics == ()
    assert loaded.policy is not None
    return loaded.policy


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """A copy of tests/policies/good, to be edited."""
    folder = tmp_path / "policies"
    shutil.copytree(CASES / "good", folder)
    return folder


@pytest.fixture
def edited(good: Path) -> Callable[[str, str, str], Path]:
    """edited(file, old, new): the folder after one edit, as an admin would make it."""

    def edit(name: str, old: str, new: str) -> Path:
        file = good / name
        text = file.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
        file.write_text(text.replace(old, new), encoding="utf-8")
        return good

    return edit
