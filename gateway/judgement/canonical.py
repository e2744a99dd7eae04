"""Addresses for comparison: what a forwarder or a bounce scheme wrapped around an address is taken off again.

Decides which spelling of an address is the one that the ledger hashes and the policy lists. Never decides where mail goes:
a reply is addressed to the envelope sender as it was given (RFC 3834 §4).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from gateway.message.domain_names import comparable, for_reply

_PRVS = re.compile(r"(?:ms)?prvs1?=(?P<tag>[^=/]+)=(?P<local>.+)")
"""BATV: prvs=tag=local, and the msprvs1=tag=local of SparkPost."""
_OLD_PRVS = re.compile(r"prvs=(?P<local>[^=/]+)/(?P<tag>[0-9a-f]+)")
_BTV1 = re.compile(r"btv1==(?P<tag>[^=]+)==(?P<local>.+)")
_SRS0 = re.compile(r"srs0[=+-](?P<hash>[^=]+)=(?P<day>[^=]+)=(?P<domain>[^=]+)=(?P<local>.+)")
_SRS1 = re.compile(r"srs1[=+-](?P<hash>[^=]+)=(?P<host>[^=]+)=(?P<rest>[=+-].+)")
_LAYERS = 4
"""Forwarders may wrap each other's wrapping; more layers than these are left as they are."""

_LABEL = r"[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"(?:{_LABEL}\.)+{_LABEL}")
_QUOTED = r'"(?:[^"\\\x00-\x1f\x7f]|\\[ -~])+"'
_DOT_STRING = r'[^\s"(),:;<>@\[\\\]\x00-\x1f\x7f]+'
_DELIVERABLE = re.compile(rf"(?P<local>{_QUOTED}|{_DOT_STRING})@(?P<domain>[^@]+)")
_LONGEST, _LONGEST_LOCAL = 254, 64
"""Octets of an address and of its local part (RFC 5321 §4.5.3.1)."""

_FOR_REPLY = re.compile(r'(?:"[^"\\\x00-\x1f\x7f]+"|[^\s"\\\x00-\x1f\x7f]+)@[A-Za-z0-9.-]+')
_MARKS = frozenset('()<>[]:;@\\,." ')
_JOINERS = dict.fromkeys((0x200C, 0x200D))
"""Unseen, and yet letters of names in Persian and in Indic scripts (RFC 5892 appendix A)."""


class _Forms(NamedTuple):
    """What the rules ask of one address, again and again."""

    parts: tuple[str, str]
    canonical: str
    mailbox: str


@lru_cache(maxsize=1024)
def _forms(address: str) -> _Forms:
    parts = _split(address)
    local, domain = parts
    for _ in range(_LAYERS):
        unwrapped = _unwrap(local, domain)
        if unwrapped is None:
            break
        local, domain = unwrapped
    plain = f"{local}@{domain}" if domain else local
    return _Forms(parts, plain, _without_tag(*_split(plain)))


def split(address: str) -> tuple[str, str]:
    """Local part and domain, without case, quotes or the root dot; the domain as A-labels where it has them. "" where missing."""
    return _forms(address).parts


def _split(address: str) -> tuple[str, str]:
    local, _, domain = address.strip().strip("<>").rpartition("@")
    if not local:
        local, domain = domain, ""
    if len(local) > 1 and local[0] == local[-1] == '"':
        local = re.sub(r"\\(.)", r"\1", local[1:-1])
    return _without_case(local), comparable(domain.rstrip("."))


def _without_case(local: str) -> str:
    """What people read as one is one, however its accents are composed (NFC, Unicode Standard Annex 15); both times, as casefold undoes some."""
    if local.isascii():
        return local.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", local).casefold())


def canonical(address: str) -> str:
    """The address without case, and with SRS, BATV (prvs, btv1) undone; "" stays "".

    >>> canonical("SRS0=HHH=TT=example.org=Anna@forwarder.example")
    'anna@example.org'
    """
    return _forms(address).canonical


def _unwrap(local: str, domain: str) -> tuple[str, str] | None:
    if not local.startswith(("prvs=", "msprvs1=", "btv1==", "srs0", "srs1")):
        return None
    if found := _SRS1.fullmatch(local):
        return f"srs0{found['rest']}", comparable(found["host"])
    if found := _SRS0.fullmatch(local):
        return found["local"], comparable(found["domain"])
    if found := _BTV1.fullmatch(local) or _OLD_PRVS.fullmatch(local) or _PRVS.fullmatch(local):
        return found["local"], domain
    return None


def untagged(address: str) -> str:
    """The mailbox behind a plus-address: `hr+jobs@…` is `hr@…`."""
    return _without_tag(*split(address))


def mailbox_of(address: str) -> str:
    """The mailbox behind what a forwarder or bounce scheme wrapped around it, and behind a plus-address."""
    return _forms(address).mailbox


def _without_tag(local: str, domain: str) -> str:
    plain = local.partition("+")[0] or local
    return f"{plain}@{domain}" if domain else plain


def is_deliverable(address: str) -> bool:
    """Whether a reply could at all be addressed there: RFC 5321 §4.1.2 and RFC 6531 §3.3 grammar with a dotted domain, and not `.invalid`
    (RFC 2606 §2); nothing unseen in the local part."""
    found = _DELIVERABLE.fullmatch(address)
    if found is None or not is_readable(found["local"]):
        return False
    local, domain = found["local"], comparable(found["domain"])
    octets = len(local.encode())
    if octets > _LONGEST_LOCAL or octets + len("@") + len(domain) > _LONGEST or not _HOST.fullmatch(domain):
        return False
    dotted = local.startswith('"') or not (local.startswith(".") or local.endswith(".") or ".." in local)
    return dotted and not domain.endswith(".invalid") and not domain.rpartition(".")[2].isdigit()


def is_readable(local: str) -> bool:
    """Whether nothing in it is unseen: no control, no mark of direction, no letter that Unicode does not have, no half of one; and no mark
    of the grammar (a full-width at sign) to a server that takes compatible letters for one another."""
    if local.isascii():
        return True
    beyond = "".join(each for each in local.translate(_JOINERS) if not each.isascii())
    return beyond.isprintable() and _MARKS.isdisjoint(unicodedata.normalize("NFKC", beyond))


def form_for_reply(address: str) -> str | None:
    """The address as a reply names it: the local part as given, the domain in A-labels (RFC 5890). Beyond ASCII it needs SMTPUTF8 (RFC 6531).

    None for an address that quotes within quotes, for host names that are none, and for names that A-labels would make another of.
    """
    local, _, domain = address.rpartition("@")
    whole = f"{local}@{for_reply(domain) or ''}"
    return whole if len(whole.encode("utf-8", "replace")) <= _LONGEST and _FOR_REPLY.fullmatch(whole) else None


def fits(pattern: str, address: str) -> bool:
    """Whether an address fits a pattern of the policy: `*` stands for anything; `example.org` and `@example.org` for all of that domain."""
    return fits_any((pattern,), address)


def fits_any(patterns: Iterable[str], address: str) -> bool:
    """Whether an address fits one of them."""
    local, domain = split(address)
    whole = f"{local}@{domain}"
    for pattern in patterns:
        of_domain, pieces = _pieces(pattern)
        if _like(pieces, domain if of_domain else whole):
            return True
    return False


@lru_cache(maxsize=1024)
def _pieces(pattern: str) -> tuple[bool, tuple[str, ...]]:
    """Whether a pattern speaks of the domain only, and what stands between its asterisks."""
    wanted = pattern.strip().casefold()
    of_domain = "@" not in wanted or wanted.startswith("@")
    return of_domain, tuple((wanted.lstrip("@") if of_domain else wanted).split("*"))


def _like(pieces: tuple[str, ...], text: str) -> bool:
    """Wildcard match in linear time: each piece is sought once, after the one before it."""
    if len(pieces) == 1:
        return text == pieces[0]
    first, *middle, last = pieces
    if not text.startswith(first):
        return False
    at = len(first)
    for piece in middle:
        at = text.find(piece, at)
        if at < 0:
            return False
        at += len(piece)
    return len(text) - len(last) >= at and text.endswith(last)
