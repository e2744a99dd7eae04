"""What kind of message it is for one division: the first rule of its policy that fits (issue 3 §2).

Conditions come as the admin wrote them. Words match at the start of a word, without case and accents, so that "résumé" finds
"Resume" and "letter" does not find "newsletter". Expressions run on RE2: linear time whatever they and the mail contain. Where doubt
chooses the complaint is the division's policy, never this code. Message text is read here and kept nowhere.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import lru_cache

import re2

from gateway.judgement.canonical import fits_any, split, untagged
from gateway.message.model import Envelope, Message
from gateway.message.once import once
from gateway.message.value import value
from gateway.policy.model import Audience, Division, KindRule

TEXT_LIMIT = 65_536
"""Characters of subject and newest text that conditions look at."""


@value(frozen=True)
class Reading:
    """One message as the conditions of the policy see it."""

    message: Message
    envelope: Envelope
    newest_text: str
    letters_arrive_from: tuple[str, ...]

    @once
    def subject(self) -> bytes:
        return plain(self.message.subject[:TEXT_LIMIT]).encode()

    @once
    def body(self) -> bytes:
        # Its white space stays: phrases are found whatever stands between their words.
        return _folded(self.newest_text[:TEXT_LIMIT]).encode()

    @once
    def attachments(self) -> bytes:
        return "\n".join(plain(_CAMEL.sub(" ", name)) for name in self.message.attachments).encode()

    @once
    def whole(self) -> str:
        """Subject and newest text as they stand, for expressions; surrogates would make RE2 raise."""
        text = f"{self.message.subject}\n{self.newest_text}"[:TEXT_LIMIT]
        return text.encode("utf-8", "replace").decode("utf-8")

    @once
    def sent_to(self) -> frozenset[str]:
        """Every recipient, of the envelope and of To and Cc, with and without a plus-tag."""
        named = [each.spec for name in ("to", "cc", "resent-to", "resent-cc") for each in self.message.of(name)]
        return frozenset(form for each in (*self.envelope.rcpt_to, *named) for form in ("@".join(split(each)), untagged(each)))

    @once
    def arrived_from(self) -> tuple[str, ...]:
        return (self.envelope.mail_from, *(each.spec for each in self.message.of("from")))


def kind_for(division: Division, audience: Audience, reading: Reading) -> tuple[str, bool]:
    """The kind, and whether it is confidential. What no rule fits is the division's default kind."""
    for rule in division.kinds:
        if audience in rule.audiences and _rule_fits(rule, reading):
            return rule.kind, rule.confidential
    return division.default_kind, any(rule.confidential for rule in division.kinds if rule.kind == division.default_kind)


def _rule_fits(rule: KindRule, reading: Reading) -> bool:
    if rule.any_of and not any(_holds(condition, reading) for condition in rule.any_of):
        return False
    return not rule.but_not or not any(_holds(condition, reading) for condition in rule.but_not)


def _holds(condition: Mapping[str, tuple[str, ...]], reading: Reading) -> bool:
    """All keys of one condition hold; within a key, any of its values."""
    for key, values in condition.items():
        if key not in _CONDITIONS or not _CONDITIONS[key](reading, values):
            return False
    return bool(condition)


def plain(text: str) -> str:
    """Without case, accents and runs of white space; underscores divide words, typewriter apostrophes."""
    return " ".join(_folded(text).split())


def _folded(text: str) -> str:
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode("utf-8")  # surrogates would make RE2 raise
        text = _ACCENTS.sub("", unicodedata.normalize("NFKD", text.replace("\u2019", "'")))
    return text.replace("_", " ").casefold()


_ACCENTS = re.compile(r"[\u0300-\u036f]+")
"""Latin, Greek and Cyrillic ones; the vowel signs of Tamil or Punjabi are letters."""
_SPACES = r"[\s\x0b\x1c-\x1f\x85\pZ]+"
_CAMEL = re.compile(r"(?<=[a-zà-ÿ])(?=[A-Z])")


@lru_cache(maxsize=4096)
def _beginning_a_word(phrases: tuple[str, ...]) -> re2._Regexp:
    # On a long mail ten times as fast as `re`, which tries every phrase at every character.
    words = (map(re2.escape, plain(each).split(" ")) for each in phrases)
    return _compiled(rf"(?:^|[^\pL\pN_])(?:{'|'.join(map(_SPACES.join, words))})")


@lru_cache(maxsize=1024)
def _expression(source: str) -> re2._Regexp:
    return _compiled(source)


def _compiled(source: str) -> re2._Regexp:
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = False
    return re2.compile(source, options)


def _has(text: bytes, phrases: tuple[str, ...]) -> bool:
    """Whether UTF-8 text has one of them at the beginning of a word."""
    return bool(phrases) and _beginning_a_word(phrases).search(text) is not None


def _came_from(reading: Reading, patterns: tuple[str, ...]) -> bool:
    expanded = [each for pattern in patterns for each in (reading.letters_arrive_from if pattern == "letters_arrive_from" else (pattern,))]
    return any(fits_any(expanded, address) for address in reading.arrived_from)


_CONDITIONS: Mapping[str, Callable[[Reading, tuple[str, ...]], bool]] = {
    "subject_has": lambda reading, phrases: _has(reading.subject, phrases),
    "body_has": lambda reading, phrases: _has(reading.body, phrases),
    "attachment_named": lambda reading, phrases: _has(reading.attachments, phrases),
    "sent_to": lambda reading, patterns: any(fits_any(patterns, address) for address in reading.sent_to),
    "arrived_from": _came_from,
    "matches": lambda reading, sources: any(_expression(source).search(reading.whole) for source in sources),
}
