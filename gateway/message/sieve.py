"""A quick look before a long one: an expression of `re`, and one of RE2 made from it that finds at least all that it finds.

Most mail says nothing that the lists of phrases look for, and `re` takes up to a millisecond to find that out: it tries each phrase at each
character. RE2 goes over the text once. What it knows nothing of (looking ahead and behind) is left out of its expression, so that it may find
too much, and never too little; what counts is what `re` finds from there on. Whoever writes a phrase need not know of it.
"""

from __future__ import annotations

import re
from functools import cached_property

import re2

_TOKEN = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*+\]|\(\?(?:<?[=!])|[()]|[*+?}][+]|.", re.DOTALL)
_PIECE = re.compile(r"\\.|.", re.DOTALL)
_NOT_ASCII = r"\x{80}-\x{10FFFF}"
_SPACES = r"\x0b\x1c-\x1f"
"""White space to `re` and not to RE2."""


_made: list[Sieve | Sieves] = []


def warm_up() -> None:
    """Compile every sieve now (1 to 6 ms each), so that no message waits for it."""
    for each in _made:
        _ = each._ascii, each._any_script


class Sieve:
    """Finds what `pattern` finds. Takes no flag but MULTILINE and DOTALL: without case the two libraries differ.

    `holding`: pieces one of which stands in whatever it finds, where there are such; looking for them is quicker still.
    """

    def __init__(self, pattern: re.Pattern[str], holding: tuple[str, ...] = ()) -> None:
        if pattern.flags & ~(re.UNICODE | re.MULTILINE | re.DOTALL):
            raise ValueError("flag that no sieve is made for")
        _made.append(self)
        self.pattern = pattern
        self.match = pattern.match
        self.holding = holding

    def search(self, text: str) -> re.Match[str] | None:
        """The leftmost match in the text."""
        if self.holding and not any(map(text.__contains__, self.holding)):
            return None
        try:
            octets = text.encode()
        except UnicodeEncodeError:  # half of a surrogate pair
            return self.pattern.search(text)
        if len(octets) == len(text):
            found = self._ascii.search(octets)
            return None if found is None else self.pattern.search(text, found.start())
        found = self._any_script.search(octets)
        return None if found is None else self.pattern.search(text, len(octets[: found.start()].decode()))

    @cached_property
    def _ascii(self) -> re2._Regexp:
        return _compiled(self.pattern, only_ascii=True)

    @cached_property
    def _any_script(self) -> re2._Regexp:
        return _compiled(self.pattern, only_ascii=False)


class Sieves:
    """Asks whether one of several could find anything, in one going over the text: of what is rarely said, mostly none can."""

    def __init__(self, *sieves: Sieve) -> None:
        _made.append(self)
        self._patterns = tuple(each.pattern for each in sieves)

    def may_find(self, text: str) -> bool:
        """False: none of them finds anything in the text."""
        try:
            octets = text.encode()
        except UnicodeEncodeError:
            return True
        expression = self._ascii if len(octets) == len(text) else self._any_script
        return expression.search(octets) is not None

    @cached_property
    def _ascii(self) -> re2._Regexp:
        return _compiled(*self._patterns, only_ascii=True)

    @cached_property
    def _any_script(self) -> re2._Regexp:
        return _compiled(*self._patterns, only_ascii=False)


def _compiled(*patterns: re.Pattern[str], only_ascii: bool) -> re2._Regexp:
    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    return re2.compile("|".join(_in_re2(each, only_ascii=only_ascii) for each in patterns), options)


def _in_re2(pattern: re.Pattern[str], *, only_ascii: bool) -> str:
    flags = "sm" if pattern.flags & re.MULTILINE else "s"
    return f"(?{flags}:{wider(pattern.pattern, only_ascii=only_ascii)})"


def wider(source: str, *, only_ascii: bool) -> str:
    """The expression in RE2's language, finding at least as much as `source` does; `only_ascii`: in texts of ASCII."""
    kept: list[str] = []
    looking = 0
    for token in _TOKEN.findall(source):
        if looking or token.startswith(("(?=", "(?!", "(?<=", "(?<!")):
            looking += token.startswith("(") - (token == ")")
        else:
            kept.append(_wider(token, only_ascii=only_ascii))
    return "".join(kept)


def _wider(token: str, *, only_ascii: bool) -> str:
    if token == "$":
        return ""  # to `re` it also stands before a last line end
    if token[0] in "*+?}" and len(token) == 2:
        return token[0]  # possessive
    if token.startswith("[^") and re.search(r"\\[WSD]", token):
        return "."
    if token.startswith("[") and not token.startswith("[^"):
        return "[" + "".join(_wider_class(each, only_ascii=only_ascii) for each in _PIECE.findall(token[1:-1])) + "]"
    if token in (r"\b", r"\B"):
        return token if only_ascii else ""
    if token in (r"\w", r"\d", r"\s"):
        return f"[{_wider_class(token, only_ascii=only_ascii)}]"
    return token


def _wider_class(piece: str, *, only_ascii: bool) -> str:
    if piece not in (r"\w", r"\d", r"\s"):
        return piece
    return piece + (_SPACES if piece == r"\s" else "") + ("" if only_ascii else _NOT_ASCII)
