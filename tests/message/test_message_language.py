"""Language of short texts: accuracy on languages.yaml, and what must never be guessed."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.message.language import detect

ROWS = yaml.safe_load((Path(__file__).parent / "languages.yaml").read_text(encoding="utf-8"))


def test_accuracy():
    wrong = [(row["text"], row["code"], detect(row["text"])) for row in ROWS if detect(row["text"])[0] != row["code"]]
    print(wrong)
    assert len(ROWS) >= 80
    assert len(wrong) / len(ROWS) <= 0.03


@pytest.mark.parametrize("row", [row for row in ROWS if row["code"] in ("en", "fr")], ids=lambda row: row["text"][:30])
def test_english_and_french_are_never_taken_for_each_other(row):
    assert detect(row["text"])[0] in (row["code"], "")


@pytest.mark.parametrize("text", ["", "ok", "12345", "???", "a@b.example https://le.example/la", "\ud800", "\x00\u200b"])
def test_unsure(text):
    assert detect(text) == ("", 0.0)


@given(st.text(max_size=400))
@settings(deadline=None)
def test_any_text(text):
    code, confidence = detect(text)
    assert 0.0 <= confidence <= 1.0
    assert bool(code) == bool(confidence)


@pytest.mark.parametrize(
    "row", [row for row in ROWS if "onjour" in row["text"] and len(row["text"]) > 60 and not row["code"]], ids=lambda row: row["text"][:30]
)
def test_both_languages_in_one_text_are_unsure(row):
    assert detect(row["text"]) == ("", 0.0)


def test_only_the_beginning_counts():
    assert detect("Hello, I need help with my water bill. " * 40 + "Bonjour, j'ai besoin d'aide. " * 4000)[0] == "en"
