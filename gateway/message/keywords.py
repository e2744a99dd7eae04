"""The keywords of fields by which automatic mail makes itself known: Auto-Submitted, Precedence and their like.

Real software writes them in quotation marks, with comments, a full stop or in any case, though their grammar (RFC 3834 §5) has none of that;
a program that reads them strictly answers a machine. Decides nothing about what a keyword means.
"""

from __future__ import annotations

import re

from gateway.message.encoded_words import decode_words

_COMMENT_MARK = re.compile(r"[()]")
_BETWEEN = re.compile(r"[\s,;]+")
_AROUND = "\"'`“”‘’«».:"


def auto_submitted_keyword(value: str) -> str:
    """The lower-cased keyword of one Auto-Submitted value, comments and parameters left out (RFC 3834 §5); "" when there is none. Of several
    words the one that speaks of a machine, or the first: `no, auto-replied` is what becomes of two fields that somebody joined."""
    words = [each.lower() for each in keywords(without_comments(value)[0].partition(";")[0])]
    return next((each for each in words if each.startswith("auto-")), words[0] if words else "")


def keywords(value: str) -> list[str]:
    """The words of a value in their order and case, without comments and what stands around them: `"Bulk."` is Bulk."""
    words = (each.strip(_AROUND) for each in _BETWEEN.split(without_comments(decode_words(value))[0]))
    return [each for each in words if each]


def without_comments(value: str) -> tuple[str, str]:
    """A value without its (nested) comments, and what stood in them."""
    outside: list[str] = []
    inside: list[str] = []
    depth = at = 0
    for mark in _COMMENT_MARK.finditer(value):
        (inside if depth else outside).append(value[at : mark.start()])
        depth = depth + 1 if mark[0] == "(" else max(0, depth - 1)
        at = mark.end()
    (inside if depth else outside).append(value[at:])
    return " ".join(outside), " ".join(inside)
