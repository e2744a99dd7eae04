"""Sentences of wrapped prose and lines of lists: the units in which words and the address they speak of stand together.

It decides where a unit ends, nothing else. Pure, total, linear.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_SENTENCE_END = re.compile(r"(?<=[.!?;])[\"'”»)]?\s+(?=[\"“«(]?[^\W\d_a-zà-ÿ]|\d)|\s+[•·▪]\s+")
_ABBREVIATED = re.compile(
    r"(?:\b(?:ext|tel|tél|mr|mrs|ms|dr|st|jr|sr|ex|no|m|mme|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|janv|févr|avr|juil|déc|dept|ph"
    r"|a\.m|p\.m|e\.g|i\.e|p|approx|inc|ave|x|poste|b|c)|\b[A-Z])\.$",
    re.IGNORECASE,
)
_CONTINUES = re.compile(
    r"(?:[,(–-]|\b(?:at|to|or|and|on|in|for|by|from|with|contact|call|email|the|my|our|is|of|please|ou|et|au|à|le|la|de|du|avec|pour|par"
    r"|mon|ma|sur|en|est|ext\.?|poste))$",
    re.IGNORECASE,
)
_WRAPPED_FROM = 45
_LONGEST_UNIT = 1500


def units(lines: Sequence[str]) -> Iterator[str]:
    """Sentences of wrapped prose, and lines of lists, each as one; "" for an empty line."""
    prose = ""
    for line in (*lines, ""):
        text = line.strip()[:_LONGEST_UNIT]
        if prose and text and len(prose) < _LONGEST_UNIT and _goes_on(prose, text):
            prose = f"{prose} {text}"
            continue
        yield from _sentences(prose)
        if not text:
            yield ""
        prose = text


def _goes_on(prose: str, text: str) -> bool:
    """Whether a line was only wrapped: its last word asks for more, the next begins small, or it is as long as lines of prose are."""
    return bool(_CONTINUES.search(prose[-30:])) or text[0].islower() or (len(prose) >= _WRAPPED_FROM and prose[-1] not in ".:;!?")


def _sentences(prose: str) -> Iterator[str]:
    start = 0
    for match in _SENTENCE_END.finditer(prose):
        if not _ABBREVIATED.search(prose[max(start, match.start() - 12) : match.start()]):
            yield prose[start : match.start()].strip()
            start = match.end()
    if prose[start:].strip():
        yield prose[start:].strip()
