"""Whose absence an out-of-office reply tells of: the names, addresses, numbers and signature block that are the absent person's own.

It decides what is theirs; whether somebody else is offered is decided in `gateway.judgement.offered_contacts`. Pure and total.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.judgement import phrases
from gateway.message.body import NewestText
from gateway.message.contact_points import ContactPoint, contact_points
from gateway.message.model import Envelope, Message
from gateway.message.signature_block import is_name_of, sender_names


@dataclass(frozen=True)
class Absent:
    """The person whose absence is told of: by what they can be known in the reply's own text. Addresses in lower case."""

    names: tuple[frozenset[str], ...]
    addresses: frozenset[str]
    recipients: frozenset[str]
    numbers: frozenset[str]
    """Digits of the numbers in the absent person's own signature."""
    locals: frozenset[str]

    def has_address(self, address: str) -> bool:
        local, _, _ = address.partition("@")
        words = frozenset(re.findall(r"[^\W\d_]{2,}", local.casefold()))
        if address in self.addresses or local in self.locals:
            return True
        return any(len(name) > 1 and ((len(words) > 1 and words <= name) or local in _short_forms(name)) for name in self.names)

    def has_number(self, point: ContactPoint) -> bool:
        return bool(point.digits) and any(point.digits == each or (len(point.digits) >= 4 and each.endswith(point.digits)) for each in self.numbers)


def _short_forms(name: frozenset[str]) -> set[str]:
    """`rsample`, `r.sample`, `sampler` of Robin Sample."""
    return {
        form
        for first in name
        for last in name
        if first != last
        for form in (first[0] + last, f"{first[0]}.{last}", f"{first[0]}_{last}", last + first[0])
    }


def absent_person(message: Message, envelope: Envelope, newest: NewestText) -> Absent:
    """Whoever sent the reply, as its header, its envelope and its own signature block name them."""
    names = sender_names(message)
    own = {address.key for field_name in ("from", "sender", "reply-to") for address in message.of(field_name)} | {envelope.mail_from.casefold()} - {
        ""
    }
    recipients = {address.casefold() for address in envelope.rcpt_to} | {address.key for address in message.of("to")}
    signature = "\n".join(newest.signature) if _is_own_block(newest, names) else ""
    return Absent(
        names=names,
        addresses=frozenset(own),
        recipients=frozenset(recipients - own),
        numbers=frozenset(point.digits for point in contact_points(signature) if point.kind in {"phone", "extension"}),
        locals=frozenset(address.partition("@")[0] for address in own if address),
    )


def _is_own_block(newest: NewestText, names: Sequence[frozenset[str]]) -> bool:
    """A block with another person's name at its head is not the absent person's signature but a contact that is offered."""
    if newest.signature_start is None:
        return False
    if any(is_name_of(re.split(r"[|,\t]", line)[0], names) for line in newest.signature[:4]):
        return True
    if any(_offers_in_words(line) for line in newest.signature):
        return False
    return newest.introduced in {"delimiter", "closing"}


def offered_lines(newest: NewestText, absent: Absent) -> list[str]:
    """The lines in which an offer may stand: all but the absent person's own block, of which lines that speak of somebody else are kept."""
    if not _is_own_block(newest, absent.names):
        return list(newest.lines)
    block = newest.signature
    first = next((number for number, line in enumerate(block) if number and _offers_in_words(line)), len(block))
    return [*newest.body, "", *block[first:]]


def _offers_in_words(line: str) -> bool:
    lowered = phrases.lowered(line)
    return len(line.split()) >= 4 and bool(phrases.OTHER.search(lowered)) and not phrases.OWN.search(lowered)
