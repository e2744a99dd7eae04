"""The words of a message, quick and crude: enough to recognise automatic mail and to name a language.

Picks one part and strips tags. What a person newly wrote, signatures, hidden elements: that is `gateway.message.body`.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from gateway.message.model import Message, Part

PLAIN_TEXT_LIMIT = 32 * 1024
"""Characters that `plain_text` returns at most."""
_HTML_LIMIT = 8 * PLAIN_TEXT_LIMIT

_TAG_NAME = re.compile(r"/?[a-z][a-z0-9]*")
_BREAKING = frozenset(["br", "p", "div", "tr", "li", "ul", "ol", "table", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "blockquote", "body", "title"])
_SKIPPED = frozenset(("style", "script", "title"))
_BLANKS = re.compile(r"[^\S\n]+")
_BLANK_LINES = re.compile(r"\s*\n\s*\n\s*")


def plain_text(message: Message) -> str:
    """The first `text/plain` that is no attachment, else the first `text/html` without its tags; "" without either."""
    leaves = list(readable_leaves(message.root))
    plain = next((part.text for part in leaves if part.content_type == "text/plain" and part.text and not part.text.isspace()), None)
    if plain is not None:
        return plain[:PLAIN_TEXT_LIMIT]
    marked_up = next((part.text for part in leaves if part.content_type == "text/html" and part.text), None)
    return strip_tags(marked_up)[:PLAIN_TEXT_LIMIT] if marked_up else ""


def readable_leaves(part: Part) -> Iterator[Part]:
    """Text parts meant to be read in the message itself: no attachments, nothing inside an embedded message."""
    if part.text is not None and part.disposition != "attachment":
        yield part
    if part.content_type.startswith("multipart/"):
        for child in part.children:
            yield from readable_leaves(child)


def strip_tags(markup: str) -> str:
    """HTML without tags, comments, style and script, entities resolved, one space or line break between words; linear."""
    markup = markup[:_HTML_LIMIT]
    lowered = markup.lower() if markup.isascii() else "".join(c.lower() if c.isascii() else c for c in markup)
    pieces: list[str] = []
    at = 0
    while (tag := markup.find("<", at)) >= 0:
        pieces.append(markup[at:tag])
        at, piece = _after_tag(lowered, tag)
        pieces.append(piece)
        if at < 0:
            break
    else:
        pieces.append(markup[at:])
    text = html.unescape("".join(pieces).replace("\r", " "))
    return _BLANK_LINES.sub("\n\n", _BLANKS.sub(" ", text)).strip()


def _after_tag(lowered: str, tag: int) -> tuple[int, str]:
    """Where reading goes on after the markup at `tag` (-1: nowhere), and what stands in its place."""
    if lowered.startswith("<!--", tag):
        end = lowered.find("-->", tag)
        return (end + 3 if end >= 0 else -1), ""
    name = _TAG_NAME.match(lowered, tag + 1)
    if name is None and not lowered.startswith(("<!", "<?"), tag):
        return tag + 1, "<"
    word = name[0].lstrip("/") if name else ""
    end = lowered.find(">", tag)
    if end >= 0 and word in _SKIPPED and name and not name[0].startswith("/"):
        closing = lowered.find("</" + word, end)
        end = lowered.find(">", closing) if closing >= 0 else -1
    return (end + 1 if end >= 0 else -1), "\n" if word in _BREAKING else " " if word in ("td", "th") else ""
