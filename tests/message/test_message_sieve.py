"""A sieve finds what its pattern finds: nothing less, nothing elsewhere."""

import re
import time
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.message import absence_reasons as reasons
from gateway.message import automatic_phrases as phrases
from gateway.message import responder_phrases as responders
from gateway.message.sieve import Sieve, Sieves

SIEVES = {name: each for module in (phrases, responders) for name, each in vars(module).items() if isinstance(each, Sieve)}
RARE = (reasons.LEFT_OUT_HERE, phrases.SELF_DECLARED, responders.MAIL_DELETED)
WORDS = yaml.safe_load((Path(__file__).parent / "absences.yaml").read_text(encoding="utf-8"))
AROUND = st.sampled_from(["", " ", "\n", "a", "é", "“", ". ", "не ", "_", "1", "\ud800"])


def same(sieve, text):
    found, wanted = sieve.search(text), sieve.pattern.search(text)
    assert (found and found.span()) == (wanted and wanted.span()), text


@pytest.mark.parametrize("name", SIEVES)
def test_what_a_pattern_can_say_is_found(name):
    sieve = SIEVES[name]

    @given(st.from_regex(sieve.pattern), AROUND, AROUND)
    @settings(max_examples=15, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    def holds(said, before, after):
        same(sieve, before + said + after)
        same(sieve, before + phrases.fold(said) + after)

    holds()


@pytest.mark.parametrize("sieve", RARE)
def test_what_one_of_several_finds_is_not_passed_over(sieve):
    together = Sieves(*RARE)

    @given(st.from_regex(sieve.pattern), AROUND, AROUND)
    @settings(max_examples=15, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    def holds(said, before, after):
        text = before + said + after
        assert together.may_find(text) or sieve.pattern.search(text) is None
        assert together.may_find(said)

    holds()
    assert not together.may_find("could you tell me who is looking after it?")


@pytest.mark.parametrize("name", SIEVES)
def test_what_people_write_is_read_alike(name):
    for text in (*WORDS["away"], *WORDS["present"]):
        same(SIEVES[name], phrases.fold(text))


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"\bde\b", "été de "),
        (r"\w+\b-", "é-"),
        (r"a(?!b)c?(?<=a)\b", "xa"),
        (r"(?:^|[.!] ?)gone\s*(?:[.!]|$)", "he. gone\x1f\n"),
        (r"[^\W\d_]{2,}", "..жа"),
        (r"[\d-]++x?+", "٣٤x"),
        (r"a[^\n]b", "a\x85b"),
    ],
)
def test_where_the_two_libraries_differ(pattern, text):
    found, really = Sieve(re.compile(pattern)).search(text), re.search(pattern, text)
    assert found is not None
    assert really is not None
    assert found.span() == really.span()


def test_a_flag_that_they_read_differently_is_refused():
    with pytest.raises(ValueError, match="flag"):
        Sieve(re.compile("i", re.IGNORECASE))


def test_ordinary_mail_does_not_pay_for_the_phrases():
    text = "could you tell me who is looking after it, and whether the fee of last year still applies? " * 20
    assert not phrases.ABSENCE_OWN.search(text)
    started = time.process_time()
    for _ in range(100):
        phrases.ABSENCE_OWN.search(text)
    assert time.process_time() - started < 0.03  # `re` alone: a millisecond each
