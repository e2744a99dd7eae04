"""The same passages as HTML: paragraphs and lists with their `lang`, no table, no image, no colour, nothing remote.

Without colours of its own the text takes those of the reader's program, dark or light, and with them their contrast
(WCAG 2.1 AA 1.4.3). The page around it is `templates/page.html.j2`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape

from gateway.notices.passages import REMEMBERED, Block, Passage

_LINK = re.compile(r"(?P<words>[^<>]+?)[ \u00a0]?: (?P<target>mailto:\S+)")
_RIGHT_TO_LEFT = frozenset(("ar", "fa", "he", "ur", "ps", "yi", "dv", "ug", "sd"))


def html_body(passages: tuple[Passage, ...], signature: str) -> str:
    """`signature` is HTML already (made by an escaping template)."""
    parts = [_division(each) for each in passages]
    return "\n".join([*parts, f"<footer>\n{signature.strip()}\n</footer>"])


def language_attributes(language: str) -> str:
    """For the element around a text of this language (ISO 639-1): WCAG 2, 3.1.2."""
    direction = ' dir="rtl"' if language in _RIGHT_TO_LEFT else ""
    return f'lang="{escape(language)}"{direction}'


def plain_page(body: str, language: str) -> str:
    """The built-in page, for when the template of the page fails."""
    return (
        f'<!DOCTYPE html>\n<html {language_attributes(language)}>\n<head><meta charset="utf-8">'
        f'<meta name="color-scheme" content="light dark"><title>City</title></head>\n<body>\n{body}\n</body>\n</html>\n'
    )


def plain_signature(lines: list[str], language: str) -> str:
    """The built-in signature, for when its template fails."""
    return f"<p {language_attributes(language)}>{'<br>'.join(escape(line, quote=False) for line in lines)}</p>"


def _division(each: Passage) -> str:
    blocks = "\n".join([html_block(block) for block in each.blocks])
    return f"<div {language_attributes(each.language)}>\n{blocks}\n</div>"


@lru_cache(REMEMBERED)
def html_block(block: Block) -> str:
    """One block as an element; every text is escaped."""
    if block.is_heading:
        return f"<h2>{escape(block.lines[0], quote=False)}</h2>"
    if block.to_paste:  # no blockquote: what is pasted from one reads as a quotation
        return f'<p style="margin-left: 1.5em">{"<br>".join(escape(line, quote=False) for line in block.lines)}</p>'
    if not block.is_list:
        return f"<p>{_linked(block.lines[0])}</p>"
    return "<ul>\n" + "\n".join(f"<li>{_linked(line)}</li>" for line in block.lines) + "\n</ul>"


def _linked(line: str) -> str:
    """A line that ends with a colon and a mailto address is a link of its own words; only a survey has such lines."""
    found = _LINK.fullmatch(line) if ": mailto:" in line else None
    if found is None:
        return escape(line, quote=False)
    return f'<a href="{escape(found["target"])}">{escape(found["words"], quote=False)}</a>'
