"""What the first lines of a reply declare, in both languages; everything else declares nothing."""

from __future__ import annotations

import pytest

from gateway.judgement.declare import named_division
from gateway.judgement.declared_reply import said_in
from tests.judgement.sample_policy import POLICY


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("CLOSED BY TELEPHONE", ("close", "telephone", None)),
        ("closed by phone.", ("close", "telephone", None)),
        ("Closed at the counter", ("close", "counter", None)),
        ("Closed in person", ("close", "counter", None)),
        ("ANSWERED BY LETTER", ("close", "letter", None)),
        ("Closed by e-mail", ("close", "email-elsewhere", None)),
        ("HR-4K7M closed by telephone", ("close", "telephone", "HR-4K7M")),
        ("[HR-4K7M] CLOSED BY TELEPHONE", ("close", "telephone", "HR-4K7M")),
        ("CLOSED BY TELEPHONE HR-4K7M", ("close", "telephone", "HR-4K7M")),
        ("*CLOSED BY TELEPHONE*", ("close", "telephone", None)),
        ("NO ANSWER NEEDED", ("close", "no-answer-needed", None)),
        ("no reply needed", ("close", "no-answer-needed", None)),
        ("Fermé par téléphone", ("close", "telephone", None)),
        ("FERMÉ AU COMPTOIR", ("close", "counter", None)),
        ("fermee par courriel", ("close", "email-elsewhere", None)),
        ("AUCUNE RÉPONSE REQUISE", ("close", "no-answer-needed", None)),
        ("Aucune réponse n’est nécessaire", ("close", "no-answer-needed", None)),
        ("NOT OURS internal-audit", ("move", "internal-audit", None)),
        ("Not ours: internal audit, HR-4K7M", ("move", "internal audit", "HR-4K7M")),
        ("PAS À NOUS internal-audit", ("move", "internal-audit", None)),
        ("KIND correspondence", ("kind", "correspondence", None)),
        ("Genre : correspondence", ("kind", "correspondence", None)),
    ],
)
def test_one_line(line: str, expected: tuple[str, str, str | None]) -> None:
    [said] = said_in((line, "> quoted"))
    assert (said.what, said.argument, said.reference) == expected


@pytest.mark.parametrize("line", [
    "Thank you, we closed by telephone yesterday I think", "CLOSED", "closed by pigeon", "please call me", "> CLOSED BY TELEPHONE",
    "KIND regards to you", "", "Is this not ours to answer?",
])  # fmt: skip
def test_nothing(line: str) -> None:
    assert said_in((line, "CLOSED BY TELEPHONE") if line else ()) == ()


def test_several_lines_until_one_is_something_else() -> None:
    lines = ("HR-4K7M CLOSED BY TELEPHONE", "", "HR-9PQR NO ANSWER NEEDED", "Regards", "HR-2222 CLOSED BY LETTER")
    assert [(each.reference, each.argument) for each in said_in(lines)] == [("HR-4K7M", "telephone"), ("HR-9PQR", "no-answer-needed")]


def test_a_division_is_named_by_slug_or_name() -> None:
    for words in ("internal-audit", "Internal Audit", "INTERNAL-AUDIT"):
        found = named_division(words, POLICY.divisions.values())
        assert found is not None
        assert found.slug == "internal-audit"
    assert named_division("", POLICY.divisions.values()) is None
