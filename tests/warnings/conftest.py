"""A stage for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.warnings.staff_rig import Stage, at, opened


@pytest.fixture(name="stage")
def _stage(tmp_path: Path) -> Iterator[Stage]:
    ledger = opened(tmp_path, at("2026-11-16"))
    yield Stage(ledger)
    ledger.close()
