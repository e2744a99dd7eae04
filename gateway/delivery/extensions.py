"""What a next hop said in its reply to EHLO or LHLO (RFC 5321 §4.1.1.1). Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.delivery.reply import Reply


@dataclass(frozen=True, slots=True)
class Extensions:
    """Upper-case keyword -> its parameters as sent, "" for none."""

    keywords: Mapping[str, str] = field(default_factory=dict)

    def __contains__(self, keyword: str) -> bool:
        return keyword in self.keywords

    @property
    def pipelining(self) -> bool:
        return "PIPELINING" in self.keywords


NONE = Extensions()
"""Of a next hop that knows only HELO, or cannot be asked."""


def from_reply(reply: Reply) -> Extensions:
    """The lines after the first; `AUTH=LOGIN` of old servers is read as AUTH."""
    found: dict[str, str] = {}
    for line in reply.lines[1:]:
        keyword, _, parameters = line.strip().replace("=", " ", 1).partition(" ")
        if keyword:
            found.setdefault(keyword.upper(), parameters.strip())
    return Extensions(found)
