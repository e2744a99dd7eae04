"""Domain names in A-labels, by one reading for the whole gateway: IDNA 2008 (RFC 5891) after the mapping of UTS 46, nontransitional.

Decides which name a spelling means, and whether it is one at all; never whether the name exists. Names in ASCII stay as they are, but for case.
"""

from __future__ import annotations

import unicodedata

import idna

_LONGEST = 253
"""Characters and octets of a name without its root dot (RFC 1035 §2.3.4); longer ones are not looked at, what they cost grows with them."""


def a_labels(name: str) -> str:
    """The name in A-labels, without case: `ß`, `ς` and joiners are letters of their own. UnicodeError where IDNA 2008 has no such name."""
    if name.isascii():
        return name.lower()
    if len(name) <= _LONGEST:
        try:
            return idna.encode(name, uts46=True).decode("ascii")
        except UnicodeError:  # idna.IDNAError is one; its words quote the name
            pass
    raise UnicodeError("no domain name")


def comparable(name: str) -> str:
    """The same; what is no domain name as it is written, without case."""
    try:
        return a_labels(name)
    except UnicodeError:
        return name.lower()


def for_reply(name: str) -> str | None:
    """The name as mail is sent to it. None where there is none, and where the mapping makes more of it than small letters (it turns
    full-width letters into others, and long s): two readers could take that differently, and a reply must not go astray."""
    if name.isascii():
        return name
    try:
        written = a_labels(name)
        return written if idna.decode(written) == idna.decode(unicodedata.normalize("NFC", name.lower()), strict=True) else None
    except UnicodeError:
        return None
