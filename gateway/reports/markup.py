"""The pieces of the HTML report: tables, lists and figures, everything escaped. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape


def element(name: str, text: str, **attributes: str) -> str:
    """`text` is plain and becomes escaped; a trailing underscore of an attribute's name falls away."""
    given = "".join(f' {key.rstrip("_")}="{escape(value)}"' for key, value in attributes.items())
    return f"<{name}{given}>{escape(text)}</{name}>"


def paragraphs(lines: Iterable[str]) -> str:
    """One for each line that is not empty."""
    return "".join(element("p", unaligned(line)) for line in lines if line.strip())


def unaligned(line: str) -> str:
    """A line that stands in columns on a terminal, as a sentence: name: figure, figure."""
    name, *figures = re.split(r"\s{2,}", line.strip())
    return f"{name}: {', '.join(figures)}" if figures else name


def bullets(lines: Iterable[str]) -> str:
    """A list; nothing where there are no lines."""
    items = "".join(element("li", line) for line in lines)
    return f"<ul>{items}</ul>" if items else ""


def table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]], *, words: int = 1) -> str:
    """The first cell of a row names it; beyond the first `words` columns, cells are numbers, set to the right. It scrolls by itself on a
    narrow screen, and can be reached by keyboard to do so."""
    head = "".join(element("th", each, scope="col", class_="" if place < words else "n") for place, each in enumerate(heads))
    body = "".join(_row(cells, words) for cells in rows)
    inner = f"<table>{element('caption', caption)}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f'<div class="scroll" role="group" tabindex="0" aria-label="{escape(caption)}">{inner}</div>'


def chart(svg: str, caption: str, beside: str) -> str:
    """A picture with its caption, and the same as a table."""
    return f'<figure class="chart"><div class="picture">{svg}</div>{element("figcaption", caption)}</figure>{beside}'


def section(name: str, title: str, inner: str) -> str:
    """A landmark with a heading; left out where there is nothing in it."""
    return f'<section id="{name}" aria-labelledby="{name}-heading">{element("h2", title, id=f"{name}-heading")}{inner}</section>' if inner else ""


def _row(cells: Sequence[str], words: int) -> str:
    first, *rest = cells
    others = "".join(element("td", each, class_="w" if place < words else "n") for place, each in enumerate(rest, start=1))
    return f"<tr>{element('th', first, scope='row')}{others}</tr>"
