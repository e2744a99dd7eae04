"""`must_give` and `ways_to_reach` of the policy: what a reply must offer, and which ways to a contact count."""

from __future__ import annotations

from dataclasses import replace

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
NOBODY = "I am away until December 1."
UNDATED = "I am away. Please contact Jane Doe at jane.doe@toronto.example."


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
    assert ("no-alternate" in _found(text, ways_to_reach=ways)) == found


@pytest.mark.parametrize(
    ("text", "must_give", "found"),
    [
        (NOBODY, None, {"no-alternate"}),
        (NOBODY, ["a co-worker or other contact"], {"no-alternate"}),
        (NOBODY, ["a return date"], set()),
        (NAMED, ["a co-worker or other contact"], set()),
        (NAMED, ["a co-worker or other contact", "a way to reach them"], {"no-alternate"}),
        (BY_MAIL, ["a co-worker or other contact", "a way to reach them", "a return date"], set()),
        (UNDATED, ["a co-worker or other contact", "a way to reach them", "a return date"], {"no-return-date"}),
        (UNDATED, None, set()),
        (UNDATED, [], set()),
    ],
)
def test_what_the_policy_asks_for(text: str, must_give: list[str] | None, found: set[str]) -> None:
    assert _found(text, must_give=must_give) == found


def _found(text: str, **changes: list[str] | None) -> set[str]:
    """The kinds of findings, where the City-wide `out_of_office` has these lines (None: lacks them)."""
    some = next(absences(HERE / "hold-out"))
    head = "From: Robin Sample <robin.sample@toronto.example>\r\nSubject: Automatic reply: x\r\nAuto-Submitted: auto-replied\r\n\r\n"
    sample = Sample("one", (head + text).encode(), "robin.sample@toronto.example", some.rcpt_to, {})
    policy = shipped_policy()
    assert policy.city_wide is not None
    section = {key: value for key, value in {**policy.city_wide.out_of_office, **changes}.items() if value is not None}
    changed = replace(policy, city_wide=replace(policy.city_wide, out_of_office=section))
    return {each.kind for each in findings(judge(sample), History(), changed)}
