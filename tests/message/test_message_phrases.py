"""Recognition of absence phrases, measured on texts that the patterns were not written from; and their running time."""

import time
from pathlib import Path

import pytest
import yaml

from gateway.message import absence_phrases, absence_reasons, bounce_phrases, responder_phrases
from gateway.message import automatic_phrases as phrases
from gateway.message.automatic import classify
from gateway.message.automatic_signs import OPENING_LIMIT
from gateway.message.parse import parse

TEXTS = yaml.safe_load((Path(__file__).parent / "absences.yaml").read_text(encoding="utf-8"))


def away(text):
    octets = b"Auto-Submitted: auto-replied\nSubject: Re: x\nContent-Type: text/plain; charset=utf-8\n\n" + text.encode()
    return classify(parse(octets), "a@b.example").type == "out_of_office"


@pytest.mark.parametrize("text", TEXTS["away"])
def test_says_away(text):
    assert away(text)


@pytest.mark.parametrize("text", TEXTS["present"])
def test_does_not_say_away(text):
    assert not away(text)


WITHOUT_FIELDS = yaml.safe_load((Path(__file__).parent / "absences_without_fields.yaml").read_text(encoding="utf-8"))


def away_by_words(subject, text, fields=""):
    head = f"From: Robin Sample <robin.sample@b.example>\nTo: desk@toronto.example\nSubject: {subject}\n{fields}".rstrip()
    octets = f"{head}\nContent-Type: text/plain; charset=utf-8\n\n{text}".encode()
    return classify(parse(octets), "robin.sample@b.example").type == "out_of_office"


@pytest.mark.parametrize("row", WITHOUT_FIELDS["away"])
def test_says_away_without_fields(row):
    assert away_by_words(*row)


@pytest.mark.parametrize("row", WITHOUT_FIELDS["present"])
def test_a_letter_is_no_absence(row):
    assert not away_by_words(*row)


PIECES = [
    "i am ", "i am on a ", "je suis a ", "a", " ", "auto", "auto ", "automatic ", "from: a\n", "on a\n", "-", "[a] ", "[", "your message ",
    "we a a a ", "will be a ", "thank you ", "reply a ", "is a b c ", "i am out of the office until ", "message from a", "this is an automatic ",
    "\n",
    "(",
    "i will a ", "i'm in a ", "i'm out in a ", "thanks for a ", "received your ", "abwesend ", "我不在", "12日", "until 5 ",
]  # fmt: skip
PATTERNS = {
    name: value
    for module in (phrases, responder_phrases, absence_phrases, absence_reasons)
    for name, value in vars(module).items()
    if name.isupper() and hasattr(value, "search")
}


@pytest.mark.parametrize("name", PATTERNS)
def test_no_pattern_is_slow_on_any_text(name):
    pattern = PATTERNS[name]
    for piece in PIECES:
        text = (piece * OPENING_LIMIT)[: 4 * OPENING_LIMIT]
        started = time.process_time()
        pattern.search(text)
        pattern.match(text)
        assert time.process_time() - started < 0.1, piece


OPENINGS = ["hi ", "dear a ", "to ", "your message ", "out of office: re: ", "i will be ", "this is "]
MATCHED = PATTERNS | {name: value for name, value in vars(bounce_phrases).items() if name.isupper() and hasattr(value, "match")}


@pytest.mark.parametrize("name", MATCHED)
def test_no_pattern_is_slow_behind_an_opening(name):
    """A greeting before one long word took half a minute."""
    for opening in OPENINGS:
        for piece in ("a", "a.", "a ", "a b ", "- ", "@a"):
            text = (opening + piece * OPENING_LIMIT)[:OPENING_LIMIT]
            started = time.process_time()
            MATCHED[name].match(text)
            assert time.process_time() - started < 0.1, (opening, piece)


def test_folding():
    assert phrases.fold("Réponse  Automatique — D’Absence") == "reponse automatique - d'absence"
    assert phrases.fold("ЙЁ\u200b한국") == "ие한국"
