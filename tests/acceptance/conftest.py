"""What the acceptance tests share beside the harness."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.harness.gateway import REPOSITORY

ROOMS = ("policies", "templates", "signatures")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A working directory with the folders a clone has, without state."""
    for room in ROOMS:
        shutil.copytree(REPOSITORY / room, tmp_path / room)
    return tmp_path
