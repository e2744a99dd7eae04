"""`ways_to_reach` of the policy: a contact counts when one of the accepted ways leads to it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gateway.judgement.findings import findings
from gateway.judgement.verdict import History
from tests.accuracy.corpus import HERE, Sample, absences
from tests.accuracy.judged import judge, shipped_policy

BY_MAIL = "I am away until December 1. Please contact Jane Doe at jane.doe@toronto.example."
BY_PHONE = "I am away until December 1. Please contact Jane Doe at 416-555-0142."
BY_EXTENSION = "I am away until December 1. Please contact Jane Doe at ext. 4402."
BY_311 = "I am away until December 1. For help call 311."
NAMED = "I am away until December 1. Jane Doe is covering for me."


@pytest.mark.parametrize(
    ("text", "ways", "found"),
    [
        (BY_MAIL, ["email"], False),
        (BY_MAIL, ["telephone", "311"], True),
        (BY_PHONE, ["telephone"], False),
        (BY_PHONE, ["email", "extension"], True),
        (BY_EXTENSION, ["extension"], False),
        (BY_EXTENSION, ["telephone"], True),
        (BY_311, ["311"], False),
        (BY_311, ["telephone"], True),
        (BY_311, None, False),
        (NAMED, ["email", "in person"], False),
        (NAMED, ["email"], True),
        (NAMED, None, True),
    ],
)
def test_a_way_that_the_policy_accepts(text: str, ways: list[str] | None, found: bool) -> None:
    some = next(absences(HERE / "hold-out"))
    head = "From: Robin Sample <robin.sample@toronto.example>\r\nSubject: Automatic reply: x\r\nAuto-Submitted: auto-replied\r\n\r\n"
    sample = Sample("one", (head + text).encode(), "robin.sample@toronto.example", some.rcpt_to, {})
    policy = shipped_policy()
    assert policy.city_wide is not None
    changed = replace(policy, city_wide=replace(policy.city_wide, out_of_office=_with(policy.city_wide.out_of_office, ways)))
    assert any(each.kind == "no-alternate" for each in findings(judge(sample), History(), changed)) == found


def _with(section: Any, ways: list[str] | None) -> dict[str, Any]:
    kept = {key: value for key, value in section.items() if key != "ways_to_reach"}
    return kept | ({"ways_to_reach": ways} if ways is not None else {})
