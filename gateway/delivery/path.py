"""The grammar of a reverse-path or forward-path (RFC 5321 §4.1.2, RFC 6531 §3.3): what may stand between `<` and `>`.

Octets that this module accepts are passed on exactly as they are, so that what the next hop reads is what the client wrote.
It takes dots in any place of a local part, because real mailboxes have them, and refuses everything two readers could take
differently: source routes, control characters, spaces outside quotes, lists, a second `@` outside quotes.
"""

from __future__ import annotations

import re

_ATEXT = rb"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]"
_ATEXT_UTF8 = rb"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.\x80-\xff-]"
_QUOTED = rb'"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\[\x20-\x7e])*"'
_QUOTED_UTF8 = rb'"(?:[\x20\x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\x20-\x7e])*"'
_LITERAL = rb"\[[A-Za-z0-9.:_-]{1,128}\]"


def _mailbox(local: bytes, quoted: bytes, letter: bytes) -> re.Pattern[bytes]:
    label = rb"[" + letter + rb"](?:[" + letter + rb"-]*[" + letter + rb"])?"
    domain = rb"(?:" + label + rb"(?:\." + label + rb")*|" + _LITERAL + rb")"
    return re.compile(rb"(?:" + local + rb"+|" + quoted + rb")(?:@(?=[^@]{1,255}\Z)" + domain + rb")?\Z")


_PLAIN = re.compile(rb"[A-Za-z0-9+=_.-]+@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)+\Z")
_ASCII = _mailbox(_ATEXT, _QUOTED, rb"A-Za-z0-9_")
_UTF8 = _mailbox(_ATEXT_UTF8, _QUOTED_UTF8, rb"A-Za-z0-9_\x80-\xff")


def is_mailbox(octets: bytes, *, utf8: bool = False) -> bool:
    """Whether `octets` are one mailbox, with or without a domain (`postmaster`); non-ASCII only with `utf8`, and then valid UTF-8."""
    if _PLAIN.match(octets) and len(octets) <= 256:
        return True
    if not utf8:
        return bool(_ASCII.match(octets))
    return bool(_UTF8.match(octets)) and _is_utf8(octets)


def _is_utf8(octets: bytes) -> bool:
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError:
        return False
    # C1 controls and line separators are no part of an address, whatever their octets.
    return not re.search("[\x80-\x9f\u2028\u2029]", text)
