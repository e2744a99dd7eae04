"""What our own border found out about the sender: the one Authentication-Results field that we believe (RFC 8601).

Which one: the topmost field whose authserv-id is listed in `authserv_ids`, and only while every Received line above it was
written by a host of ours. Border hosts differ in whether they put it above or below their own Received line, so both are
right; below the first Received line of a foreign host all is the sender's to invent, and is ignored (RFC 8601 §5, §7.1). The border
must itself remove forged fields with its own name (RFC 8601 §5); of several that remain only the topmost counts.

Never concludes anything from a missing field.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from gateway.message.domain_names import comparable
from gateway.message.model import Message

_CLAUSE = re.compile(r'(?<![\w./-])(?P<key>[a-z][\w-]*+(?:\s*+[./]\s*+[\w-]++)*+)\s*+=\s*+(?P<value>"(?:[^"\\]|\\.)*+"|[^\s;]*+)', re.IGNORECASE)
_BY = re.compile(r"\bby\s+(?P<host>[^\s();]+)", re.IGNORECASE)
_LOCAL_HOST = re.compile(
    r"localhost(\..*)?|[^.:]+|.+\.(local|internal|lan|home\.arpa)"
    r"|\[?((127|10)(\.\d+){3}|(192\.168|172\.(1[6-9]|2\d|3[01]))(\.\d+){2}|(ipv6:)?::1)\]?"
)
"""Hosts without a public name: the hops inside our own machines."""
_FIELDS = 30
"""Fields of that name that are looked at; a message with more has been tampered with."""


class Result(NamedTuple):
    """One resinfo: `dmarc=fail header.from=example.org`."""

    method: str
    result: str
    properties: dict[str, str]


@dataclass(frozen=True, slots=True)
class Authentication:
    """What the believed field says; all None and empty where there is no such field."""

    authserv_id: str | None = None
    dmarc: str | None = None
    header_from: str | None = None
    spf: str | None = None
    spf_domain: str | None = None
    """Domain of smtp.mailfrom."""
    dkim_domains: tuple[str, ...] = ()
    """Domains (header.d or header.i) with a passing signature."""

    def passes(self, from_domain: str) -> bool:
        """Whether the domain of From is authenticated: DMARC passed, or, where no DMARC policy decided, SPF or DKIM passed in alignment."""
        if self.header_from is not None and self.header_from != from_domain:
            return False
        if self.dmarc == "pass":
            return True
        return self.dmarc in _UNDECIDED and (self.spf_aligned(from_domain) or any(aligned(each, from_domain) for each in self.dkim_domains))

    def spf_aligned(self, from_domain: str) -> bool:
        """SPF passed for a domain that belongs to the one of From (RFC 7489 §3.1.2, relaxed)."""
        return self.spf == "pass" and self.spf_domain is not None and aligned(self.spf_domain, from_domain)

    def vouches_for_envelope(self, envelope_domain: str, from_domain: str) -> bool:
        """Whether the envelope sender, where a reply goes, is authenticated too: a replayed DKIM signature does not prove it."""
        return self.passes(from_domain) and (aligned(envelope_domain, from_domain) or (self.spf == "pass" and self.spf_domain == envelope_domain))


_NOTHING = Authentication()
_UNDECIDED = frozenset({None, "none", "bestguesspass"})


def aligned(one: str, other: str) -> bool:
    """Relaxed alignment without a list of public suffixes: the same domain, or one inside the other."""
    short, long = sorted((one, other), key=len)
    return "." in short and (short == long or long.endswith(f".{short}"))


def believed(message: Message, authserv_ids: Collection[str], own_domains: Iterable[str]) -> Authentication:
    """The results that our border stands for; an empty value where there are none."""
    if not authserv_ids:
        return _NOTHING
    listed = frozenset(_without_case(each) for each in authserv_ids)
    hosts = (*listed, *(each.casefold() for each in own_domains))
    looked_at = 0
    for field in message.fields:
        if field.key == "received" and not _is_ours(field.value, hosts):
            break
        if field.key == "authentication-results":
            looked_at += 1
            authserv_id, results = read(field.value)
            if authserv_id in listed:
                return _summary(authserv_id, results)
        if looked_at >= _FIELDS:
            break
    return _NOTHING


def read(value: str) -> tuple[str, tuple[Result, ...]]:
    """Authserv-id (without case, its version dropped) and results of one field: RFC 8601 §2.2. Total; "" where there is no id."""
    head, *sections = _sections(value)
    name = _without_case(head.split()[0].strip('"')) if head.split() else ""
    return name, tuple(result for section in sections if (result := _result(section)) is not None)


def _result(section: str) -> Result | None:
    clauses = [(re.sub(r"\s", "", found["key"]).casefold(), _unquoted(found["value"])) for found in _CLAUSE.finditer(section)]
    if not clauses:
        return None
    (method, result), *properties = clauses
    return Result(method.partition("/")[0], result.casefold(), dict(reversed(properties)))


def _summary(authserv_id: str, results: Iterable[Result]) -> Authentication:
    dmarc = header_from = spf = spf_domain = None
    dkim: list[str] = []
    for each in results:
        if each.method == "dmarc" and dmarc != "fail":
            dmarc, header_from = each.result, _domain(each.properties.get("header.from")) or header_from
        elif each.method == "spf" and spf is None:
            spf, spf_domain = each.result, _domain(each.properties.get("smtp.mailfrom"))
        elif each.method == "dkim" and each.result == "pass":
            signer = _domain(each.properties.get("header.d") or each.properties.get("header.i"))
            dkim.extend([signer] if signer else [])
    return Authentication(authserv_id, dmarc, header_from, spf, spf_domain, tuple(dkim))


def _without_case(authserv_id: str) -> str:
    """Only as a border compares that removes forged fields with its name: to Unicode `ſ` and the Kelvin sign are `s` and `k`, to the border not."""
    return authserv_id.lower() if authserv_id.isascii() else authserv_id


def _domain(value: str | None) -> str | None:
    """The domain of an address, or of a bare domain, in A-labels."""
    return comparable(value.strip("<>").rpartition("@")[2].rstrip(".")) or None if value else None


def _is_ours(received: str, hosts: tuple[str, ...]) -> bool:
    """Whether a Received line was written by our side: its `by` host is listed, lies in our domains, beside a listed one, or is not a public name."""
    found = _BY.search(without_comments(received))
    if found is None:
        return False
    by = found["host"].casefold().rstrip(".")
    if _LOCAL_HOST.fullmatch(by):
        return True
    return any(by == host or by.endswith(f".{host}") or _siblings(by, host) for host in hosts)


def _siblings(one: str, other: str) -> bool:
    parent = other.partition(".")[2]
    return "." in parent and one.endswith(f".{parent}")


def _sections(value: str) -> list[str]:
    """Split at semicolons that stand outside quoted strings, comments taken out."""
    sections, start, quoted = [], 0, False
    text = without_comments(value)
    for at, char in enumerate(text):
        if char == '"' and (at == 0 or text[at - 1] != "\\"):
            quoted = not quoted
        elif char == ";" and not quoted:
            sections.append(text[start:at])
            start = at + 1
    return [*sections, text[start:]]


def without_comments(value: str) -> str:
    """RFC 5322 comments, nested and escaped, each replaced by a space; what is never closed is comment to the end."""
    if "(" not in value:
        return value
    kept: list[str] = []
    depth, quoted, escaped = 0, False, False
    for char in value:
        if escaped:
            escaped = False
        elif char == "\\":
            escaped = True
        elif char == '"' and not depth:
            quoted = not quoted
        elif char == "(" and not quoted:
            depth += 1
            continue
        elif char == ")" and depth:
            depth -= 1
            char = " "
        if not depth:
            kept.append(char)
    return "".join(kept)


def _unquoted(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if len(value) > 1 and value[0] == value[-1] == '"' else value
