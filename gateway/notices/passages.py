"""The sentences of a notice as paragraphs and lists, and their plain text.

One `Passage` is what is said in one language. HTML (`html.py`) and plain text are made from the same passages, so they
cannot say different things.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from gateway.notices.typography import typeset

WIDTH = 72
"""Columns of plain text."""

_BLANK_LINE = re.compile(r"\n[ \t]*\n")
_TO_SPACE = str.maketrans(dict.fromkeys("\t\r\n\f\v", " "))  # str.split() would take the no-break space, too
_ITEM = "- "
_GLUE = "\ue000"  # a private character, for the time of wrapping only
_MONTH = "(?:janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre)"
_BELONGS = re.compile(rf"(?<=\d) (?=[ap]\.m\.)|(?<=[\dr]) (?={_MONTH}\b)|(?<=[a-zéû]) (?=\d{{4}}\b)|(?<=\bà) (?=\d)")


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph (one line) or a list (an item each line)."""

    lines: tuple[str, ...]
    is_list: bool = False


@dataclass(frozen=True, slots=True)
class Passage:
    language: str
    """ISO 639-1."""
    blocks: tuple[Block, ...]


def passage(source: str, language: str) -> Passage:
    """Reads a rendered template: a blank line ends a block, lines that begin with `- ` are items of a list."""
    blocks = (_block(part, language) for part in _BLANK_LINE.split(source))
    return Passage(language, tuple(block for block in blocks if block.lines))


def plain_text(passages: tuple[Passage, ...]) -> str:
    """Blocks with a blank line between, wrapped at WIDTH, one item a line without bullets (a screen reader speaks those)."""
    return "\n\n".join("\n".join(_wrapped(line) for line in block.lines) for each in passages for block in each.blocks)


def one_line(value: str) -> str:
    """A value without line breaks, so that it cannot begin a block of its own."""
    return " ".join(word for word in value.translate(_TO_SPACE).split(" ") if word)


def _block(source: str, language: str) -> Block:
    lines = [line.strip(" \t\r") for line in source.strip("\n").split("\n")]
    lines = [line for line in lines if line]
    if any(line.startswith(_ITEM) for line in lines):
        return Block(tuple(typeset(one_line(item), language) for item in _items(lines)), is_list=True)
    joined = one_line(" ".join(lines))
    return Block((typeset(joined, language),) if joined else ())


def _items(lines: list[str]) -> list[str]:
    """A line without its own `- ` goes on with the item above it."""
    items: list[str] = []
    for line in lines:
        if line.startswith(_ITEM) or not items:
            items.append(line.removeprefix(_ITEM))
        else:
            items[-1] = f"{items[-1]} {line}"
    return items


def _wrapped(line: str) -> str:
    """Broken at spaces only; `4 p.m.`, `16 novembre 2026` and `à 16 h` stay together, without a no-break space left in them.

    A word longer than a line (an address of a page) stays whole.
    """
    lines: list[str] = []
    filled = ""
    for word in _BELONGS.sub(_GLUE, line).split(" "):
        if filled and len(filled) + 1 + len(word) > WIDTH:
            lines.append(filled)
            filled = word
        else:
            filled = f"{filled} {word}" if filled else word
    return "\n".join([*lines, filled]).replace(_GLUE, " ")
