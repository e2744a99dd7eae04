"""The HTML says what the text says, to people who see it and to people who hear it (WCAG 2.1 AA)."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from gateway.notices.compose import Composed, acknowledgement_text
from gateway.notices.html import html_body
from gateway.notices.passages import Block, Passage
from tests.notices.compose_cases import POLICY, RECEIVED, REFERENCES, ROOT, TWO_DAYS, case, decision, examination, message, shipped_texts

CASES = {
    "answer-date": (case("human-resources", RECEIVED + TWO_DAYS),),
    "no-date": (case("strategic-communications"),),
    "council": (case("executive-management", audience="council"),),
    "in-confidence": (case("equity-diversity-human-rights", RECEIVED + TWO_DAYS, confidential=True),),
    "three": (case("human-resources", RECEIVED + TWO_DAYS), case("executive-management"), case("internal-audit")),
}
VOID = {"meta", "br"}
ALLOWED = {"html", "head", "title", "style", "body", "div", "p", "ul", "li", "footer", "a", *VOID}


class Reader(HTMLParser):
    """What a screen reader would get: words with the language in force, in order."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[tuple[str, str]] = []
        self.words: list[tuple[str, str]] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            language = dict(attrs).get("lang") or (self.open[-1][1] if self.open else "")
            self.open.append((tag, language))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1][0] not in ("style", "title", "head", "html"):
            self.words.extend((word, self.open[-1][1]) for word in data.split())


def composed(name: str, language: str) -> Composed:
    chosen = decision(*CASES[name], language=language, quote_subject=True)
    return acknowledgement_text(
        examination(RECEIVED, message("<script>x</script>")), chosen, references=REFERENCES, policy=POLICY, texts=shipped_texts(), now=RECEIVED
    )


def heard(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert not reader.open
    return reader


@pytest.mark.parametrize("language", ["en", "fr", "both", "ta", "ar"])
@pytest.mark.parametrize("name", CASES)
def test_text_and_html_say_the_same(name: str, language: str) -> None:
    both = composed(name, language)
    assert [word for word, _ in heard(both.html).words] == [word for word in both.text.split() if word != "--"]


@pytest.mark.parametrize("language", ["en", "fr", "both", "ta", "ar"])
@pytest.mark.parametrize("name", CASES)
def test_structure(name: str, language: str) -> None:
    reader = heard(composed(name, language).html)
    assert {tag for tag, _ in reader.tags} <= ALLOWED
    assert all(spoken in ("en", "fr", "ta", "ar") for _, spoken in reader.words)
    attributes = {attribute for _, found in reader.tags for attribute in found}
    assert attributes <= {"lang", "dir", "charset", "name", "content", "href"}
    links = [found["href"] or "" for tag, found in reader.tags if tag == "a"]
    assert all(link.startswith(("mailto:", "https://www.toronto.example/")) for link in links)


def test_each_language_is_marked() -> None:
    words = heard(composed("answer-date", "ar").html).words
    by_language = {spoken: " ".join(word for word, its in words if its == spoken) for spoken in ("en", "fr", "ar")}
    assert "Hello, Your message reached" in by_language["en"]
    assert by_language["fr"].startswith("Le texte français suit")
    assert "Ressources humaines" in by_language["fr"]
    assert by_language["ar"].startswith("للحصول")
    assert '<div lang="ar" dir="rtl">' in composed("answer-date", "ar").html


def test_what_is_said_is_escaped() -> None:
    body = html_body((Passage("en", (Block(("<script>&",)), Block(("<b>",), is_list=True))),), "<p>signature</p>")
    assert "<p>&lt;script&gt;&amp;</p>" in body
    assert "<li>&lt;b&gt;</li>" in body


def luminance(colour: str) -> float:
    """WCAG 2.1, relative luminance of `#rrggbb`."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_enough_on_white_and_on_a_dark_page() -> None:
    """Each colour that the page sets must be readable on every background it may meet; setting none leaves the reader's own."""
    html = composed("answer-date", "both").html
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    colours = re.findall(r"(?<![-\w])(?:color|background(?:-color)?)\s*:\s*([^;}\"]+)", html)
    backgrounds = ("#ffffff", "#121212")
    assert all(contrast(colour.strip(), background) >= 4.5 for colour in colours for background in backgrounds)
    assert '<meta name="color-scheme" content="light dark">' in html


def test_nothing_remote_and_nothing_that_needs_images() -> None:
    sources = [path.read_text(encoding="utf-8") for folder in ("templates", "signatures") for path in (ROOT / folder).rglob("*.html.j2")]
    assert sources
    assert not any(re.search(r"<(?:img|table|script|link|iframe|font)\b|url\(|@import|<[^>]+\sstyle=", source) for source in sources)
