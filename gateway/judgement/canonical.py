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

from gateway.message.addresses import a_labels

_PRVS = re.compile(r"(?:ms)?prvs1?=(?P<tag>[^=/]+)=(?P<local>.+)")
"""BATV: prvs=tag=local, and the msprvs1=tag=local of SparkPost."""
_OLD_PRVS = re.compile(r"prvs=(?P<local>[^=/]+)/(?P<tag>[0-9a-f]+)")
_BTV1 = re.compile(r"btv1==(?P<tag>[^=]+)==(?P<local>.+)")
_SRS0 = re.compile(r"srs0[=+-](?P<hash>[^=]+)=(?P<day>[^=]+)=(?P<domain>[^=]+)=(?P<local>.+)")
_SRS1 = re.compile(r"srs1[=+-](?P<hash>[^=]+)=(?P<host>[^=]+)=(?P<rest>[=+-].+)")
_LAYERS = 4
"""Forwarders may wrap each other's wrapping; more layers than these are left as they are."""

_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_QUOTED = r'"(?:[^"\\\x00-\x1f\x7f]|\\[ -~])+"'
_DOT_STRING = r'[^\s"(),:;<>@\[\\\]\x00-\x1f\x7f]+'
_DELIVERABLE = re.compile(rf"(?P<local>{_QUOTED}|{_DOT_STRING})@(?P<domain>(?:{_LABEL}\.)+{_LABEL})")

_ASCII_FORM = re.compile(r'(?:"[ !#-\[\]-~]+"|[!#-\[\]-~]+)@[A-Za-z0-9.-]+')


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
    return local.casefold(), _a_labels(domain.rstrip("."))


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
        return f"srs0{found['rest']}", found["host"]
    if found := _SRS0.fullmatch(local):
        return found["local"], found["domain"]
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
    """Whether a reply could at all be addressed there: RFC 5321 §4.1.2 grammar with a dotted domain, and not `.invalid` (RFC 2606 §2)."""
    found = _DELIVERABLE.fullmatch(address)
    if found is None or len(address) > 254 or len(found["local"].encode("utf-8", "replace")) > 64:
        return False
    local, domain = found["local"], found["domain"].casefold()
    dotted = local.startswith('"') or not (local.startswith(".") or local.endswith(".") or ".." in local)
    return dotted and not domain.endswith(".invalid") and not domain.rpartition(".")[2].isdigit()


def ascii_form(address: str) -> str | None:
    """The address as every server takes it, its domain in A-labels (RFC 5890); None for one that needs SMTPUTF8 (RFC 6531), or that
    quotes within quotes, for host names that are none, and for names that A-labels would make another of."""
    local, _, domain = address.rpartition("@")
    written = domain if domain.isascii() else _a_labels(domain)
    if written is not domain and not _says(written, domain):
        return None
    whole = f"{local}@{written}"
    return whole if len(whole) <= 254 and _ASCII_FORM.fullmatch(whole) else None


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


def _a_labels(domain: str) -> str:
    """In A-labels, without case; where there are none, the name as it is."""
    if domain.isascii():
        return domain.casefold()
    try:
        return a_labels(domain)
    except UnicodeError:
        return domain.casefold()


def _u_labels(domain: str) -> str:
    """What is read where A-labels stand. UnicodeError where they say nothing."""
    labels = (each[4:].encode("ascii").decode("punycode") if each.startswith("xn--") else each for each in domain.lower().split("."))
    return unicodedata.normalize("NFC", ".".join(labels))


def _says(written: str, domain: str) -> bool:
    try:
        return _u_labels(written) == _u_labels(domain)
    except UnicodeError:
        return False
