"""Address lists of header fields (RFC 5322 §3.4 and §4.4), as real mail writes them.

Reads groups (flattened), nested comments, quoted strings, obsolete routes, display names with encoded words, bare addresses, missing
brackets and quotation marks (around a name with a comma, too), Outlook's semicolons. A mailbox that stands as a whole inside quotation
marks, or a field that is nothing but encoded words, is read where one address is in it: RFC 5322 §3.4 and RFC 2047 §5 (3) forbid both, mail
programs write both, and they can mean nothing else. Linear in the length of the value; never raises, never validates: what cannot be an
address is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.message.domain_names import comparable
from gateway.message.encoded_words import clean, decode_words
from gateway.message.model import Address

ADDRESS_LIMIT = 2000
"""Addresses of one field name that are kept."""
INTERNATIONAL_LIMIT = 5000
"""Characters of a message's international domain names that are converted to ASCII; it takes some microseconds each."""

_COMMAS = 3
"""Commas in one name without quotation marks: family name, degrees, office."""

_ORDINARY = re.compile(r'\s*+(?:"([^"\\<>@]*+)"|([^"\\<>@,;:()\[\]]*+))\s*+<([A-Za-z0-9_.+=-]++)@([A-Za-z0-9.-]++)>\s*+')
_BARE = re.compile(r"\s*+<?([A-Za-z0-9_.+=-]++)@([A-Za-z0-9.-]++)>?\s*+")
_TOKEN = re.compile(
    r"(?P<space>\s++)"
    r'|(?P<quoted>"(?:[^"\\]|\\.)*+")'
    r'|(?P<angle><(?:[^<>"]|"(?:[^"\\]|\\.)*+")*+>)'
    r"|(?P<literal>\[[^\[\]]*+\])"
    r"|(?P<end>[,;])"
    r"|(?P<group>:)"
    r"|(?P<comment>\()"
    r'|(?P<atom>[^\s"<>\[\](),;:]++)'
    r"|(?P<stray>.)",
    re.DOTALL,
)
_ENCODED = re.compile(r"\s*+(?:=\?[^?\s]++\?[BbQq]\?[^?]*+\?=\s*+)++")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_PLAIN = r"[^\s@<>(),;:\"\\]++"
_ONE_MAILBOX = re.compile(rf"(?P<name>[^@<>]*+)<(?P<angle>{_PLAIN}@{_PLAIN})>\s*+|(?P<bare>{_PLAIN}@{_PLAIN})")
_COMMENT_MARK = re.compile(r"\\.|[()]", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_DOT_ATOM = re.compile(r"[^\s\"(),:;<>@\[\\\].]+(?:\.[^\s\"(),:;<>@\[\\\].]+)*")


def parse_addresses(value: str, names: DomainNames | None = None) -> tuple[Address, ...]:
    """The mailboxes of one field value, in order; the null path `<>` and empty groups give none. `names`: shared by the fields of one message."""
    ordinary = _ORDINARY.fullmatch(value)
    if ordinary:
        quoted, plain, local, domain = ordinary.groups()
        return (Address(decode_words((quoted or plain or "").strip()), local, _domain(domain)),)
    bare = _BARE.fullmatch(value)
    if bare:
        return (Address("", bare[1], _domain(bare[2])),)
    found: list[Address] = []
    names = names or DomainNames()
    if value.startswith("=?") and _ENCODED.fullmatch(value) and (address := _one_mailbox(decode_words(value))) is not None:
        return (address._replace(domain=names.ascii(address.domain)),)
    for mailbox in _with_whole_names(_mailboxes(value)):
        address = mailbox.address()
        if address is not None:
            found.append(address._replace(domain=names.ascii(address.domain)))
        if len(found) == ADDRESS_LIMIT:
            break
    return tuple(found)


class _Mailbox:
    """What stands between two commas, collected token by token."""

    def __init__(self) -> None:
        self.words: list[str] = []
        """Raw words: tokens without space between them are one word."""
        self.angle: str | None = None
        self.comments: list[str] = []
        self.apart = True
        self.begins = False
        """Whether what stands before it is no part of its name: behind a semicolon or the name of a group."""

    def add(self, token: str) -> None:
        if self.apart or not self.words:
            self.words.append(token)
        else:
            self.words[-1] += token
        self.apart = False

    @property
    def is_words(self) -> bool:
        """No address, but what may be the first half of a name that has a comma in it."""
        return bool(self.words) and self.angle is None and not any("@" in word for word in self.words)

    def begin_with(self, earlier: list[_Mailbox]) -> None:
        """Put the words of others before this one's name, with the commas between them."""
        for each in reversed(earlier):
            last = each.words[-1]
            self.words[:0] = [*each.words[:-1], f"{last}," if self.words and not last.endswith("?=") else last]

    def address(self) -> Address | None:
        if self.angle is None and len(self.words) == 1 and (whole := _in_quotation_marks(self.words[0])) is not None:
            return _one_mailbox(decode_words(whole))
        if self.angle is not None:
            spec, words = _spec(self.angle), self.words
            if spec is None:
                return None
        else:
            spec, words = self._bare()
            if spec is None:
                return None
        display = " ".join(_unquoted(word) for word in words) or (self.comments[0] if self.comments else "")
        return Address(decode_words(display), *spec)

    def _bare(self) -> tuple[tuple[str, str] | None, list[str]]:
        for index in range(len(self.words) - 1, -1, -1):
            word = self.words[index]
            if "@" in word and _in_quotation_marks(word) is None and (spec := _spec(word)) is not None and spec[1]:
                return spec, self.words[:index] + self.words[index + 1 :]
        if 1 < len(self.words) <= 8 and any("@" in word and _in_quotation_marks(word) is None for word in self.words):
            return _spec("".join(self.words)), []  # RFC 5322 §4.4: spaces around the dots and the at sign
        return (_spec(self.words[0]) if len(self.words) == 1 else None), []


def _mailboxes(value: str) -> Iterator[_Mailbox]:
    mailbox, at = _Mailbox(), 0
    while at < len(value):
        match = _TOKEN.match(value, at)
        assert match is not None  # the last alternative takes any character
        kind, token, at = match.lastgroup, match[0], match.end()
        if kind == "end":
            yield mailbox
            mailbox = _Mailbox()
            mailbox.begins = token == ";"
        elif kind == "group":
            mailbox.words.clear()
            mailbox.begins = True
        elif kind == "comment":
            closing = _closing(value, at)
            if closing < 0:
                value = value[:at] + value[at:].replace("(", " ")  # never closed: looked for once only
            else:
                mailbox.comments.append(_ESCAPED.sub(r"\1", value[at : closing - 1]))
                at = closing
        elif kind == "space":
            mailbox.apart = True
        elif kind == "angle":
            mailbox.angle, mailbox.apart = token[1:-1], True
        elif kind == "stray":
            mailbox.apart = True
            if token == '"':
                value = value[:at] + value[at:].replace('"', " ")
        else:
            mailbox.add(token)
    yield mailbox


def _with_whole_names(mailboxes: Iterator[_Mailbox]) -> Iterator[_Mailbox]:
    """`Example, Ana <a@b.example>` without its quotation marks is one mailbox: nothing before the comma is an address."""
    waiting: list[_Mailbox] = []
    for mailbox in mailboxes:
        if mailbox.begins:
            yield from waiting
            waiting = []
        if mailbox.is_words and len(waiting) < _COMMAS:
            waiting.append(mailbox)
            continue
        if mailbox.angle is not None and "@" in mailbox.angle:
            mailbox.begin_with(waiting)
        else:
            yield from waiting
        waiting = []
        yield mailbox
    yield from waiting


def _closing(value: str, at: int) -> int:
    """Where the comment that was opened before `at` ends, or -1."""
    depth = 1
    for mark in _COMMENT_MARK.finditer(value, at):
        depth += {"(": 1, ")": -1}.get(mark[0], 0)
        if depth == 0:
            return mark.end()
    return -1


def _unquoted(word: str) -> str:
    return _ESCAPED.sub(r"\1", word[1:-1]) if len(word) > 1 and word[0] == word[-1] == '"' else word


def _in_quotation_marks(word: str) -> str | None:
    """What a quoted string holds that may be a mailbox; None for any other word."""
    if not word.startswith('"') or not _QUOTED.fullmatch(word):
        return None
    content = _unquoted(word)
    return content if "@" in content or "=?" in content else None


def _one_mailbox(text: str) -> Address | None:
    """The one mailbox that a text is, with a name before it or without; None where another reading is possible."""
    found = _ONE_MAILBOX.fullmatch(text if "<" in text else text.strip(" \t'\""))
    spec = _spec(found["angle"] or found["bare"]) if found else None
    return Address(_unquoted((found["name"] or "").strip()), *spec) if found and spec and spec[1] else None


def _spec(text: str) -> tuple[str, str] | None:
    """Local part and domain of an addr-spec, route and `mailto:` dropped; the domain is empty for a bare local part."""
    text = clean(text)
    if text.startswith("@") and ":" in text:
        text = text.rpartition(":")[2].strip()
    if text[:7].lower() == "mailto:":
        text = text[7:]
    if len(text) > 1 and text[0] == text[-1] == "'":
        text = text[1:-1]
    local, _, domain = text.rpartition("@") if "@" in text else (text, "", "")
    local = _local(local.strip())
    domain = _domain(domain)
    if not local or ("@" in text and not domain) or any(space in domain for space in " \t"):
        return None
    return local, domain


def _local(local: str) -> str:
    content = _unquoted(local)
    if content is not local and _DOT_ATOM.fullmatch(content):
        return content  # RFC 5321 §4.1.2: quoting that is not needed means the same mailbox
    if " " in local and content is local:
        return local.replace(" ", "")
    return local


def _domain(domain: str) -> str:
    return domain.strip().rstrip(".").lower()


class DomainNames:
    """Writes international domain names in A-labels, for all addresses of one message, up to a bound: that is dear."""

    def __init__(self, room: int = INTERNATIONAL_LIMIT) -> None:
        self._room = room
        self._known: dict[str, str] = {}

    def ascii(self, domain: str) -> str:
        """The name in A-labels; as it is written where it cannot be a domain name, or beyond the bound."""
        if domain.isascii():
            return domain
        if domain not in self._known:
            if len(domain) > self._room:
                return domain
            self._room -= len(domain)
            self._known[domain] = comparable(domain)
        return self._known[domain]
