"""Case references that people read out on the telephone: which ones a case may get, in order. Decides nothing else.

No look-alike letters (no 0 or O, no 1, I or L, no 5 or S …), no A, E or U that would spell words, and nothing of the resident:
the same message always gets the same candidates, and without the key nobody can compute them.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from itertools import count, product

from gateway.message.thread import REFERENCE_ALPHABET

FIRST = 3
"""Candidates of one digest: with four characters while they last (280,000 for each prefix), then five, then six (148 million)."""


def candidates(key: bytes, identity: str, mailbox: str, prefix: str) -> Iterator[str]:
    """References for the case that message `identity` opens with `mailbox`: FIRST of them short, then without end six characters."""
    for turn in count():
        seed = f"reference\0{identity}\0{mailbox.casefold()}\0{turn}".encode("utf-8", "surrogatepass")
        letters = _letters(hmac.digest(key, seed, "sha256"))
        lengths = (4, 5, 6) if turn == 0 else (6, 6, 6)
        yield from (f"{prefix}-{letters[6 * place : 6 * place + length]}" for place, length in enumerate(lengths))


_PAIRS = [second + first for first, second in product(REFERENCE_ALPHABET, repeat=2)]
"""What the remainder by the square of the alphabet stands for: its last digit first."""


def _letters(digest: bytes) -> str:
    """18 characters of the alphabet; the bias of the division is below 2⁻¹⁷⁰."""
    number = int.from_bytes(digest, "big")
    pairs = []
    for _ in range(3 * FIRST):
        number, pair = divmod(number, len(_PAIRS))
        pairs.append(_PAIRS[pair])
    return "".join(pairs)
