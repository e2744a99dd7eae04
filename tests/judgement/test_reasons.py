"""The set of reasons is closed, each has its words, and docs/reasons.md tells them as the code does."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from gateway.judgement.may_respond import RULES
from gateway.judgement.reasons import REASONS, Reason, Unlisted, reason

ROOT = Path(__file__).parents[2]
EFFECTS = {"sent": "send", "not counted": "excluded", "counted, nothing sent": "counted", "note": "note"}


def documented() -> dict[str, tuple[Reason, str]]:
    """Slug -> what the page says of it, and its sample."""
    rows = [
        line.strip("| \n").split(" | ") for line in (ROOT / "docs" / "reasons.md").read_text(encoding="utf-8").splitlines() if line.startswith("| `")
    ]
    return {row[0].strip("`"): (Reason(EFFECTS[row[1]], row[2], row[3]), row[4]) for row in rows}  # type: ignore[arg-type]


def test_the_page_is_the_code() -> None:
    assert {slug: said for slug, (said, _) in documented().items()} == REASONS


def test_every_reason_has_a_sample() -> None:
    assert all(sample.strip() for _, sample in documented().values())


def test_the_page_keeps_the_order_of_the_rules() -> None:
    slugs = [rule.slug for rule in RULES]
    assert [slug for slug in documented() if slug in slugs] == slugs


def test_excluding_rules_come_first() -> None:
    """So that a message which is no inquiry never opens a case because a milder rule was asked before; voicemail is the one meant exception."""
    effects = [reason(rule.slug).effect for rule in RULES if rule.slug != "voicemail"]
    assert effects == sorted(effects, key=["excluded", "counted"].index)


def test_rule_slugs_are_unique_and_explain_a_pass() -> None:
    assert len({rule.slug for rule in RULES}) == len(RULES)
    assert all(rule.clear for rule in RULES)


def test_explanations_are_plain_sentences() -> None:
    for slug, each in REASONS.items():
        assert each.explanation[0].isupper(), slug
        assert each.explanation.endswith("."), slug
        assert each.source, slug


def test_unknown_slug_is_a_fault() -> None:
    with pytest.raises(Unlisted):
        reason("because")


def test_slugs_in_the_code_are_listed() -> None:
    """Every `reason="…"` that any module of the gateway writes."""
    for path in (ROOT / "gateway").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "reason" and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
                assert node.value.value in REASONS, path
