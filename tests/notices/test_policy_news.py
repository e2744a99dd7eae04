"""Policy news as it reads, and whom it goes to."""

from __future__ import annotations

import email
import email.policy
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gateway.ledger.records import Notice, PolicyChange
from gateway.message.own_token import own_token_valid
from gateway.message.parse import parse
from gateway.notices.parse_back import check
from gateway.notices.policy_news import as_one, policy_news, subject
from gateway.policy.changes import Difference
from tests.notices.compose_cases import SECRET, TORONTO

AT = datetime(2026, 11, 21, 17, 51, tzinfo=UTC)
FILE = "policies/human-resources.yaml"
EFFECT = PolicyChange(
    1, AT, FILE, "took-effect", "human-resources", "v1", "v2", "Ann Admin", (Difference("standards.1.respond", "48 hours", "24 hours"),), (), False
)
REFUSAL = replace(EFFECT, id=2, outcome="refused", problems=(f"{FILE}:12:5: error: unknown key 'respnd'; did you mean 'respond'?",))


def made(*changes: PolicyChange) -> Notice:
    return policy_news(
        changes, key="news:1:0", recipient="lead@toronto.example", mailbox="hr@toronto.example", division="human-resources", city="City of Toronto",
        zone=TORONTO, secret=SECRET, now=AT, give_up_after=timedelta(days=2),
    )  # fmt: skip


def text_of(notice: Notice) -> str:
    body = email.message_from_bytes(notice.octets, policy=email.policy.default).get_body(("plain",))
    assert body is not None
    return " ".join(body.get_content().split())


def test_it_passes_its_check_and_no_machine_answers_it() -> None:
    notice = made(EFFECT)
    assert check(notice) is None
    assert (notice.mail_from, notice.rcpt_to) == ("", "lead@toronto.example")
    message = email.message_from_bytes(notice.octets, policy=email.policy.default)
    assert message["Auto-Submitted"] == "auto-generated"
    assert own_token_valid(SECRET, parse(notice.octets))


def test_it_says_what_changed() -> None:
    text = text_of(made(EFFECT))
    assert f"{FILE} took effect on Saturday, November 21, 2026, at 12:51 p.m. Policy version v2, before it v1. Last committed by Ann Admin." in text
    assert "standards.1.respond: 48 hours → 24 hours" in text
    assert "A date that was promised before stays as it was." in text


def test_it_says_what_is_wrong_and_where() -> None:
    assert subject([REFUSAL]) == f"{FILE} refused, line 12"
    assert f"{FILE}:12:5: error: unknown key 'respnd'; did you mean 'respond'?" in text_of(made(REFUSAL))
    assert subject([EFFECT, REFUSAL]) == "Policy files: 1 took effect, 1 refused"


def test_three_saves_are_one_piece_of_news() -> None:
    back = replace(EFFECT, id=3, differences=(Difference("standards.1.respond", "24 hours", "12 hours"),), version_before="v2", version_after="v3")
    [one] = as_one([EFFECT, back])
    assert one.differences == (Difference("standards.1.respond", "48 hours", "12 hours"),)
    assert (one.version_before, one.version_after) == ("v1", "v3")
    good_again = replace(EFFECT, id=4, outcome="good-again", differences=())
    assert as_one([REFUSAL, good_again]) == [], "refused and put right before anybody was told"
    assert as_one([good_again]) == [good_again], "the refusal was told already"
    assert as_one([REFUSAL, EFFECT]) == [EFFECT]
    assert as_one([EFFECT, REFUSAL]) == [EFFECT, REFUSAL], "a good save, then a bad one: the good one counts"
    undone = replace(back, differences=(Difference("standards.1.respond", "24 hours", "48 hours"),))
    assert as_one([EFFECT, undone]) == []


@given(st.text(max_size=400), st.text(max_size=400), st.text(max_size=60))
def test_whatever_a_file_holds_the_mail_is_well_formed(value: str, problem: str, author: str) -> None:
    change = replace(EFFECT, differences=(Difference(value, None, value), Difference("k", problem, None)), author=author)
    refusal = replace(REFUSAL, problems=(problem, value), author=author)
    assert check(made(change, refusal)) is None
