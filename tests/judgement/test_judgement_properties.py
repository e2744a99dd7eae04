"""What holds for every message: machines never gain by one more mark, spelling of a header never matters, evidence names nobody."""

from __future__ import annotations

import random
import re
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.judgement.examine import examine
from gateway.judgement.judge import judge
from gateway.judgement.may_respond import presentable
from gateway.judgement.reasons import REASONS
from gateway.judgement.signals import LIST_FIELDS
from gateway.judgement.verdict import History
from gateway.message.parse import parse
from tests.judgement.letters import RECEIVED_AT, SECRET, Letter
from tests.judgement.sample_policy import POLICY, VARIANTS

STOPS = [
    "Auto-Submitted: auto-replied",
    "Auto-Submitted: (x) auto-notified; a=b",
    *(f"{name}: <x>" for name in LIST_FIELDS),
    "Precedence: bulk",
    "Precedence: list",
    "X-Precedence: auto_reply",
    "X-Auto-Response-Suppress: All",
    "X-Auto-Response-Suppress: DR, OOF, AutoReply",
    "X-Autoreply: yes",
    "X-Failed-Recipients: x@example.org",
    "X-MS-Journal-Report:",
    "X-Spam-Flag: YES",
    "X-Ack: no",
    "X-Loop: hr@toronto.example",
    "X-Cron-Env: <A=b>",
    "From: second@example.net",
]
HARMLESS = [
    "Auto-Submitted: no",
    "X-Auto-Response-Suppress: DR",
    "X-Mailer: Something 1.0",
    "Feedback-ID: 1:2:3:x",
    "Reply-To: other@example.net",
    "Received: from a by b; Mon, 16 Nov 2026 10:12:00 -0500",
    "X-Loop: elsewhere@example.net",
    "Cc: hr@toronto.example",
    "Organization: Example",
    "Sender: noreply@shop.example",
    "Importance: high",
]
letters = st.builds(
    Letter,
    add=st.lists(st.sampled_from(HARMLESS + STOPS), max_size=4),
    mail_from=st.sampled_from(["anna@example.org", "", "noreply@shop.example", "jane@toronto.example", "prvs=1=anna@example.org", "x"]),
    rcpt_to=st.sampled_from([["hr@toronto.example"], ["jobs+1@toronto.example", "internal-audit@toronto.example"], ["jane@toronto.example"]]),
    via=st.sampled_from(["inbound", "outbound"]),
)
policies = st.sampled_from(sorted(VARIANTS)).map(VARIANTS.__getitem__)


def sends(letter: Letter) -> bool:
    return letter.examined().acknowledgement.send


def with_line(letter: Letter, line: str, at: int) -> Letter:
    lines = list(letter.add)
    lines.insert(at % (len(lines) + 1), line)
    return Letter(lines, letter.instead, letter.body, letter.mail_from, letter.rcpt_to, letter.via, letter.trusted)


@settings(max_examples=300)
@given(letters, st.sampled_from(STOPS), st.integers(0, 9))
def test_a_stop_header_never_turns_no_into_yes_and_always_means_no(letter: Letter, stop: str, at: int) -> None:
    assert not sends(with_line(letter, stop, at))


@settings(max_examples=200)
@given(letters, st.randoms(use_true_random=False))
def test_spelling_folding_and_order_change_nothing(letter: Letter, chance: random.Random) -> None:
    lines = [_respelled(line, chance) for line in letter.add]
    chance.shuffle(lines)
    respelled = Letter(lines, letter.instead, letter.body, letter.mail_from, letter.rcpt_to, letter.via, letter.trusted)
    one, other = letter.examined(), respelled.examined()
    # Of two fields of one name the first is shown as evidence, so that alone may differ.
    assert replace(one.acknowledgement, evidence=None) == replace(other.acknowledgement, evidence=None)
    assert (one.is_inquiry, one.cases, one.audience) == (other.is_inquiry, other.cases, other.audience)


def _respelled(line: str, chance: random.Random) -> str:
    name, _, value = line.partition(":")
    name = "".join(chance.choice((char.lower(), char.upper())) for char in name)
    value = re.sub(r" (?=\S)", lambda _: chance.choice((" ", "\r\n ", "\r\n\t", "  ")), value) if value.strip() else value
    return f"{name}:{value}"


@settings(max_examples=200)
@given(letters, policies)
def test_every_verdict_explains_itself(letter: Letter, policy: object) -> None:
    examination = letter.examined(policy)  # type: ignore[arg-type]
    said = judge(examination, History(), policy, RECEIVED_AT).acknowledgement  # type: ignore[arg-type]
    stops = [step for step in examination.trace if step.outcome == "stop"]
    assert said.reason in REASONS
    assert said.send == (not stops)
    assert [step.rule for step in stops] in ([], [said.reason])
    assert all(step.source for step in examination.trace)
    if said.send:
        assert said.recipient
        assert said.lead in examination.cases
    assert examination.is_inquiry == REASONS[examination.acknowledgement.reason].opens_cases


@settings(max_examples=200)
@given(letters)
def test_evidence_names_no_resident(letter: Letter) -> None:
    examination = letter.examined()
    text = " ".join(f"{step.rule} {step.evidence}" for step in examination.trace).casefold()
    assert "anna" not in text
    assert "posting" not in text
    assert "@" not in text


@given(st.text(max_size=600))
def test_evidence_is_one_short_line(text: str) -> None:
    shown = presentable(f"{text} anna@example.org {text}")
    assert len(shown) <= 200
    assert "anna@example.org" not in shown
    assert len(shown.splitlines()) <= 1


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=600), st.text(max_size=60), st.text(max_size=60))
def test_examining_is_total(octets: bytes, mail_from: str, rcpt_to: str) -> None:
    header = b"To: hr@toronto.example\r\nAuthentication-Results: mx.toronto.example; " + octets
    for each in (octets, header, b"From: " + octets, b"X-Loop: " + octets):
        letter = Letter(mail_from=mail_from, rcpt_to=[rcpt_to, "hr@toronto.example"])
        examination = examine(parse(each), letter.envelope, VARIANTS["border"], secret=SECRET)
        assert examination.acknowledgement.reason in REASONS


def test_a_verdict_depends_on_its_values_alone() -> None:
    letter = Letter()
    assert letter.examined() == letter.examined(POLICY)
