"""docs/threats.md and docs/promises.md stay true: every test they name is there, and no row is without one."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = {"threats": {"R": 14, "S": 7, "C": 8, "B": 13, "P": 3}, "promises": {"P": 9}}
"""Sections of each page, and how many rows they have."""
ROWS = [(page, *row) for page in PAGES for row in re.findall(r"^\| ([A-Z]\d+) \|(.*)$", (ROOT / "docs" / f"{page}.md").read_text(), re.MULTILINE)]


@cache
def functions_of(path: Path) -> frozenset[str]:
    return frozenset(node.name for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef))


def test_all_rows_are_read():
    wanted = [(page, f"{section}{n}") for page, sections in PAGES.items() for section, count in sections.items() for n in range(1, count + 1)]
    assert [(page, number) for page, number, _ in ROWS] == wanted


@pytest.mark.parametrize("row", [row for _, _, row in ROWS], ids=[f"{page}-{number}" for page, number, _ in ROWS])
def test_each_row_is_shown_by_tests_that_are_there(row: str):
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", row)
    assert named, "shown by nothing"
    missing = [f"{file}::{name}" for file, name in named if not (ROOT / file).is_file() or name not in functions_of(ROOT / file)]
    assert not missing, missing
