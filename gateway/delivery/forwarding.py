"""The XFORWARD commands that tell a next hop of the true client (Postfix, XFORWARD_README). Pure; what is told decides the relay."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.delivery.extensions import Extensions

KEYWORD = "XFORWARD"
_LINE = 512
"""Octets that one command should not exceed."""


def forwarded_lines(attributes: Mapping[str, bytes], extensions: Extensions) -> list[bytes]:
    """Commands without CRLF for those attributes the next hop names; none for one that does not know XFORWARD or PIPELINING.

    Values are xtext. Without PIPELINING each command would cost the message a round trip, for a log line.
    """
    if not attributes or KEYWORD not in extensions or not extensions.pipelining:
        return []
    lines: list[bytes] = []
    for name in extensions.keywords[KEYWORD].upper().split():
        if name not in attributes:
            continue
        each = b" " + name.encode("ascii") + b"=" + attributes[name]
        if lines and len(lines[-1]) + len(each) <= _LINE:
            lines[-1] += each
        else:
            lines.append(KEYWORD.encode("ascii") + each)
    return lines
