"""Subject lines of our own mail.

Decides how much of a resident's subject may stand in ours: the plain words, clipped; never a control or invisible
character, an address of a web page, an old prefix or another case's reference.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from gateway.notices.passages import one_line
from gateway.notices.typography import typeset

LONGEST_QUOTE = 120
"""Characters of the resident's subject that are repeated."""

_READ_AT_MOST = 4 * LONGEST_QUOTE
_PREFIX = re.compile(r"(?:re|fwd?|tr|ref|rép|réf|aw|wg|sv|vs|rv|enc|antw)\s?(?:\[\d{1,3}\]|\(\d{1,3}\))?\s?:\s*", re.IGNORECASE)
_WEB_ADDRESS = re.compile(r"(?:\b[a-z][a-z0-9+.-]{1,15}://|\bwww\.)\S+", re.IGNORECASE)
_REFERENCE = re.compile(r"\[[A-Z]{2}-[234679CDFGHJKMNPQRTVWXY]{4,6}\]", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"\{(subject|reference)\}")
_EMPTY_REFERENCE = re.compile(r"\s*\[\]")


def quotable(subject: str) -> str:
    """The resident's subject as we may repeat it, at most LONGEST_QUOTE characters; "" when nothing is left."""
    visible = subject[:_READ_AT_MOST]
    if not visible.isprintable():
        visible = "".join(" " if unicodedata.category(each)[0] in "CZ" else each for each in _without_format(visible))
    text = one_line(_REFERENCE.sub(" ", _WEB_ADDRESS.sub("…", visible)))
    while found := _PREFIX.match(text):
        text = text[found.end() :]
    return _clipped(text)


def filled(pattern: str, values: Mapping[str, str]) -> str:
    """`{subject}` and `{reference}` of an admin's pattern, in one pass: what a value contains is never read as a placeholder."""
    parts = _PLACEHOLDER.split(pattern)
    words = [values.get(part, "") if index % 2 else part for index, part in enumerate(parts)]
    return one_line(_EMPTY_REFERENCE.sub("", "".join(words)))


def in_both(english: str, french: str) -> str:
    """Patterns of one subject in both languages: the English words, the French words, the reference once at the end."""
    return f"{_EMPTY_REFERENCE.sub('', english.replace('{reference}', ''))} / {typeset(french, 'fr')}"


def _without_format(text: str) -> str:
    """Drops zero-width and bidirectional characters (Cf): joined to nothing, so that a word they split is whole again."""
    return "".join(each for each in text if unicodedata.category(each) != "Cf")


def _clipped(text: str) -> str:
    if len(text) <= LONGEST_QUOTE:
        return text
    kept = text[: LONGEST_QUOTE - 1]
    at_a_word = kept.rpartition(" ")[0]
    return (at_a_word if len(at_a_word) > LONGEST_QUOTE // 2 else kept).rstrip(" ,;:-") + "…"
