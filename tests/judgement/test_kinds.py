"""How the conditions of a policy are read."""

from __future__ import annotations

from collections.abc import Mapping
from time import process_time

import pytest

from gateway.judgement.kinds import Reading, kind_for
from gateway.message.parse import parse
from gateway.policy.model import Bilingual, KindRule
from tests.judgement.letters import Letter
from tests.judgement.sample_policy import EVERYBODY, division

Conditions = tuple[Mapping[str, tuple[str, ...]], ...]


def reading(subject: str = "", body: str = "", **changed: object) -> Reading:
    letter = Letter(instead={"Subject": subject, **changed.pop("instead", {})}, **changed)  # type: ignore[dict-item, arg-type]
    return Reading(parse(letter.octets), letter.envelope, body, ("mailroom@toronto.example",))


def kind(given: Reading, any_of: Conditions, but_not: Conditions = ()) -> str:
    rule = KindRule("special", Bilingual("special", "spécial"), EVERYBODY, any_of=any_of, but_not=but_not)
    return kind_for(division("d", "d@toronto.example", "CC", (), (rule,)), "public", given)[0]


@pytest.mark.parametrize(
    ("subject", "words", "expected"),
    [
        ("A formal letter attached", "letter attached", True),
        ("LETTER\u00a0 ATTACHED", "letter attached", True),
        ("Newsletter", "letter", False),
        ("Letters", "letter", True),
        ("Mon résumé", "resume", True),
        ("Mon resume", "résumé", True),
        ("=?utf-8?q?harc=C3=A8lement?=", "harcelement", True),
        ("l'emploi", "emploi", True),
        ("L\u2019emploi", "l'emploi", True),
        ("pre-employment", "employment", True),
        ("unemployment", "employment", False),
        ("", "letter", False),
    ],
)
def test_words_of_the_subject(subject: str, words: str, expected: bool) -> None:
    assert (kind(reading(subject), ({"subject_has": (words,)},)) == "special") is expected


def test_words_over_a_line_break() -> None:
    assert kind(reading(body="I was sexually\n   harassed there"), ({"body_has": ("sexually harassed",)},)) == "special"


def test_a_group_wants_all_its_keys_and_one_group_is_enough() -> None:
    group: Conditions = ({"subject_has": ("a",), "body_has": ("b",)},)
    assert kind(reading("a", "c"), group) == "inquiry"
    assert kind(reading("a", "b"), group) == "special"
    assert kind(reading("x", "c"), (*group, {"body_has": ("c",)})) == "special"


def test_but_not_takes_out() -> None:
    assert kind(reading("a letter", "resume"), ({"subject_has": ("letter",)},), ({"body_has": ("resume",)},)) == "inquiry"


def test_no_condition_means_always() -> None:
    assert kind(reading(), ()) == "special"


def test_unknown_condition_never_holds() -> None:
    assert kind(reading("a"), ({"moon_phase": ("full",), "subject_has": ("a",)},)) == "inquiry"


@pytest.mark.parametrize(
    ("name", "words", "expected"),
    [
        ("Anna_Resume_2026.pdf", "resume", True),
        ("AnnaResume.pdf", "resume", True),
        ("CV.docx", "cv", True),
        ("recv.log", "cv", False),
        ("letter.pdf", "resume", False),
        ("cover-letter.pdf", "letter", True),
    ],
)
def test_attachment_names(name: str, words: str, expected: bool) -> None:
    given = reading(instead={"Content-Type": "application/pdf", "Content-Disposition": f'attachment; filename="{name}"'})
    assert (kind(given, ({"attachment_named": (words,)},)) == "special") is expected


def test_sent_to_by_envelope_header_and_tag() -> None:
    wanted: Conditions = ({"sent_to": ("jobs@toronto.example",)},)
    assert kind(reading(rcpt_to=["Jobs+3@toronto.example"]), wanted) == "special"
    assert kind(reading(instead={"To": "jobs@toronto.example"}), wanted) == "special"
    assert kind(reading(), wanted) == "inquiry"


def test_arrived_from_pattern_and_mail_room() -> None:
    assert kind(reading(), ({"arrived_from": ("*@example.org",)},)) == "special"
    assert kind(reading(), ({"arrived_from": ("letters_arrive_from",)},)) == "inquiry"
    assert kind(reading(mail_from="mailroom@toronto.example"), ({"arrived_from": ("letters_arrive_from",)},)) == "special"


def test_expressions_run_on_subject_and_text_without_case() -> None:
    wanted: Conditions = ({"matches": (r"\bstreet ?car\b",)},)
    assert kind(reading("StreetCar"), wanted) == "special"
    assert kind(reading("x", "The street car is late"), wanted) == "special"
    assert kind(reading("x", "y"), wanted) == "inquiry"


def test_expressions_cannot_stall() -> None:
    assert kind(reading("x", "a" * 60_000 + "!"), ({"matches": ("^(a+)+$",)},)) == "inquiry"


def test_surrogates_do_not_break_expressions() -> None:
    assert kind(reading("x", "\udc80 abc"), ({"matches": ("abc",)},)) == "special"


def test_first_rule_that_fits_audience_and_text_wins() -> None:
    name = Bilingual("x", "x")
    rules = (
        KindRule("for-council", name, frozenset(("council",))),
        KindRule("secret", name, EVERYBODY, confidential=True, any_of=({"subject_has": ("s",)},)),
        KindRule("rest", name, EVERYBODY),
    )
    mixed = division("d", "d@toronto.example", "CC", (), rules)
    assert kind_for(mixed, "council", reading("s")) == ("for-council", False)
    assert kind_for(mixed, "public", reading("s")) == ("secret", True)
    assert kind_for(mixed, "public", reading("x")) == ("rest", False)


def test_default_kind_is_confidential_where_its_rule_says_so() -> None:
    only_council = KindRule("secret", Bilingual("x", "x"), frozenset(("council",)), confidential=True)
    assert kind_for(division("d", "d@toronto.example", "CC", (), (only_council,), default_kind="secret"), "public", reading()) == ("secret", True)
    assert kind_for(division("d", "d@toronto.example", "CC", (), (only_council,)), "public", reading()) == ("inquiry", False)


@pytest.mark.parametrize("expression", [r"^(a+)+$", r"(a|aa)+$", r"(.*)(.*)(.*)(.*)(.*)b$", r"(?:a?){100}a{100}$"])
def test_no_expression_is_slow_on_any_mail(expression: str):
    """Where it takes seconds, others that write such a mail stop the ledger (docs/threats.md B8)."""
    given = reading("x", "a" * 50_000 + "!")
    began = process_time()
    assert kind(given, ({"matches": (expression,)},)) != "special"
    assert process_time() - began < 1.0
