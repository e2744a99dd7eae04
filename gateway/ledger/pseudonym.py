"""Residents as keyed hashes (docs/promises.md, P8): the ledger can recognise an address, never tell it.

HMAC-SHA256 cut to 16 octets, in hex. Each purpose has its own prefix, so that equal texts of different meaning differ.
Whoever holds the key file can test a guess; without it the hashes say nothing, and no other ledger has the same ones.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence

from gateway.judgement.canonical import canonical
from gateway.message.own_token import made_at

KEY_OCTETS = 32


class Pseudonyms:
    """Hashes under one key. The same value gives the same hash as long as the key file lives.

    `old`: keys that were in use before, newest first. New rows are hashed under `key` only; `under_all` finds the old ones too.
    """

    def __init__(self, key: bytes, old: Sequence[bytes] = ()) -> None:
        if len(key) != KEY_OCTETS:
            raise ValueError(f"the key must have {KEY_OCTETS} octets")
        self.key = key
        self.old = tuple(Pseudonyms(each) for each in old if each != key)

    def under_all(self, hash_of: Callable[[Pseudonyms], str | None]) -> tuple[str, ...]:
        """`hash_of` under each key, the one in use first; nothing for an empty value."""
        return tuple(found for each in (self, *self.old) if (found := hash_of(each)))

    def of_address(self, address: str) -> str | None:
        """Of an address in its canonical spelling (case, SRS and BATV do not matter). None for the empty one."""
        return self._hash("address", canonical(address))

    def of_domain(self, address: str) -> str | None:
        """Of the domain of an address in its canonical spelling; None when it has none."""
        return self._hash("domain", canonical(address).rpartition("@")[2]) if "@" in address else None

    def of_message_id(self, message_id: str) -> str | None:
        """Of a Message-ID, with or without its angle brackets; its case matters (RFC 5322 §3.6.4). None for the empty one.

        One of ours that begins with its time keeps that in front: a ledger of millions then writes new ones side by side.
        """
        found = self._hash("message-id", message_id.strip().removeprefix("<").removesuffix(">"))
        return (made_at(message_id) + found)[: len(found)] if found else None

    def of_text(self, text: str) -> str:
        """Of a text that must be recognised and not be kept."""
        return self._hash("text", text) or ""

    def _hash(self, purpose: str, value: str) -> str | None:
        if not value:
            return None
        # A message may contain anything, lone surrogates too: every text has a hash.
        octets = f"{purpose}\0{value}".encode("utf-8", "surrogatepass")
        return hmac.digest(self.key, octets, "sha256")[:16].hex()
