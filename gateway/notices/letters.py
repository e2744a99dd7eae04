"""Acknowledgements, written once for all messages that are alike and filled in for each: nearly all of their words are the same for everybody.

Decides which words may be kept. Open are the paragraphs in which a date or the reference stands; a text that does anything else with
these than print them, or ask whether they are there, is written anew for each message, and so is one with a failure in it.
Keeps nothing of a resident: what a `Letter` is filled with is never part of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from gateway.notices import frame, mime, wording
from gateway.notices.fallback import built_in_source
from gateway.notices.html import html_block, html_body
from gateway.notices.passages import Block, Passage, block, one_line, passage, plain_block, plain_text, sources
from gateway.notices.wording import Likeness
from gateway.policy.model import Division, Policy
from gateway.policy.sentences import FRENCH_FOLLOWS, LANGUAGES, LONGEST_TEXT, MARKS, PAGE, TextFailed, Texts

KEPT = 512
"""Letters of one policy, about 16 KB each; forty divisions have some hundreds of likenesses. When there is no room, all are dropped."""

_MARKS = tuple(MARKS.values())
_PLACE = "\ufdde"
"""A noncharacter of Unicode, never valid in a text that is passed on: where an open paragraph stands."""
_PLACE_LINE = f"{_PLACE}\n"
_HTML_PLACE_LINE = f"<p>{_PLACE}</p>\n"

_LONGEST_SAID = 200
"""Characters of a date with its zone, and more: near the limit of a text, lengths must be real ones."""

Said = Mapping[str, Mapping[str, str]]
"""Language -> `wording.said`."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One acknowledgement but for what differs with every message."""

    open: tuple[tuple[str, str], ...]
    """Paragraphs to be filled in, with their language."""
    text: Sheet
    html: Sheet
    language: str
    """Value of Content-Language."""
    failed: tuple[str, ...]
    """Texts for which built-in words stand: file name and kind of error, never a value."""

    def filled(self, said: Said) -> tuple[Written, Written]:
        """Plain text, and the page in HTML."""
        blocks = [block(_filled(source, said[language]), language) for source, language in self.open]
        return self.text.filled([f"{plain_block(each)}\n" for each in blocks]), self.html.filled([f"{html_block(each)}\n" for each in blocks])


class Written(NamedTuple):
    """A part of a mail."""

    text: str
    """With `\\n`."""
    encoded: str
    """The same in quoted-printable, with CRLF."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What stands before, between and behind the open paragraphs, and the same in quoted-printable. All are whole lines, so that they can be
    encoded apart from each other."""

    fixed: tuple[str, ...]
    encoded: tuple[str, ...]

    @classmethod
    def of(cls, fixed: list[str]) -> Sheet:
        return cls(tuple(fixed), tuple(map(mime.quoted_printable, fixed)))

    def filled(self, blocks: list[str]) -> Written:
        return Written(_joined(self.fixed, blocks), _joined(self.encoded, [mime.quoted_printable(each) for each in blocks]))


class Letters:
    """The acknowledgements of one policy and its texts."""

    def __init__(self, policy: Policy, texts: Texts) -> None:
        self._policy = policy
        self._texts = texts
        self._kept: dict[Likeness, Letter | None] = {}

    def of(self, alike: Likeness, said: Said) -> Letter:
        """The letter for messages that are alike; what is `said` is in it already where that cannot be left open."""
        if alike not in self._kept:
            if len(self._kept) >= KEPT:
                self._kept.clear()
            self._kept[alike] = self._with_places(alike)
        return self._kept[alike] or self._written(alike, said, with_places=False)

    def _with_places(self, alike: Likeness) -> Letter | None:
        """None where it must be written anew for each message."""
        if not self._texts.printing.issuperset((*(_name(alike, language) for language in alike.languages), PAGE)):
            return None
        words = dict.fromkeys(MARKS, "words")
        if any(mark in value for each in alike.languages for value in wording.values(self._policy, alike, words, each).values() for mark in _MARKS):
            return None
        there = {"received": True, "respond_by": alike.dated, "reference": alike.referenced}
        marks = {name: MARKS[name] if is_there else "" for name, is_there in there.items()}
        letter = self._written(alike, dict.fromkeys(alike.languages, marks), with_places=True)
        return letter if _is_sound(letter) else None

    def _written(self, alike: Likeness, said: Said, *, with_places: bool) -> Letter:
        policy, texts, languages = self._policy, self._texts, alike.languages
        division = policy.divisions[alike.division]
        failed: list[str] = []
        open_: list[tuple[str, str]] = []
        told = []
        for language in languages:
            source = _told(_name(alike, language), wording.values(policy, alike, said[language], language), language, texts, failed)
            told.append(Passage(language, tuple(_blocks(source, language, open_))) if with_places else passage(source, language))
        passages = (*_french_follows(languages, texts, failed), *told, *_help_line(division, alike.language))
        text_signature, html_signature = frame.signatures({each: frame.signature_values(policy, division, each) for each in languages}, texts, failed)
        page = frame.page(html_body(passages, html_signature), languages[0], policy.city.in_language(languages[0]), texts, failed)
        text = f"{plain_text(passages)}\n\n-- \n{text_signature}\n"
        sheets = (Sheet.of(text.split(_PLACE_LINE)), Sheet.of(page.split(_HTML_PLACE_LINE))) if with_places else (Sheet.of([text]), Sheet.of([page]))
        spoken = ", ".join(dict.fromkeys((*languages, *(each.language for each in passages))))
        return Letter(tuple(open_), *sheets, spoken, tuple(dict.fromkeys(failed)))


def _is_sound(letter: Letter) -> bool:
    """Nothing failed, each open paragraph has its place in both parts and nothing else looks like one, and no text is near its limit."""
    if letter.failed or any(len(each.fixed) != len(letter.open) + 1 for each in (letter.text, letter.html)):
        return False
    fixed = "".join((*letter.text.fixed, *letter.html.fixed))
    longest = len(fixed) + sum(len(source) + _LONGEST_SAID * sum(map(source.count, _MARKS)) for source, _ in letter.open)
    return longest < LONGEST_TEXT // 2 and not any(each in fixed for each in (*_MARKS, _PLACE, "\r"))


def _blocks(source: str, language: str, open_: list[tuple[str, str]]) -> list[Block]:
    """Laid out, with a place for each block that has a mark; its source goes into `open_`."""
    found = []
    for each in sources(source):
        if any(mark in each for mark in _MARKS):
            open_.append((each, language))
            found.append(Block((_PLACE,)))
        elif (made := block(each, language)).lines:
            found.append(made)
    return found


def _filled(source: str, said: Mapping[str, str]) -> str:
    for name, mark in MARKS.items():
        source = source.replace(mark, said[name])
    return source


def _joined(fixed: tuple[str, ...], between: list[str]) -> str:
    pieces = [""] * (2 * len(between) + 1)
    pieces[::2], pieces[1::2] = fixed, between
    return "".join(pieces)


def _name(alike: Likeness, language: str) -> str:
    return f"acknowledgement/{alike.variant}.{language}.j2"


def _told(name: str, values: Mapping[str, str], language: str, texts: Texts, failed: list[str]) -> str:
    try:
        return texts.render(name, values)
    except TextFailed as error:
        failed.append(str(error))
        return built_in_source(values, language)


def _french_follows(languages: tuple[str, ...], texts: Texts, failed: list[str]) -> tuple[Passage, ...]:
    if len(languages) == 1:
        return ()
    try:
        return (passage(texts.render(FRENCH_FOLLOWS, {}), "fr"),)
    except TextFailed as error:
        failed.append(str(error))
        return ()


def _help_line(division: Division, language: str) -> tuple[Passage, ...]:
    """One line in a language that we do not write; never for `both`, which is no language."""
    line = division.acknowledgement.other_languages.get(language, "") if language not in LANGUAGES else ""
    return (Passage(language, (Block((one_line(line),)),)),) if line else ()
