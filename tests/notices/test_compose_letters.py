"""An acknowledgement that was prepared for many messages reads, octet for octet, as if it had been written for this one alone."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.judgement.verdict import AcknowledgementDecision, Case
from gateway.notices import wording
from gateway.notices.compose import Composed, acknowledgement_text
from gateway.notices.letters import Letter, Letters
from gateway.notices.mime import quoted_printable
from gateway.policy.model import Policy, Wording
from gateway.policy.sentences import Texts
from tests.notices.compose_cases import POLICY, RECEIVED, REFERENCES, ROOT, case, decision, examination, shipped_texts, texts_of, with_acknowledgement

TEXTS = shipped_texts()
SHARED = Letters(POLICY, TEXTS)
MOMENTS = st.integers(0, 730 * 24 * 60).map(lambda minutes: RECEIVED + timedelta(minutes=minutes))
CASES = st.builds(
    case,
    st.sampled_from(sorted(POLICY.divisions)),
    st.none() | MOMENTS,
    audience=st.sampled_from(("public", "council")),
    confidential=st.sampled_from((False, False, False, True)),
)


def composed(
    said: AcknowledgementDecision, *, now: datetime = RECEIVED, letters: Letters | None = None, policy: Policy = POLICY, texts: Texts = TEXTS
) -> Composed:
    return acknowledgement_text(examination(now), said, references=REFERENCES, policy=policy, texts=texts, now=now, letters=letters)


def written_anew(said: AcknowledgementDecision, *, now: datetime = RECEIVED, policy: Policy = POLICY, texts: Texts = TEXTS) -> Composed:
    return composed(said, now=now, policy=policy, texts=replace(texts, printing=frozenset()))


def letter_of(said: AcknowledgementDecision, texts: Texts, policy: Policy = POLICY) -> Letter:
    about = wording.matter(said, RECEIVED, REFERENCES, policy, RECEIVED)
    alike = wording.likeness(about, said.language)
    return Letters(policy, texts).of(alike, {each: wording.said(about, each) for each in alike.languages})


@given(CASES, st.lists(CASES, max_size=2), st.sampled_from(("en", "fr", "both", "ta", "xx")), MOMENTS)
def test_what_is_filled_in_reads_as_what_is_written_anew(lead: Case, others: list[Case], language: str, now: datetime) -> None:
    said = decision(lead, *others, language=language)
    found = composed(said, now=now, letters=SHARED)
    assert found == written_anew(said, now=now)
    assert found.encoded == (quoted_printable(found.text), quoted_printable(found.html))


@pytest.mark.parametrize("language", ["en", "fr", "both"])
def test_the_shipped_texts_are_prepared(language: str) -> None:
    letter = letter_of(decision(case("human-resources", RECEIVED + timedelta(days=2)), language=language), TEXTS)
    assert len(letter.open) == (6 if language == "both" else 3)
    assert "HR-4K7M" not in "".join((*letter.text.fixed, *letter.html.fixed))


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("acknowledgement/no-date.en.j2", "{{ date }}", '{{ date }}{% if reference < "HR-5" %} small{% endif %}'),
        ("acknowledgement/_opening.en.j2", "Hello,", '{{ "Morning" if received == "x" else "Hello" }},'),
        ("acknowledgement/_closing.en.j2", "Your reference", "\ufdd2 Your reference"),
        ("acknowledgement/_closing.en.j2", "Your reference", '{{ "\ufdd0" }} Your reference'),
        ("page.html.j2", "{{ body }}", "{{ body }}<hr>{{ body }}"),
        ("page.html.j2", "{{ body }}", "\ufdde{{ body }}"),
        ("page.html.j2", "{{ body }}", '{{ body }}{% if body > "<p>" %}.{% endif %}'),
    ],
)
def test_what_does_more_with_a_value_than_print_it_is_written_anew(tmp_path: Path, name: str, old: str, new: str) -> None:
    for folder in ("templates", "signatures"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    path = tmp_path / "templates" / name
    path.write_text(path.read_text().replace(old, new))
    texts, _ = texts_of(tmp_path / "templates", tmp_path / "signatures")
    assert texts is not None
    said = decision(case("internal-audit"))
    assert not letter_of(said, texts).open
    assert composed(said, texts=texts) == written_anew(said, texts=texts)


def test_a_sentence_of_a_division_that_looks_like_a_place_is_written_anew() -> None:
    policy = with_acknowledgement("human-resources", wording={"en": Wording(arrived="It came \ufdd2 on {received}.")})
    said = decision(case("human-resources"))
    assert not letter_of(said, TEXTS, policy).open
    assert "It came \ufdd2 on Monday" in composed(said, policy=policy).text


def test_the_notice_of_the_city_ends_also_in_a_letter_that_is_kept() -> None:
    until = RECEIVED + timedelta(hours=1)
    policy = with_acknowledgement("human-resources", notice=POLICY.city, notice_until=until)
    letters = Letters(policy, TEXTS)
    before, after = (composed(decision(case("human-resources")), now=now, letters=letters, policy=policy) for now in (RECEIVED, until))
    assert ("City of Toronto\n\n" in before.text, "City of Toronto\n\n" in after.text) == (True, False)


@given(st.lists(st.text("a é\t.=_-", max_size=90).map(lambda line: f"{line}\n"), min_size=2))
def test_lines_are_encoded_each_by_itself(lines: list[str]) -> None:
    assert quoted_printable("".join(lines)) == "".join(map(quoted_printable, lines))
