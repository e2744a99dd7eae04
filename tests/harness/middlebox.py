"""A mail server on the way that passes mail on when the test says so, as it came or damaged."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.harness.client import send
from tests.harness.hop import RecordingHop, Transaction

Damage = Callable[[Transaction], tuple[bytes, bytes]]
"""Envelope sender and octets, as they go on."""

_STRIPPED = re.compile(rb"(?:Auto-Submitted|Precedence|X-[^:\r\n]*):[^\r\n]*\r\n(?:[ \t][^\r\n]*\r\n)*", re.IGNORECASE)
_FROM = re.compile(rb"^From:[^\r\n]*?([^\s<>]+@[^\s<>]+)", re.IGNORECASE | re.MULTILINE)


def intact(transaction: Transaction) -> tuple[bytes, bytes]:
    return transaction.mail_from, transaction.octets


def stripped(transaction: Transaction) -> tuple[bytes, bytes]:
    """Without Auto-Submitted, Precedence and every X- field."""
    header, blank, body = transaction.octets.partition(b"\r\n\r\n")
    lines = [field for field in re.split(rb"(?<=\r\n)(?![ \t])", header + b"\r\n") if not _STRIPPED.fullmatch(field)]
    return transaction.mail_from, b"".join(lines) + blank[2:] + body


def stripped_with_a_return_path(transaction: Transaction) -> tuple[bytes, bytes]:
    """The same, and the null reverse-path becomes the address in From: the worst that a server has been seen to do."""
    _, octets = stripped(transaction)
    found = _FROM.search(octets)
    assert found
    return transaction.mail_from or found[1], octets


class Middlebox:
    """Mail goes into `inside`; `carry` takes what is new to `port`."""

    def __init__(self, inside: RecordingHop, port: int, damage: Damage) -> None:
        self._inside = inside
        self._port = port
        self._damage = damage
        self.carried: list[bytes] = []

    def carry(self) -> int:
        """How many went on; what the other side refuses is gone, as at any server that may not bounce."""
        new = self._inside.accepted[len(self.carried) :]
        for each in new:
            mail_from, octets = self._damage(each)
            send(self._port, mail_from, list(each.rcpt_to), octets)
            self.carried.append(octets)
        return len(new)
