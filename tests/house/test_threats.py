"""docs/threats.md and docs/promises.md stay true: every test they name is there, and no row is without one."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROWS = [
    row for page in ("threats", "promises") for row in re.findall(r"^\| ([RSCP]\d+) \|(.*)$", (ROOT / f"docs/{page}.md").read_text(), re.MULTILINE)
]


@cache
def functions_of(path: Path) -> frozenset[str]:
    return frozenset(node.name for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef))


def test_all_rows_are_read():
    assert [number for number, _ in ROWS] == [f"{kind}{n}" for kind, last in (("R", 13), ("S", 7), ("C", 8), ("P", 9)) for n in range(1, last + 1)]


@pytest.mark.parametrize(("number", "row"), ROWS, ids=[number for number, _ in ROWS])
def test_each_row_is_shown_by_tests_that_are_there(number: str, row: str):
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", row)
    assert named, f"{number} is shown by nothing"
    missing = [f"{file}::{name}" for file, name in named if not (ROOT / file).is_file() or name not in functions_of(ROOT / file)]
    assert not missing, missing
