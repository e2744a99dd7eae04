"""The table of verdicts.yaml, row by row, through `examine` and `judge` with an empty history."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.judgement.judge import judge
from gateway.judgement.may_respond import RULES
from gateway.judgement.reasons import NO_SMTPUTF8, REASONS
from gateway.judgement.verdict import History
from tests.judgement.letters import RECEIVED_AT, letter_of, policy_variant

ROWS: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "verdicts.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["case"])
def test_verdict(row: dict[str, Any]) -> None:
    policy = policy_variant(row)
    examination = letter_of(row).examined(policy)
    verdict = judge(examination, History(), policy, RECEIVED_AT)
    said = verdict.acknowledgement
    found = {
        "reason": said.reason,
        "audience": examination.audience,
        "kind": examination.kind,
        "opens": [case.division for case in verdict.opens],
        "lead": said.lead.division if said.lead else None,
        "reply_to": said.recipient,
        "inquirer": examination.inquirer,
        "quote": said.quote_subject,
        "language": said.language,
    }
    expected = {name: row[name] for name in found if name in row}
    assert {name: found[name] for name in expected} == expected, (said.evidence, verdict.trace)
    assert said.send == (said.reason == "new-inquiry")
    assert said.explanation == REASONS[said.reason].explanation


def test_the_table_is_large_and_its_names_are_unique() -> None:
    assert len(ROWS) >= 250
    assert len({row["case"] for row in ROWS}) == len(ROWS)


def test_every_rule_has_a_row() -> None:
    """So does every reason that needs no history and no fault of ours."""
    rows = {row["reason"] for row in ROWS}
    assert {rule.slug for rule in RULES} - rows == set()
    by_history = {"follow-up", "seen-before", "already-acknowledged", "correspondent-cap", "no-case"}
    by_history |= {"refused-before", "breaker", "domain-cap", "gateway-cap", "found-late", NO_SMTPUTF8}
    decided = {slug for slug, each in REASONS.items() if each.effect != "note"} - by_history - {"not-examined", "notice-malformed"}
    assert decided - rows == set()
