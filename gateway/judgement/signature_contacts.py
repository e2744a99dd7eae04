"""Telephones, addresses and pages on the lines of a signature block, and the labels that stand at them. Decides nothing about any other field."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from gateway.judgement.no_field import KEY_PLACE
from gateway.message.contact_points import contact_points

FieldName = Literal["name", "title", "division", "organization", "phone", "email", "website"]
FIELDS: tuple[FieldName, ...] = ("name", "title", "division", "organization", "phone", "email", "website")

SOCIAL = re.compile(
    r"(?:https?://)?(?:[\w-]+\.)?(?P<network>linkedin|twitter|x|facebook|fb|instagram|tiktok|youtube|youtu|threads|bsky|pinterest|snapchat"
    r"|tumblr|t)\.(?:com|me|net|be|app|social)"
    r"/(?:in/|pub/|company/|profile/|c/|channel/|user/)?(?P<handle>@?[\w.%-]{2,80})"
    r"|\b(?P<named>x(?=\s?:)|linkedin|twitter|facebook|instagram|insta|tiktok|youtube|threads|bluesky|mastodon|snapchat"
    r"|pinterest)\s?(?:handle\s?)?[:–-]?\s?(?P<at>@[\w.]{2,40})"
    r"|(?P<follow>\b(?:follow|find|connect with|add|suivez|retrouvez)[- ](?:me|moi) (?:on|at|sur) (?:linkedin|twitter|x|facebook|instagram"
    r"|tiktok|youtube|threads|bluesky|mastodon)\b)",
    re.IGNORECASE,
)
_WEBSITE = re.compile(
    r"(?<![@\w.])(?:https?://[^\s<>|]{3,300}|www\.[^\s<>|]{3,300}|(?:[a-z0-9-]{2,63}\.){1,4}(?:ca|com|org|net|gov|info|example|quebec"
    r"|city)(?:/[^\s<>|]*)?(?![\w@.]))",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"\b(?:telephone|téléphone|tel|tél|phone|office|direct|cell(?:ular|ulaire)?|mobile|fax|téléc\w*|e-?mail|courriel|web(?:site)?|site web"
    r"|url|tty|ats|main|general|pager|voice ?mail|home|toll[- ]free|sans frais|bureau|[tpcmfew])\b\.?\s?[:.]?",
    re.IGNORECASE,
)
_WORDS_TOO = frozenset({"office", "bureau", "general", "main", "direct", "home"})
_AT_A_CONTACT = re.compile(r"[\s.:()#/-]*(?:$|\s{3}|(?:tel|tél|phone|telephone|cell|mobile|line|fax|number|and|or|et|ou)\b)", re.IGNORECASE)
_TTY_BEFORE = re.compile(r"\b(?:tty|ats|tdd|teletype)\b[^\d]{0,12}$", re.IGNORECASE)
_LABELLED_NUMBER = re.compile(
    r"\b(?:tele?|tél|telephone|téléphone|phone|mobile|cell(?:ular)?|direct|office)\b\.?\s?:?\s{0,3}(\+?[\d(][\d\s().-]{6,20}\d)"
    r"|(?:(?:^|[\s|•·,;/])(?:[mcpt]\b|d(?=\s?:))|\b(?:tele?|tél|telephone|téléphone|phone|mobile|cell(?:ular)?|direct|office)\b)\.?\s?:?\s{0,3}"
    r"((?:\+\d|\(?0)[\d\s()./-]{7,20}\d)(?![\w/])"
    r"|^\s*(\+\d{1,3}\s?\(?\d{1,5}\)?\s?/\s?\d[\d\s-]{3,14}\d)(?![\w/])",
    re.IGNORECASE,
)
"""Said to be a telephone number, though no country dials it so, or in a form that only its own country knows: to a reader it is there."""


class Found(NamedTuple):
    """A field, where it stands (line, then column), and whether it can hardly be anything else."""

    field: FieldName
    line: int
    column: int
    sure: bool = True


def websites(text: str) -> list[re.Match[str]]:
    """Web addresses that are no social network's and no key's."""
    return [match for match in _WEBSITE.finditer(text) if not SOCIAL.match(match[0]) and not KEY_PLACE.search(match[0])]


def contacts(text: str, number: int, offset: int) -> list[Found]:
    """Ways to reach somebody on line `number`, whose text begins at column `offset`."""
    kinds: dict[str, FieldName] = {"email": "email", "phone": "phone", "extension": "phone", "311": "phone"}
    points = [point for point in contact_points(text) if point.kind in kinds and not _TTY_BEFORE.search(text[: point.start])]
    labelled = None if any(point.kind == "phone" for point in points) else _LABELLED_NUMBER.search(text)
    return [
        *(Found(kinds[point.kind], number, offset + point.start) for point in points),
        *([Found("phone", number, offset + labelled.start(labelled.lastindex or 0))] if labelled else []),
        *(Found("website", number, offset + match.start()) for match in websites(text)),
    ]


def without_contacts(text: str) -> str:
    """The same length, with blanks in place of contacts and of the labels that stand at them."""
    spans = (
        [(point.start, point.end) for point in contact_points(text)]
        + [match.span() for match in _WEBSITE.finditer(text)]
        + [match.span() for match in SOCIAL.finditer(text)]
    )
    for start, end in spans:
        text = text[:start] + " " * (end - start) + text[end:]
    return _LABEL.sub(lambda match: " " * len(match[0]) if ":" in match[0] or (spans and _labels(match)) else match[0], text)


def _labels(match: re.Match[str]) -> bool:
    """Whether the word stands at what was a number or an address: in "Office of the Clerk" it does not."""
    if match[0].strip(" .").casefold() not in _WORDS_TOO:
        return True
    return not match.string[: match.start()].endswith(("'s ", "’s ")) and _AT_A_CONTACT.match(match.string, match.end()) is not None
