"""Where policies lie in this project and its tests, and what `load` makes of a folder."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from gateway.policy.load import Loaded, load

ROOT = Path(__file__).parents[2]
CASES = ROOT / "tests" / "policies"
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def load_folder(folder: Path) -> Loaded:
    """With the stand-in signature rules and help lines of tests/policies."""
    return load(folder, organization_domains=("toronto.example",), signatures=CASES / "signatures", templates=CASES / "templates", now=NOW)


def complaints(folder: Path) -> list[str]:
    """Each diagnostic as it is printed, the folder's own path left out."""
    return [str(each).replace(f"{folder}/", "").replace(str(folder), ".") for each in load_folder(folder).diagnostics]
