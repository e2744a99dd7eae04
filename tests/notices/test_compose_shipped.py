"""The shipped policies with the shipped texts: every division, audience and language makes a mail that may leave."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from gateway.judgement import signature
from gateway.judgement.verdict import Case
from gateway.message.automatic import Automatic, classify
from gateway.message.model import Envelope
from gateway.message.own_token import is_own_message_id, own_token_valid
from gateway.message.parse import parse
from gateway.notices.compose import Composed, acknowledgement_notice, acknowledgement_text
from gateway.notices.parse_back import check
from gateway.policy.load import load
from gateway.policy.model import Audience, Policy
from tests.notices.compose_cases import RECEIVED, ROOT, SECRET, TWO_DAYS, decision, examination, shipped_texts

AUDIENCES: tuple[Audience, ...] = ("public", "council", "internal")
DUE: tuple[datetime | None, ...] = (None, RECEIVED + TWO_DAYS, datetime(2026, 11, 27, tzinfo=RECEIVED.tzinfo), RECEIVED + timedelta(days=4))


@pytest.fixture(scope="module")
def policy() -> Policy:
    loaded = load(
        ROOT / "policies", organization_domains=("toronto.example",), signatures=ROOT / "signatures", templates=ROOT / "templates", now=RECEIVED
    )
    assert loaded.policy is not None, "\n".join(map(str, loaded.diagnostics))
    return loaded.policy


def every_case(policy: Policy) -> list[Case]:
    return [
        Case(division.slug, division.mailbox, audience, "inquiry", "", "", None, due, confidential)
        for division, audience, due, confidential in itertools.product(policy.divisions.values(), AUDIENCES, DUE, (False, True))
    ]


def composed(policy: Policy, case: Case, language: str) -> Composed:
    return acknowledgement_text(
        examination(), decision(case, language=language), references={case.mailbox: "CT-4K7M"}, policy=policy, texts=shipped_texts(), now=RECEIVED
    )


def test_each_makes_a_good_notice(policy: Policy) -> None:
    for case, language in itertools.product(every_case(policy), ("en", "fr", "both", *list(policy_languages(policy))[:2])):
        said = composed(policy, case, language)
        notice = acknowledgement_notice(
            said, examination(), decision(case, language=language), policy=policy, secret=SECRET, now=RECEIVED, give_up_after=TWO_DAYS
        )
        assert check(notice) is None
        assert not said.failed
        assert said.printed_respond_by == case.respond_by
        assert "CT-4K7M" in said.text
        assert ("answer by" in said.text or "hear from that person by" in said.text) == bool(case.respond_by and language != "fr")
        assert parse(notice.octets).subject == said.subject


def test_it_is_known_again_and_read_as_automatic(policy: Policy) -> None:
    case = every_case(policy)[0]
    chosen = decision(case, language="both")
    notice = acknowledgement_notice(
        composed(policy, case, "both"), examination(), chosen, policy=policy, secret=SECRET, now=RECEIVED, give_up_after=TWO_DAYS
    )
    message = parse(notice.octets)
    assert is_own_message_id(SECRET, message.message_id or "")
    assert own_token_valid(SECRET, message)
    assert classify(message, notice.mail_from).is_automatic
    assert message.defects == ()


def policy_languages(policy: Policy) -> dict[str, str]:
    return dict(next(iter(policy.divisions.values())).acknowledgement.other_languages)


def test_each_help_line_calls_311(policy: Policy) -> None:
    lines = policy_languages(policy)
    assert "ta" in lines
    assert all("311" in line and "\n" not in line for line in lines.values())
    assert not {"en", "fr"} & set(lines)


def test_our_own_signature_passes_our_own_check(policy: Policy) -> None:
    for case, language in itertools.product(every_case(policy), ("en", "fr", "both")):
        said = composed(policy, case, language)
        notice = acknowledgement_notice(
            said, examination(), decision(case, language=language), policy=policy, secret=SECRET, now=RECEIVED, give_up_after=TWO_DAYS
        )
        # as if a person had written it: an automatic message is not checked at all
        envelope = replace(Envelope(notice.mailbox, (notice.rcpt_to,), "outbound", RECEIVED), trusted_senders=True)
        found = signature.check(parse(notice.octets), Automatic(), envelope, policy, from_staff=True)
        assert (found.checked, found.compliant, found.missing, found.violations) == (True, True, (), ()), (case.division, language)
