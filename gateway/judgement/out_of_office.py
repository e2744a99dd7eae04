"""Whether an out-of-office reply offers another contact, and when its writer is back (Service Standard 2 of the seeds).

It decides for each way to reach somebody, by the words nearest before it, whether it is offered as the place to turn to: never the absent person's
own details, never the recipient's, never 911 alone. What cannot be read is never judged (`names_alternate` is then None although `is_ooo` is True).
Where the words leave it open, a contact counts as offered: a wrong warning costs more than a missed one. Whether a message *is* an out-of-office
reply is not decided here (`gateway.message.automatic`).

Findings: `no-alternate`, and beside it, where it explains more: `contact-without-a-way` (somebody is named, no way to reach them),
`placeholder-left` (a template was not filled in), `only-own-details`, `emergency-line-only`; `return-date-past` (before the local day of receipt:
the reply was forgotten).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal, NamedTuple

from gateway.judgement import phrases
from gateway.judgement.people import Named, named
from gateway.judgement.return_date import return_date
from gateway.judgement.verdict import Alternate, Automatic, OutOfOffice
from gateway.message.body import NewestText, newest_text
from gateway.message.contact_points import ContactPoint, contact_points
from gateway.message.model import Envelope, Message
from gateway.message.signature_block import is_name_of, sender_names
from gateway.policy.model import Policy

_WAYS = frozenset({"email", "phone", "extension", "311"})
_PLACEHOLDER = re.compile(
    r"\[\s?(?:insert|enter|your|name|nom|date|phone|tel|email|e-mail|alternate|contact|colleague|person|title|number|numéro|courriel"
    r"|personne|collègue)\b[^\]\n]{0,60}\]"
    r"|[<{]{1,2}\s?(?:insert|enter|name|nom|date|phone|email)\b[^>}\n]{0,60}[>}]{1,2}|\bX{3}[-. ]X{3,4}|\bX{4,}\b|_{5,}",
    re.IGNORECASE,
)
_REPEATED_SUBJECT = re.compile(
    r"\b((?:your|this|the|votre|ce) (?:message|e-?mail|courriel)(?: (?:titled|entitled|about|regarding"
    r"|intitulé))?\s?:?\s?)[\"“«'][^\"”»]{1,200}[\"”»']",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"(?<=[.!?;])[\"'”»)]?\s+(?=[\"“«(]?[^\W\d_a-zà-ÿ]|\d)|\s+[•·▪]\s+")
_ABBREVIATED = re.compile(
    r"(?:\b(?:ext|tel|tél|mr|mrs|ms|dr|st|jr|sr|ex|no|m|mme|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|janv|févr|avr|juil|déc|dept|ph"
    r"|a\.m|p\.m|e\.g|i\.e|p|approx|inc|ave|x|poste|b|c)|\b[A-Z])\.$",
    re.IGNORECASE,
)
_CONTINUES = re.compile(
    r"(?:[,(–-]|\b(?:at|to|or|and|on|in|for|by|from|with|contact|call|email|the|my|our|is|of|please|ou|et|au|à|le|la|de|du|avec|pour|par"
    r"|mon|ma|sur|en|est|ext\.?|poste))$",
    re.IGNORECASE,
)
_MOBILE_AFTER = re.compile(r"\s?[,–-]?\s?\(?(?:my )?(?:cell|mobile|cellulaire)\b", re.IGNORECASE)
_LINKED = re.compile(
    r"(?:\bor|\band|\bou|\bet|\balternatively|[,;/])[,:]?\s(?:else |with |to |please |contact |call |my |our |the |mon |ma |notre )*$", re.IGNORECASE
)
_FINDS_THEM = re.compile(r"\b(?:can|will|may|could|knows?)\b[\w ]{0,20}\b(?:find|reach|contact|page|call|get (?:a )?hold of) me\b", re.IGNORECASE)
_WRAPPED_FROM = 45
_LONGEST_UNIT = 1500
_TEXT_READ = 10_000
_SHORT_LINE = 80


def check(message: Message, automatic: Automatic, envelope: Envelope, policy: Policy, *, newest: NewestText | None = None) -> OutOfOffice:
    """What an out-of-office reply says in its newest visible text. Any other message: `is_ooo` False and nothing else.

    `newest` spares a second reading of the body. Pure and total; under 1 s for any text.
    """
    if automatic.type != "out_of_office":
        return OutOfOffice()
    newest = newest or newest_text(message)
    if not newest.readable:
        return OutOfOffice(is_ooo=True)
    absent = _absent(message, envelope, newest)
    text, whole = _read(newest, absent, message.subject)
    reading = _Reading(absent)
    for unit in _units(text.split("\n")):
        reading.read(unit)
    if not (reading.offers or whole):
        return OutOfOffice(is_ooo=True)
    received = envelope.received_at.astimezone(policy.zone).date()
    back = return_date(text, _written(message, received))
    findings = [] if reading.offers else _why_none(reading, newest.text)
    if back and back < received:
        findings.append("return-date-past")
    return OutOfOffice(is_ooo=True, names_alternate=reading.offers, alternates=reading.alternates(), return_date=back, findings=tuple(findings))


def _read(newest: NewestText, absent: _Absent, subject: str) -> tuple[str, bool]:
    """The text in which an offer may stand, at most 10,000 characters of it, and whether that is all."""
    text = "\n".join(_without_foreign_words(line, subject) for line in _offered_lines(newest, absent))
    return text[:_TEXT_READ], len(text) <= _TEXT_READ


def _why_none(reading: _Reading, text: str) -> list[str]:
    reasons = {
        "contact-without-a-way": reading.names_somebody,
        "placeholder-left": bool(_PLACEHOLDER.search(text)),
        "only-own-details": reading.own_details,
        "emergency-line-only": reading.emergency_line,
    }
    return ["no-alternate", *(slug for slug, holds in reasons.items() if holds)]


def _written(message: Message, received: date) -> date:
    """The day on which the writer's "Monday" is to be read: the message's own Date, unless it is nowhere near its receipt."""
    own = message.date.date() if message.date else received
    return own if abs((own - received).days) <= 400 else received


def _without_foreign_words(line: str, subject: str) -> str:
    """A line without unfilled placeholders and without the resident's own words (the subject that an automatic reply repeats)."""
    if any(mark in line.lower() for mark in ("[", "<", "{", "___", "xxx")):
        line = _PLACEHOLDER.sub(" ", line)
    if any(mark in line for mark in "\"“«'"):
        line = _REPEATED_SUBJECT.sub(r"\1", line)
    repeated = subject.rpartition(": ")[2].strip()
    return line.replace(repeated, " ") if len(repeated) >= 12 else line


# ---- who is absent


@dataclass(frozen=True)
class _Absent:
    names: tuple[frozenset[str], ...]
    addresses: frozenset[str]
    recipients: frozenset[str]
    numbers: frozenset[str]
    """Digits of the numbers in the absent person's own signature."""
    locals: frozenset[str]

    def has_address(self, address: str) -> bool:
        local, _, _ = address.partition("@")
        words = frozenset(re.findall(r"[^\W\d_]{2,}", local.casefold()))
        if address in self.addresses or local in self.locals:
            return True
        return any(len(name) > 1 and ((len(words) > 1 and words <= name) or local in _short_forms(name)) for name in self.names)

    def has_number(self, point: ContactPoint) -> bool:
        return bool(point.digits) and any(point.digits == each or (len(point.digits) >= 4 and each.endswith(point.digits)) for each in self.numbers)


def _short_forms(name: frozenset[str]) -> set[str]:
    """`rsample`, `r.sample`, `sampler` of Robin Sample."""
    return {
        form
        for first in name
        for last in name
        if first != last
        for form in (first[0] + last, f"{first[0]}.{last}", f"{first[0]}_{last}", last + first[0])
    }


def _absent(message: Message, envelope: Envelope, newest: NewestText) -> _Absent:
    names = sender_names(message)
    own = {address.key for field_name in ("from", "sender", "reply-to") for address in message.of(field_name)} | {envelope.mail_from.casefold()} - {
        ""
    }
    recipients = {address.casefold() for address in envelope.rcpt_to} | {address.key for address in message.of("to")}
    signature = "\n".join(newest.signature) if _is_own_block(newest, names) else ""
    return _Absent(
        names=names,
        addresses=frozenset(own),
        recipients=frozenset(recipients - own),
        numbers=frozenset(point.digits for point in contact_points(signature) if point.kind in {"phone", "extension"}),
        locals=frozenset(address.partition("@")[0] for address in own if address),
    )


def _is_own_block(newest: NewestText, names: Sequence[frozenset[str]]) -> bool:
    """A block with another person's name at its head is not the absent person's signature but a contact that is offered."""
    if newest.signature_start is None:
        return False
    if any(is_name_of(re.split(r"[|,\t]", line)[0], names) for line in newest.signature[:4]):
        return True
    if any(_offers_in_words(line) for line in newest.signature):
        return False
    return newest.introduced in {"delimiter", "closing"}


def _offered_lines(newest: NewestText, absent: _Absent) -> list[str]:
    """The lines in which an offer may stand: all but the absent person's own block, of which lines that speak of somebody else are kept."""
    if not _is_own_block(newest, absent.names):
        return list(newest.lines)
    block = newest.signature
    first = next((number for number, line in enumerate(block) if number and _offers_in_words(line)), len(block))
    return [*newest.body, "", *block[first:]]


def _offers_in_words(line: str) -> bool:
    lowered = phrases.lowered(line)
    return len(line.split()) >= 4 and bool(phrases.OTHER.search(lowered)) and not phrases.OWN.search(lowered)


# ---- sentences and lines


def _units(lines: Sequence[str]) -> Iterator[str]:
    """Sentences of wrapped prose, and lines of lists, each as one; "" for an empty line."""
    prose = ""
    for line in (*lines, ""):
        text = line.strip()[:_LONGEST_UNIT]
        if prose and text and len(prose) < _LONGEST_UNIT and _goes_on(prose, text):
            prose = f"{prose} {text}"
            continue
        yield from _sentences(prose)
        if not text:
            yield ""
        prose = text


def _goes_on(prose: str, text: str) -> bool:
    """Whether a line was only wrapped: its last word asks for more, the next begins small, or it is as long as lines of prose are."""
    return bool(_CONTINUES.search(prose[-30:])) or text[0].islower() or (len(prose) >= _WRAPPED_FROM and prose[-1] not in ".:;!?")


def _sentences(prose: str) -> Iterator[str]:
    start = 0
    for match in _SENTENCE_END.finditer(prose):
        if not _ABBREVIATED.search(prose[max(start, match.start() - 12) : match.start()]):
            yield prose[start : match.start()].strip()
            start = match.end()
    if prose[start:].strip():
        yield prose[start:].strip()


# ---- whose is it


CueKind = Literal["own", "other", "negated", "matter"]


class _Cue(NamedTuple):
    start: int
    end: int
    kind: CueKind


def _cues(text: str) -> list[_Cue]:
    text = phrases.lowered(text)
    harmless = [match.span() for match in phrases.NOT_NEGATED.finditer(text)]
    negated = [
        _Cue(match.start(), match.end(), "negated")
        for match in phrases.NEGATED.finditer(text)
        if not any(start < match.end() and match.start() < end for start, end in harmless)
    ]
    tables: tuple[tuple[CueKind, re.Pattern[str]], ...] = (("own", phrases.OWN), ("other", phrases.OTHER), ("matter", phrases.PAST_OR_OTHER_MATTER))
    cues = [_Cue(match.start(), match.start() + len(match[0].rstrip()), kind) for kind, pattern in tables for match in pattern.finditer(text)]
    offers = [cue for cue in cues if cue.kind == "other"]
    cues = [cue for cue in cues if cue.kind != "matter" or not any(cue.start < each.end and each.start < cue.end for each in offers)]
    return negated + [cue for cue in cues if not any(each.start <= cue.start < each.end for each in negated)]


class _Unit(NamedTuple):
    """A sentence or a line, with all that was found in it."""

    text: str
    points: tuple[ContactPoint, ...]
    cues: tuple[_Cue, ...]
    people: tuple[Named, ...]
    others: tuple[Named, ...]
    """The people without the absent one."""

    @property
    def is_short(self) -> bool:
        return len(self.text) <= _SHORT_LINE

    def names_a_person(self) -> bool:
        return any(each.kind == "person" for each in self.others)


def _unit(text: str, absent: _Absent) -> _Unit:
    points = tuple(point for point in contact_points(text) if point.kind != "fax")
    people = tuple(each for each in named(text) if not any(each.start < point.end and point.start < each.end for point in points))
    others = tuple(each for each in people if not (each.kind == "person" and is_name_of(each.text, absent.names)))
    return _Unit(text, points, tuple(_cues(text)), people, others)


@dataclass
class _Draft:
    """A contact that is being put together from the words around it."""

    name: str | None = None
    role: str | None = None
    email: str | None = None
    phone: str | None = None

    @property
    def reachable(self) -> bool:
        return bool(self.email or self.phone)


@dataclass
class _Reading:
    """One pass over the text; each unit is read in the light of the ones before it."""

    absent: _Absent
    context: CueKind | None = None
    """Whom a line without words of its own speaks of: what the units above announced."""
    names_somebody: bool = False
    own_details: bool = False
    emergency_line: bool = False
    drafts: list[_Draft] = field(default_factory=list)
    _current: _Draft = field(default_factory=_Draft)

    @property
    def offers(self) -> bool:
        return bool(self.drafts)

    def alternates(self) -> tuple[Alternate, ...]:
        """Each contact once, also when a bilingual reply gives it twice."""
        found: dict[tuple[str | None, str | None], Alternate] = {}
        for draft in self.drafts:
            known = found.get((draft.email, draft.phone), Alternate())
            found[draft.email, draft.phone] = Alternate(known.name or draft.name, draft.email, draft.phone, known.role or draft.role)
        return tuple(found.values())

    def read(self, text: str) -> None:
        if not text:
            return
        unit = _unit(text, self.absent)
        ways = [point for point in unit.points if point.kind in _WAYS and point.value not in self.absent.recipients]
        offered = [point for point in ways if self._is_offered(unit, point)]
        kind = self._kind(unit, offered)
        if kind == "other" or offered:
            self._put_together(unit, offered)
        self.own_details |= len(offered) < len(ways)
        self.emergency_line |= any(point.kind == "911" for point in unit.points)
        self.names_somebody |= kind == "other" and unit.names_a_person() and bool(unit.cues) and not offered
        self.context = kind

    def _kind(self, unit: _Unit, offered: Sequence[ContactPoint]) -> CueKind | None:
        """What this unit announces for the lines under it."""
        if unit.cues:
            last = max(unit.cues, key=lambda cue: cue.end).kind
            return last if last in {"own", "other"} else "other" if offered else None
        if offered:
            return "other"
        if not unit.is_short:
            return None
        if unit.people:
            return "own" if not unit.others else "other" if unit.names_a_person() or self.context != "own" else "own"
        return None if phrases.FUNCTION_WORDS.search(phrases.lowered(unit.text)) else self.context

    def _is_offered(self, unit: _Unit, point: ContactPoint) -> bool:
        if point.kind == "email" and self.absent.has_address(point.value):
            return False
        before = (cue for cue in unit.cues if cue.end <= point.start or (cue.kind in {"negated", "matter"} and cue.start < point.start))
        cue = max(before, key=lambda each: (min(each.end, point.start), each.end - each.start), default=None)
        floor = cue.start if cue else 0
        named_before = [each for each in unit.people if floor <= each.start < point.start]
        if named_before and named_before[-1] not in unit.others:
            return False
        others = [each for each in named_before if each in unit.others]
        if self.absent.has_number(point) and not others:
            return False
        if cue is None:
            return self._is_offered_without_words(unit, point, somebody_named=bool(others))
        if cue.kind == "own":
            if any(_FINDS_THEM.search(unit.text[each.end : cue.end]) for each in unit.others if each.end <= cue.start):
                return True
            return any(each.start >= cue.end and _LINKED.search(unit.text[: each.start]) for each in others)
        return cue.kind == "other" and not (not others and _MOBILE_AFTER.match(unit.text, point.end))

    def _is_offered_without_words(self, unit: _Unit, point: ContactPoint, *, somebody_named: bool) -> bool:
        after = min((cue for cue in unit.cues if cue.start >= point.end), key=lambda each: each.start, default=None)
        if after and after.kind in {"own", "negated"}:
            return False
        if somebody_named or self.context == "other":
            return True
        return self.context is None and not phrases.OWN_LABEL.match(unit.text[: point.start])

    def _put_together(self, unit: _Unit, offered: Sequence[ContactPoint]) -> None:
        is_label = bool(offered) and bool(phrases.OWN_LABEL.match(unit.text[: offered[0].start]))
        if unit.cues and not is_label and (self._current.reachable or unit.names_a_person()):
            self._current = _Draft()
        events: list[Named | ContactPoint] = [*unit.others, *offered]
        for event in sorted(events, key=lambda each: each.start):
            if isinstance(event, Named):
                self._name(event)
            else:
                self._reach(event)

    def _name(self, event: Named) -> None:
        if self._current.reachable or (event.kind == "person" and self._current.name):
            self._current = _Draft()
        if event.kind == "person":
            self._current.name = event.text
        else:
            self._current.role = event.text

    def _reach(self, point: ContactPoint) -> None:
        slot = "email" if point.kind == "email" else "phone"
        if getattr(self._current, slot):
            self._current = replace(self._current, email=None, phone=None)
        setattr(self._current, slot, point.value)
        if not any(draft is self._current for draft in self.drafts):
            self.drafts.append(self._current)
