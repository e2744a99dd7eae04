"""Does a person speak in this text? A sign for `gateway.message.automatic`, in folded form, English, French and a little German. Decides nothing alone."""

from __future__ import annotations

# ruff: noqa: E501 — a pattern broken over lines is harder to check against a phrase
from gateway.message.automatic_phrases import in_text

WORDS_OF_A_PERSON = in_text(
    r"(?<![.@])\b(?:i|i'm|i've|my|me|mine|our|ours|us|he|she|his|her|him|je|mon(?!,|\.? \d| [a-z]{3} \d)|ma|mes|moi|notre|nos|nous|ich|mir|mich|meine?[mnrs]?|unsere?[mnrs]?)\b|\b[jm]'",
    r"\b(?:thanks|thank you|regards|sincerely|yours|kindly|merci|cordialement|salutations|danke|grussen)\b",
)
"""Filters and gateways speak neither of themselves nor of him and her, and close without courtesies; who tells of a notice does. A Monday is no "mon"."""


def speaks(text: str) -> bool:
    """A question, or words of a person: mail systems have administrators, who complain of notices, too."""
    return "?" in text[:300] or WORDS_OF_A_PERSON.search(text) is not None
