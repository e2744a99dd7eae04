"""Small marks of writing that an admin need not think of: French no-break spaces, and no second period after `a.m.`

Never changes a word.
"""

from __future__ import annotations

import re

NO_BREAK = "\u00a0"

# Each begins with what it takes away, for which `re` searches in C.
_FRENCH_SPACE = re.compile(
    r" (?:(?<=\S )(?=:(?:\s|$))"  # Téléphone :
    r"|(?<=\d )(?=h\b)|(?<=\d[ \u00a0]h )(?=\d\d\b)"  # 10 h 12
    r"|(?<=« )|(?=»))"
)
_SECOND_PERIOD = re.compile(r"\.(?<=\b[ap]\.m\.\.)(?!\.)")


def typeset(text: str, language: str) -> str:
    """French gets U+00A0 in `10 h 12`, before `:` and inside « », and none before `;`, `?` and `!`; in English, a sentence
    that ends with `a.m.` ends with one period."""
    if language == "en":
        return _SECOND_PERIOD.sub("", text)
    return _FRENCH_SPACE.sub(NO_BREAK, text) if language == "fr" else text
