"""What a user can say to the gateway is in its documentation: each command, each setting, each reason."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from gateway import settings as gateway_settings
from gateway.cli import gateway as root_command
from gateway.judgement.reasons import REASONS

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTATION = "\n".join(path.read_text() for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))])


def commands(command: click.Command, name: str = "gateway") -> Iterator[str]:
    """`gateway serve`, `gateway outbox list` …: the commands that do something."""
    if not isinstance(command, click.Group):
        yield name
        return
    context = click.Context(command)
    for each in command.list_commands(context):
        below = command.get_command(context, each)
        assert below, f"{name} {each} is listed but cannot be loaded"
        yield from commands(below, f"{name} {each}")


@pytest.mark.parametrize("command", list(commands(root_command)))
def test_each_command_is_documented(command: str):
    assert command in DOCUMENTATION


def test_what_help_lists_of_each_command_fits_80_columns():
    context = click.Context(root_command, info_name="gateway", terminal_width=80)
    below = [root_command.get_command(context, each) for each in root_command.list_commands(context)]
    for group in [root_command, *(each for each in below if isinstance(each, click.Group))]:
        listed = click.Context(group, info_name=group.name, terminal_width=80).get_help()
        assert not re.findall(r"^  .*[^\]]\.\.\.$", listed, re.MULTILINE)


@pytest.mark.parametrize("setting", [name for name, _ in gateway_settings.each_setting()])
def test_each_setting_is_documented(setting: str):
    assert f"`{setting}`" in (ROOT / "docs" / "configuration.md").read_text()


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_each_reason_is_documented(reason: str):
    assert f"`{reason}`" in DOCUMENTATION


def anchors(page: Path) -> set[str]:
    """As GitHub makes them of headings."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in re.findall(r"^#+ (.*)", text, re.MULTILINE)}


def test_links_between_pages_lead_somewhere():
    broken = []
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "deploy").rglob("*.md"))]:
        for target, _, anchor in re.findall(r"\]\(([^)#:\s]*)(#([^)]*))?\)", page.read_text()):
            to = page.parent / target if target else page
            if not to.exists() or (anchor and anchor not in anchors(to)):
                broken.append(f"{page.relative_to(ROOT)}: {target}#{anchor}")
    assert not broken, broken


def test_each_page_is_found_from_the_readme():
    front = (ROOT / "README.md").read_text()
    assert not [page.name for page in (ROOT / "docs").glob("*.md") if f"(docs/{page.name}" not in front]


def test_nothing_refers_to_papers_that_users_do_not_have():
    papers = re.compile(r"\bINTER[F]ACE\b|\bDES[I]GN\b|\.\./sh[a]red")
    pages = (page for folder in ("gateway", "tests", "docs", "deploy", "policies", "templates") for page in (ROOT / folder).rglob("*"))
    texts = (page for page in pages if page.suffix in (".py", ".md", ".yaml", ".toml", ".j2", ".txt"))
    assert not [str(page) for page in texts if papers.search(page.read_text(encoding="utf-8", errors="replace"))]
