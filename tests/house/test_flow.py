"""FLOW.md stays true: every `path/file.py:name` in it exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

GATEWAY = Path(__file__).resolve().parents[2] / "gateway"
NAMED = re.findall(r"`([\w/]+\.py):([\w.]+)`", (GATEWAY / "FLOW.md").read_text())


def defined(path: Path) -> set[str]:
    """Functions, classes and methods (`Class.method`) of a module."""
    names = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        if isinstance(node, ast.ClassDef):
            names |= {f"{node.name}.{each.name}" for each in node.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)}
    return names


def test_the_flow_names_something():
    assert len(NAMED) > 10


@pytest.mark.parametrize(("file", "name"), sorted(set(NAMED)))
def test_what_the_flow_names_is_there(file: str, name: str):
    assert (GATEWAY / file).is_file(), f"FLOW.md names gateway/{file}, which is not there"
    assert name in defined(GATEWAY / file), f"gateway/{file} has no {name}"
