"""Arguments of MAIL and RCPT, read strictly and passed on as written (docs/threats.md S2: what is forwarded is what was received).

Source routes are refused (553): nothing has needed one for decades (RFC 5321 appendix F.2), and two readers differ on what they mean.
Parameters are for the next hop to judge; here they are only checked to be parameters, so that they cannot smuggle anything.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from gateway.delivery.path import is_mailbox
from gateway.delivery.reply import Reply, own

_ARGUMENT = re.compile(
    # Possessive throughout: what one part has taken no other one could.
    rb"""(FROM|TO):[ ]*+<((?:[^<>"\x00-\x1f\x7f]++|"(?:[^"\\\x00-\x1f\x7f]|\\[^\x00-\x1f\x7f])*+")*+)>((?:[ ]++[^\x00-\x20\x7f]++)*+)[ ]*+\Z""",
    re.IGNORECASE,
)
_PARAMETER = re.compile(rb"([A-Za-z0-9][A-Za-z0-9-]*)(?:=[\x21-\x7e\x80-\xff]+)?\Z")

_EXTENSION_OF = {b"SIZE": "SIZE", b"BODY": "8BITMIME", b"SMTPUTF8": "SMTPUTF8", b"RET": "DSN", b"ENVID": "DSN", b"NOTIFY": "DSN", b"ORCPT": "DSN"}

_SYNTAX = {b"FROM": own(501, "5.4", "Syntax: MAIL FROM:<address> [parameters]"), b"TO": own(501, "5.4", "Syntax: RCPT TO:<address> [parameters]")}
_BAD_ADDRESS = {b"FROM": own(553, "1.7", "Bad sender address syntax"), b"TO": own(553, "1.3", "Bad recipient address syntax")}
_NO_UTF8 = own(553, "6.7", "Non-ASCII addresses need SMTPUTF8")


@dataclass(frozen=True, slots=True)
class Path:
    """One argument, understood."""

    address: str
    """"" is the null reverse-path."""
    argument: bytes
    """`<path> parameters` with the octets and the case the client used."""
    uses: frozenset[str]
    """Extensions that its parameters belong to."""


class Refused(Exception):
    """The argument cannot be used; `reply` says so to the client."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


def read_path(argument: bytes, word: bytes, *, utf8: bool) -> Path:
    """Read what follows MAIL (`word` FROM) or RCPT (`word` TO). Raises Refused.

    `utf8`: this transaction may use non-ASCII addresses; for MAIL also its own SMTPUTF8 parameter must say so (RFC 6531 §3.4).
    """
    found = _ARGUMENT.match(argument)
    if found is None or found[1].upper() != word:
        raise Refused(_SYNTAX[word])
    octets, parameters = found[2], found[3].split()
    keywords = _keywords(parameters, word) if parameters else set()
    utf8 = utf8 and (word == b"TO" or b"SMTPUTF8" in keywords)
    if not utf8 and not argument.isascii():
        raise Refused(_NO_UTF8)
    if (octets or word == b"TO") and not is_mailbox(octets, utf8=utf8):
        raise Refused(_BAD_ADDRESS[word])
    written = b" ".join((b"<" + octets + b">", *parameters))
    return Path(octets.decode("utf-8"), written, frozenset([_EXTENSION_OF[each] for each in keywords if each in _EXTENSION_OF]))


def _keywords(parameters: list[bytes], word: bytes) -> set[bytes]:
    found = [_PARAMETER.match(each) for each in parameters]
    if not all(found):
        raise Refused(_SYNTAX[word])
    return {each[1].upper() for each in found if each}
