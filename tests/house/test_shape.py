"""The house's measures: small files and functions, telling names, floors, purity, nothing of one machine in any file."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAX_FILE, MAX_FUNCTION = 400, 60
EMPTY_WORDS = {"utils", "util", "helpers", "helper", "manager", "common", "misc", "base"}
PURE = (
    "message", "judgement", "policy/model.py", "policy/calendar.py", "notices/compose.py", "notices/warning.py",
    "notices/warning_sections.py", "notices/warning_words.py", "notices/parse_back.py", "notices/policy_news.py", "notices/reminder.py",
    "notices/schedule.py",
    "reports/assemble.py", "reports/comma.py", "reports/figures.py", "reports/office_time.py", "reports/periods.py", "reports/report.py",
    "reports/tally.py", "reports/text.py", "reports/tidy.py", "reports/withholding.py", "reports/workbook.py",
)  # fmt: skip

Function = ast.FunctionDef | ast.AsyncFunctionDef


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from (path for path in sorted((ROOT / folder).rglob("*.py")) if "versions" not in path.parts)


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def repository_files() -> list[Path]:
    """What a clone has: tracked files and those that are about to be; without git, all but the environment and state."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True, timeout=30
        ).stdout
        paths = [ROOT / name for name in listed.decode().split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        paths = [path for path in ROOT.rglob("*") if not {".git", ".venv", "var", "__pycache__"} & set(path.parts)]
    return [path for path in paths if path.is_file()]


def test_files_are_short_or_say_why():
    """A reason is a comment or docstring line that begins with `long because` within the first 20 lines."""
    too_long = [named(path) for path in sources("gateway", "tests") if path.read_text().count("\n") > MAX_FILE and not excused(path)]
    assert not too_long, too_long


def excused(path: Path) -> bool:
    return any("long because" in line.lower() for line in path.read_text().splitlines()[:20])


def test_functions_are_short_or_say_why():
    too_long = []
    for path in sources("gateway", "tests"):
        text = path.read_text()
        lines = text.splitlines()
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, Function) and (node.end_lineno or 0) - node.lineno >= MAX_FUNCTION:
                beside = lines[max(0, node.lineno - 2) : node.body[0].lineno]
                if not any("# long because" in line for line in beside):
                    too_long.append(f"{named(path)}:{node.lineno} {node.name}")
    assert not too_long, too_long


def test_names_say_what_things_are():
    bad = [named(path) for path in sources("gateway", "tests") if set(re.split(r"[_\W]", path.stem.lower())) & EMPTY_WORDS]
    for path in sources("gateway"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef):
                words = {word.lower() for word in re.findall(r"[A-Z][a-z]*", node.name)}
                bad += [f"{named(path)}:{node.lineno} {node.name}"] if words & EMPTY_WORDS else []
    assert not bad, bad


def test_every_module_says_what_it_is():
    silent = [named(path) for path in sources("gateway") if path.read_text().strip() and not ast.get_docstring(ast.parse(path.read_text()))]
    assert not silent, silent


def test_pure_rooms_have_no_clock_no_await_no_file():
    """Import-linter sees imports; this sees what needs none: open(), print(), async, and the clocks of datetime."""
    found = []
    for path in sources("gateway"):
        if named(path).removeprefix("gateway/").startswith(PURE):
            found += [f"{named(path)}:{getattr(node, 'lineno', 0)}" for node in ast.walk(ast.parse(path.read_text())) if impure(node)]
    assert not found, found


def impure(node: ast.AST) -> bool:
    if isinstance(node, ast.AsyncFunctionDef | ast.Await | ast.AsyncFor | ast.AsyncWith):
        return True
    if not isinstance(node, ast.Call):
        return False
    called = node.func
    if isinstance(called, ast.Name):
        return called.id in {"open", "print", "input", "exec", "eval"}
    if not isinstance(called, ast.Attribute):
        return False
    of_datetime = isinstance(called.value, ast.Name) and called.value.id in {"datetime", "date"}
    return called.attr in {"utcnow", "today"} or (called.attr == "now" and of_datetime)


MIRRORS = re.compile(r"--(extra-)?index-url|--find[-]links|trusted-host|files[.]pythonhosted|pypi[.]org[/]simple|artifactory|devpi\b", re.IGNORECASE)
NOT_IN_A_CLONE = re.compile(r"[/]work/|[/]root/|\.\.[/]shared")


@pytest.mark.parametrize("pattern", [MIRRORS, NOT_IN_A_CLONE], ids=["mirrors", "this-machine"])
def test_no_file_names_a_mirror_or_this_machine(pattern: re.Pattern[str]):
    found = []
    for path in repository_files():
        for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), 1):
            if (match := pattern.search(line)) and not excused_line(path, line):
                found.append(f"{named(path)}:{number}: {match[0]}")
    assert not found, found


def excused_line(path: Path, line: str) -> bool:
    """This file says what it looks for; the Makefile tells uv *not* to write such addresses."""
    return path == Path(__file__) or (path.name == "Makefile" and "--no-emit" in line)


def test_imports_go_down_and_pure_rooms_stay_pure():
    linter = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--config", "pyproject.toml"],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert linter.returncode == 0, linter.stdout[linter.stdout.find("Contracts") :]
