"""How much of a resident's subject stands in ours."""

from __future__ import annotations

import email
import email.policy
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.notices.compose import acknowledgement_text
from gateway.notices.mime import mailbox_field, text_field
from gateway.notices.subject import LONGEST_QUOTE, filled, quotable
from tests.notices.compose_cases import (
    POLICY,
    RECEIVED,
    REFERENCES,
    TWO_DAYS,
    case,
    decision,
    examination,
    message,
    shipped_texts,
)

TEXTS = shipped_texts()


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("Question about a job posting", "Question about a job posting"),
        ("Re: RE: Fwd: TR : Réf : AW: Re[2]: permit", "permit"),
        ("Regarding: permits", "Regarding: permits"),
        ("permit [HR-4K7M]", "permit"),
        ("see https://evil.example/x?y and www.evil.example now", "see … and … now"),
        ("[link](http://evil.example/)", "[link](…"),
        ("\u202eevil\u202c \u200bper\u200bmit\u2066", "evil permit"),
        ("a\r\nBcc: victim@example.org\x00\x07", "a Bcc: victim@example.org"),
        ("a\u2028b\u2029c\u0085d\u00a0e", "a b c d e"),
        ("\udc80 lone surrogate", "lone surrogate"),
        ("{reference} {subject} {{ 7*7 }} {% x %}", "{reference} {subject} {{ 7*7 }} {% x %}"),
        ("=?utf-8?q?x=0D=0ABcc:_v@x?=", "=?utf-8?q?x=0D=0ABcc:_v@x?="),
        ("Re:", ""),
        ("  \t ", ""),
        ("Ünïcode ñ 漢字", "Ünïcode ñ 漢字"),
    ],
)
def test_quotable(theirs: str, ours: str) -> None:
    assert quotable(theirs) == ours


def test_clipped_at_a_word() -> None:
    text = quotable("word " * 100)
    assert len(text) <= LONGEST_QUOTE
    assert text.endswith("word…")
    assert len(quotable("x" * 10_000)) == LONGEST_QUOTE


@given(st.text())
def test_quotable_is_one_line_of_visible_characters(theirs: str) -> None:
    text = quotable(theirs)
    assert len(text) <= LONGEST_QUOTE
    assert text == text.strip()
    assert not any(unicodedata.category(each) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") for each in text)


def test_what_a_value_contains_is_never_a_placeholder() -> None:
    assert filled("{subject} [{reference}]", {"subject": "{reference}", "reference": "{subject}"}) == "{reference} [{subject}]"
    assert filled("We received your message [{reference}]", {"reference": ""}) == "We received your message"


def subject_of(theirs: str, language: str, *, quote: bool, confidential: bool = False, references: dict[str, str] | None = None) -> str:
    chosen = decision(case("human-resources", RECEIVED + TWO_DAYS, confidential=confidential), language=language, quote_subject=quote)
    about = examination(RECEIVED, message(theirs))
    return acknowledgement_text(
        about, chosen, references=REFERENCES if references is None else references, policy=POLICY, texts=TEXTS, now=RECEIVED
    ).subject


def test_what_looks_encoded_comes_back_as_it_was_written() -> None:
    looks = "We received =?utf-8?q?x=0D=0ABcc:_v@x?="
    assert email.message_from_string(text_field("Subject", looks), policy=email.policy.default)["Subject"] == looks
    assert "\x08" not in text_field("Subject", "a\x08b")
    assert "\x08" not in mailbox_field("From", "a\x08b", "a@b")


def test_the_whole_line() -> None:
    assert subject_of("My job", "en", quote=True) == "We received your message: My job [HR-4K7M]"
    assert subject_of("My job", "en", quote=False) == "We received your message [HR-4K7M]"
    assert subject_of("My job", "en", quote=True, confidential=True) == "We received your message [HR-4K7M]"
    assert subject_of("Re:", "fr", quote=True) == "Nous avons bien reçu votre message [HR-4K7M]"
    assert subject_of("Un emploi : où?", "fr", quote=True) == "Nous avons bien reçu votre message\u00a0: Un emploi : où? [HR-4K7M]"
    assert subject_of("My job", "both", quote=False) == "We received your message / Nous avons bien reçu votre message [HR-4K7M]"
    assert subject_of("My job", "both", quote=True) == "We received your message / Nous avons bien reçu votre message\u00a0: My job [HR-4K7M]"
    assert subject_of("My job", "en", quote=False, references={}) == "We received your message"
