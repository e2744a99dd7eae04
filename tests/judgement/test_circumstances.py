"""Whose mailbox an address is, and whom an answer goes to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.judgement.circumstances import division_of, person_to_answer
from gateway.message.parse import parse
from tests.judgement.letters import Letter
from tests.judgement.sample_policy import HR, POLICY, policy_of


@pytest.mark.parametrize(
    ("address", "slug"),
    [
        ("hr@toronto.example", "human-resources"),
        ("HR@TORONTO.example.", "human-resources"),
        ("hr+a+b@toronto.example", "human-resources"),
        ("prvs=1234abcdef=jobs@toronto.example", "human-resources"),
        ("SRS0=HHH=TT=toronto.example=hr+x@forwarder.example", "human-resources"),
        ('"hr"@toronto.example', "human-resources"),
        ("hr@toronto.example.org", None),
        ("hrx@toronto.example", None),
        ("hr", None),
        ("", None),
    ],
)
def test_division_of(address: str, slug: str | None) -> None:
    found = division_of(address, POLICY)
    assert (found.slug if found else None) == slug


def test_a_mailbox_with_a_plus_in_its_own_name() -> None:
    policy = policy_of(replace(HR, mailbox="hr+desk@toronto.example", aliases=()))
    assert division_of("hr+desk@toronto.example", policy) is not None
    assert division_of("hr@toronto.example", policy) is None


@pytest.mark.parametrize(
    ("reply_to", "person"),
    [
        ("anna@example.org", "anna@example.org"),
        ("Anna <Anna@Example.org>", "Anna@example.org"),
        ("anna@example.org, ben@example.org", None),
        ("noreply@example.org", None),
        ("root@example.org", None),
        ("bounces+1@example.org", None),
        ("0100-000000@amazonses.com", None),
        ("anna@nowhere.invalid", None),
        ("anna", None),
        ("", None),
    ],
)
def test_person_to_answer(reply_to: str, person: str | None) -> None:
    assert person_to_answer(parse(Letter(add=[f"Reply-To: {reply_to}"]).octets)) == person
