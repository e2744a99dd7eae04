"""The sentences of a notice as paragraphs and lists, and their plain text.

One `Passage` is what is said in one language. HTML (`html.py`) and plain text are made from the same passages, so they
cannot say different things.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from gateway.notices.typography import typeset

WIDTH = 72
"""Columns of plain text."""

REMEMBERED = 2048
"""Paragraphs whose layout is kept: most of an acknowledgement is the same for everybody."""

_BLANK_LINE = re.compile(r"\n[ \t]*\n")
_TO_SPACE = str.maketrans(dict.fromkeys("\t\r\n\f\v", " "))  # str.split() would take the no-break space, too
_ITEM = "- "
_HEADING = "# "
_PASTE = "> "
_INDENT = "   "
_GLUE = "\ue000"  # a private character, for the time of wrapping only
_MONTH = "(?:janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre)"
_BELONGS = re.compile(
    rf" (?:(?<=\d )(?=[ap]\.m\.)|(?<=[\dr] )(?={_MONTH}\b)|(?<=[a-zéû] )(?=\d{{4}}\b)|(?<=\bà )(?=\d))"  # the space first, for a search in C
)


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph (one line), a list (an item each line), a heading (one line), or text to paste (its own lines)."""

    lines: tuple[str, ...]
    is_list: bool = False
    is_heading: bool = False
    to_paste: bool = False


@dataclass(frozen=True, slots=True)
class Passage:
    """What a mail says in one language."""

    language: str
    """ISO 639-1."""
    blocks: tuple[Block, ...]


def passage(source: str, language: str) -> Passage:
    """Reads a rendered template: a blank line ends a block, lines that begin with `- ` are items of a list, a line that begins with
    `# ` is a heading, and lines that begin with `> ` are text to paste."""
    blocks = (block(part, language) for part in sources(source))
    return Passage(language, tuple(each for each in blocks if each.lines))


def sources(source: str) -> list[str]:
    """What becomes a block each."""
    return _BLANK_LINE.split(source)


def plain_text(passages: tuple[Passage, ...]) -> str:
    """Blocks with a blank line between, wrapped at WIDTH, one item a line without bullets (a screen reader speaks those)."""
    return "\n\n".join([plain_block(block) for each in passages for block in each.blocks])


def plain_block(block: Block) -> str:
    """One block as it stands in plain text, with `\\n`."""
    return "\n".join([_written(line, block) for line in block.lines])


def one_line(value: str) -> str:
    """A value without line breaks, so that it cannot begin a block of its own."""
    if value.isprintable() and "  " not in value:  # most are one already
        return value.strip(" ")
    return " ".join([word for word in value.translate(_TO_SPACE).split(" ") if word])


@lru_cache(REMEMBERED)
def block(source: str, language: str) -> Block:
    """One block of a rendered template; without lines where there is nothing in it."""
    lines = [line.strip(" \t\r") for line in source.strip("\n").split("\n")]
    lines = [line for line in lines if line]
    if lines and lines[0].startswith(_HEADING):
        return Block((typeset(one_line(lines[0].removeprefix(_HEADING)), language),), is_heading=True)
    if lines and all(line.startswith(_PASTE) for line in lines):
        return Block(tuple(typeset(one_line(line.removeprefix(_PASTE)), language) for line in lines), to_paste=True)
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


def _written(line: str, block: Block) -> str:
    """Text to paste stands out by its indent alone; a heading needs no mark, it is a line of its own."""
    if not block.to_paste:
        return _wrapped(line)
    return "\n".join(_INDENT + part for part in _wrapped(line, WIDTH - len(_INDENT)).split("\n"))


@lru_cache(REMEMBERED)
def _wrapped(line: str, width: int = WIDTH) -> str:
    """Broken at spaces only; `4 p.m.`, `16 novembre 2026` and `à 16 h` stay together, without a no-break space left in them.

    A word longer than a line (an address of a page) stays whole.
    """
    lines: list[str] = []
    filled = ""
    for word in _BELONGS.sub(_GLUE, line).split(" "):
        if filled and len(filled) + 1 + len(word) > width:
            lines.append(filled)
            filled = word
        else:
            filled = f"{filled} {word}" if filled else word
    return "\n".join([*lines, filled]).replace(_GLUE, " ")
