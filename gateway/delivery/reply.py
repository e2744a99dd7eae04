"""SMTP replies as values: read from a next hop, written to a client, safe in both directions.

A `Reply` never carries anything but printable ASCII, so it can forge no second line; its enhanced status code (RFC 3463) always has
the class of its reply code. It never shows its text when it is printed: a next hop quotes addresses in its texts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

LINE_LIMIT = 512
"""Octets of a reply line with its CRLF: RFC 5321 §4.5.3.1.5."""

_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")
_STATUS = re.compile(r"([245])(\.\d{1,3}\.\d{1,3})(?= |$)")
_NOBODY = ("5.1.1", "5.1.6", "5.1.10")
"""RFC 3463 §3.2: no such mailbox, or moved away; RFC 7505 §5 and Exchange: no such recipient."""
_NOBODY_SAID = re.compile(
    r"\b(?:no such|unknown|invalid|non-?existent) (?:local )?(?:user|recipient|mailbox|address|person)"
    r"|\b(?:user|recipient|mailbox|address)\b.{0,80}\b(?:unknown|not found|does ?n[o']t exist|does not exist)",
    re.IGNORECASE,
)
_TEXT_LIMIT = LINE_LIMIT - len("250-\r\n")


@dataclass(frozen=True, slots=True)
class Reply:
    """`code` is 200 to 599; `lines` are the texts without the code, at least one, made safe on the way in."""

    code: int
    lines: tuple[str, ...] = field(repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "lines", tuple([_safe(line, self.code) for line in self.lines]) or ("",))

    @property
    def positive(self) -> bool:
        """2yz: done."""
        return self.code // 100 == 2

    @property
    def status(self) -> str | None:
        """The enhanced status code, such as "5.1.1", or None. With `code` it is all that a log or a ledger row may say of a reply."""
        found = _STATUS.match(self.lines[-1])
        return found[0] if found else None

    @property
    def nobody_there(self) -> bool:
        """Of an answer to RCPT: the address leads to nobody, for good. Never for a policy, a full mailbox or greylisting."""
        if self.code // 100 != 5 or self.code == 552:
            return False
        said = " ".join(self.lines)
        return self.status in _NOBODY or (self.status is None and bool(_NOBODY_SAID.search(said)) and "sender" not in said.casefold())

    def as_code(self, code: int) -> Reply:
        """The same text under another code; the enhanced code follows its class."""
        return Reply(code, self.lines)

    def encode(self) -> bytes:
        """The octets for the wire; the line structure is kept (RFC 5321 §4.2.1)."""
        *first, last = self.lines
        before = "".join([f"{self.code}-{line}\r\n" for line in first]) if first else ""
        return f"{before}{self.code} {last}\r\n".encode("ascii")


def own(code: int, status: str, text: str) -> Reply:
    """A reply of ours. `status` is the enhanced code without its class: `own(451, "4.1", …)` says 4.4.1."""
    return Reply(code, (f"{code // 100}.{status} {text}",))


def parse(lines: list[bytes]) -> Reply:
    """Read the lines of one whole reply, without their line ends. The last line's code counts. ValueError when it is no reply."""
    code = lines[-1][:3]
    if len(code) != 3 or not code.isdigit() or not 200 <= int(code) <= 599:
        raise ValueError("no SMTP reply code")
    return Reply(int(code), tuple([line[4:].decode("latin-1") for line in lines]))


def _safe(line: str, code: int) -> str:
    if not (line.isascii() and line.isprintable()):
        line = _UNPRINTABLE.sub("?", line)
    line, its_class = line[:_TEXT_LIMIT], str(code // 100)
    if line[:1] != its_class and its_class != "3" and _STATUS.match(line):
        line = its_class + line[1:]
    return line
