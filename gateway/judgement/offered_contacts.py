"""Which ways to reach somebody an out-of-office reply offers, and whose they are.

It decides for each address and number by the words nearest before it, by who is named between them, and by what is said of it right after. Where
the words leave it open, it is offered: a wrong warning costs more than a missed one. Pure, total, linear.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

from gateway.judgement import phrases
from gateway.judgement.absent_person import Absent
from gateway.judgement.people import Named, named
from gateway.judgement.verdict import Alternate
from gateway.message.contact_points import ContactPoint, contact_points
from gateway.message.signature_block import is_name_of

_WAYS = frozenset({"email", "phone", "extension", "311"})
_MOBILE_AFTER = re.compile(r"\s?[,–-]?\s?\(?(?:my )?(?:cell|mobile|cellulaire)\b", re.IGNORECASE)
_LINKED = re.compile(
    r"(?:\bor|\band|\bou|\bet|\balternatively|[,;/])[,:]?\s(?:else |with |to |please |contact |call |my |our |the |mon |ma |notre )*$", re.IGNORECASE
)
_FINDS_THEM = re.compile(r"\b(?:can|will|may|could|knows?)\b[\w ]{0,20}\b(?:find|reach|contact|page|call|get (?:a )?hold of) me\b", re.IGNORECASE)
_OFFICE_LABEL = re.compile(r"\W*(?:office|main|front desk|desk|bureau|secrétariat)\s?[.:/]{1,2}\s?\W*$", re.IGNORECASE)
"""Before an address that is not the absent person's own; a number behind it may well be."""
_DENIED_AFTER = (phrases.CLOSED_AFTER, phrases.OWN_AFTER)
_SHORT_LINE = 80


CueKind = Literal["own", "other", "occasion", "negated", "matter"]


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
    tables: tuple[tuple[CueKind, re.Pattern[str]], ...] = (
        ("own", phrases.OWN),
        ("other", phrases.OTHER),
        ("occasion", phrases.OCCASION),
        ("matter", phrases.PAST_OR_OTHER_MATTER),
    )
    cues = [_Cue(match.start(), match.start() + len(match[0].rstrip()), kind) for kind, pattern in tables for match in pattern.finditer(text)]
    offers = [cue for cue in cues if cue.kind in {"other", "occasion"}]
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


def _unit(text: str, absent: Absent) -> _Unit:
    points = tuple(point for point in contact_points(text) if point.kind != "fax")
    people = tuple(each for each in named(text) if not any(each.start < point.end and point.start < each.end for point in points))
    others = tuple(each for each in people if not (each.kind == "person" and is_name_of(each.text, absent.names)))
    return _Unit(text, points, tuple(_cues(text)), people, others)


def _cue_of(unit: _Unit, point: ContactPoint) -> _Cue | None:
    """The words nearest before it. An occasion ("if urgent") does not change whom the clause before it is about."""
    before = [cue for cue in unit.cues if cue.end <= point.start or (cue.kind in {"negated", "matter"} and cue.start < point.start)]
    before.sort(key=lambda each: (min(each.end, point.start), each.end - each.start))
    if not before or before[-1].kind != "occasion":
        return before[-1] if before else None
    about = next((cue for cue in reversed(before) if cue.kind != "occasion"), None)
    if about is None or about.kind != "own":
        return before[-1]
    between = [*(each.start for each in unit.points), *(each.start for each in unit.others)]
    return before[-1] if any(about.end <= start < point.start for start in between) else about


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
class Reading:
    """One pass over the text; each unit is read in the light of the ones before it."""

    absent: Absent
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
            return "own" if last == "own" else "other" if offered or last in {"other", "occasion"} else None
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
        cue = _cue_of(unit, point)
        floor = cue.start if cue else 0
        named_before = [each for each in unit.people if floor <= each.start < point.start]
        if named_before and named_before[-1] not in unit.others:
            return False
        others = [each for each in named_before if each in unit.others]
        if not others and (self.absent.has_number(point) or any(each.match(unit.text, point.end) for each in _DENIED_AFTER)):
            return False
        if cue is None:
            return self._is_offered_without_words(unit, point, somebody_named=bool(others))
        if cue.kind == "own":
            if any(_FINDS_THEM.search(unit.text[each.end : cue.end]) for each in unit.others if each.end <= cue.start):
                return True
            return any(each.start >= cue.end and _LINKED.search(unit.text[: each.start]) for each in others)
        return cue.kind in {"other", "occasion"} and not (not others and _MOBILE_AFTER.match(unit.text, point.end))

    def _is_offered_without_words(self, unit: _Unit, point: ContactPoint, *, somebody_named: bool) -> bool:
        after = min((cue for cue in unit.cues if cue.start >= point.end), key=lambda each: each.start, default=None)
        if after and after.kind in {"own", "negated"}:
            return after.kind == "own" and _FINDS_THEM.search(unit.text[point.end : after.end]) is not None
        if somebody_named or self.context == "other":
            return True
        label = unit.text[: point.start]
        own = phrases.OWN_LABEL.match(label) and not (point.kind == "email" and _OFFICE_LABEL.match(label))
        return (self.context is None or unit.names_a_person()) and not own

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
