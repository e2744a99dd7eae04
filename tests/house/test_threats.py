"""docs/threats.md stays true: every test it names is there, and no row is without one."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROWS = re.findall(r"^\| ([A-Z]\d+) \|(.*)$", (ROOT / "docs" / "threats.md").read_text(), re.MULTILINE)


@cache
def functions_of(path: Path) -> frozenset[str]:
    return frozenset(node.name for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef))


def test_all_rows_are_read():
    rows = {"R": 14, "S": 7, "C": 8, "B": 13, "P": 3}
    assert [number for number, _ in ROWS] == [f"{section}{n}" for section, count in rows.items() for n in range(1, count + 1)]


@pytest.mark.parametrize(("number", "row"), ROWS, ids=[number for number, _ in ROWS])
def test_each_row_is_shown_by_tests_that_are_there(number: str, row: str):
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", row)
    assert named, f"{number} is shown by nothing"
    missing = [f"{file}::{name}" for file, name in named if not (ROOT / file).is_file() or name not in functions_of(ROOT / file)]
    assert not missing, missing
