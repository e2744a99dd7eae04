"""The one search that passes over ordinary text misses no line that the closer look would take."""

from __future__ import annotations

import random
from pathlib import Path

import yaml

from gateway.message import quoting

TESTS = Path(__file__).parents[1]
BEGINNINGS = yaml.safe_load((Path(__file__).parent / "quoting_lines.yaml").read_text(encoding="utf-8"))
ENDS = ["", "", "", ":", " :", "：", ">", " <a@b.example>:", " 12:30", " wrote:", " a écrit :", " schrieb Ann:"]
FRONTS = ["", "", "", "  ", "> ", "|> ", "* ", "[", "*** ", "\t", "— "]
LETTERS = ["i", "İ", "ı", "s", "ſ", "k", "\u212a", "\u200b", "\ud800", "x" * 1000]


def _line(chance: random.Random) -> str:
    line = chance.choice(FRONTS) + chance.choice(BEGINNINGS) + chance.choice(ENDS)
    if chance.random() < 0.15:
        line = chance.choice([str.upper, str.title, str.lower])(line)
    if chance.random() < 0.1:
        line = line.replace(chance.choice("isk"), chance.choice(LETTERS))
    return line


def _missed(lines: list[str]) -> list[str]:
    kept = quoting._without_armour([line.rstrip() for line in lines])
    looked_at = set(quoting._candidates(kept))
    return [line for number, line in enumerate(kept) if line and number not in looked_at and quoting._taken_out(kept, number, line.strip()[:1000])]


def test_no_line_that_would_be_taken_is_passed_over() -> None:
    chance = random.Random(7)  # not hypothesis: six times as many texts in the same time
    for _ in range(4000):
        lines = [_line(chance) for _ in range(chance.randint(1, 12))]
        assert _missed(lines) == [], lines


def test_nor_in_replies_as_mail_programs_write_them() -> None:
    for sample in yaml.safe_load((TESTS / "accuracy" / "newest_text.yaml").read_text(encoding="utf-8")):
        assert _missed(sample["text"].splitlines()) == [], sample["id"]


def test_an_attribution_of_three_lines_around_another_sign_is_seen() -> None:
    assert quoting.newest_lines(["Yes.", "", "On Mon, Nov 16, 2026 at 9:00 Ann", "**********", "Wren wrote:", "> When?"]) == ["Yes."]


def test_a_letter_is_passed_over_whole() -> None:
    letter = [
        "Good morning,",
        "",
        "the permit for our festival is late: nobody answers since Monday.",
        "On page 7 it says nine of ten.",
        "",
        "Jordan",
    ]
    assert quoting._candidates(letter) == []
