"""Whether the files agree with each other and mean what they seem to: duplicates, dead rules, promises that nobody published.

It looks at files that are well-formed each for itself; what it finds is an error when mail would go wrong, else a warning.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from pathlib import PurePath

from gateway.policy import calendar_sections, files, sections
from gateway.policy.calendar import spoken_date
from gateway.policy.diagnostics import Diagnostic, Severity
from gateway.policy.field_types import did_you_mean
from gateway.policy.layers import ReadFile
from gateway.policy.merge import AUDIENCES, opening_hours, plain_values
from gateway.policy.yaml_positions import PositionPath

City = ReadFile[files.CityFile]
OneDivision = ReadFile[files.DivisionFile]


def complaints(
    city: City | None, divisions: Sequence[OneDivision], domains: tuple[str, ...], holidays: Mapping[date, str], now: datetime
) -> Iterator[Diagnostic]:
    """All of them, in no order. `now` (aware) tells which notices have passed."""
    yield from _mailboxes(divisions, domains)
    yield from _same_twice(divisions, "division")
    yield from _same_twice(divisions, "reference")
    for division in divisions:
        yield from _out_of_reach(division, domains)
        yield from _one_division(division)
    if city is not None:
        yield from _city(city, divisions, domains, holidays, now)


def _at(file: ReadFile[files.CityFile] | ReadFile[files.DivisionFile], path: PositionPath, severity: Severity, message: str) -> Diagnostic:
    line, column = file.document.position(path)
    return Diagnostic(file.name, line, column, severity, message)


def _mailboxes(divisions: Sequence[OneDivision], domains: tuple[str, ...]) -> Iterator[Diagnostic]:
    owners: dict[str, str] = {}
    for division in divisions:
        content = division.content
        places: list[tuple[str, PositionPath]] = [(content.mailbox, ("mailbox",))]
        places += [(alias, ("also_known_as", index)) for index, alias in enumerate(content.also_known_as)]
        for mailbox, path in places:
            key = mailbox.lower()
            if key in owners:
                yield _at(division, path, "error", f"the mailbox {mailbox} is claimed already at {owners[key]}; one mailbox belongs to one division")
            owners.setdefault(key, division.place(path))
            if _is_foreign(mailbox, domains):
                yield _at(division, path, "warning", f"the domain of {mailbox} is not in organization_domains ({', '.join(domains)})")


def _is_foreign(address: str, domains: tuple[str, ...]) -> bool:
    return bool(domains) and address.lower().rpartition("@")[2] not in {domain.lower() for domain in domains}


def _out_of_reach(file: City | OneDivision, domains: tuple[str, ...]) -> Iterator[Diagnostic]:
    """Reminders, news of the policy and reports go to addresses of our own only, and a misspelt domain would be silence."""
    contacts, digests = file.content.contacts, file.content.digests
    readers: list[tuple[str | None, PositionPath]] = [
        (getattr(contacts, key, None), ("contacts", key)) for key in ("policy_news", "reminders", "after_a_missed_date")
    ]
    readers += [(each, ("digests", key, index)) for key in ("weekly", "monthly") for index, each in enumerate(getattr(digests, key))]
    for address, path in readers:
        if address is not None and _is_foreign(address, domains):
            message = f"nothing is sent to {address}: its domain is not in organization_domains ({', '.join(domains)})"
            yield _at(file, path, "warning", message)


def _same_twice(divisions: Sequence[OneDivision], key: str) -> Iterator[Diagnostic]:
    first: dict[str, str] = {}
    for division in divisions:
        value = getattr(division.content, key)
        if value is None:
            continue
        if value in first:
            advice = "give one of them another name" if key == "division" else "give one of them other letters"
            yield _at(division, (key,), "error", f"{key} '{value}' is taken already at {first[value]}; {advice}")
        first.setdefault(value, division.place((key,)))


def _one_division(division: OneDivision) -> Iterator[Diagnostic]:
    content = division.content
    file = PurePath(division.name)
    if content.division != file.stem:
        yield _at(division, ("division",), "warning", f"the file is named {file.name}, and the division '{content.division}'; name both alike")
    if _speaks_of_letters(content) and not content.letters_arrive_from:
        yield _at(division, ("kinds",), "error", "a rule speaks of letters_arrive_from, which is not given in this file; add it")
    yield from _unpublished(division)
    yield from _unknown_kinds(division)
    yield from _dead_standards(division, content.standards)
    yield from _dead_kinds(division)
    yield from _one_language(division)


def _speaks_of_letters(content: files.DivisionFile) -> bool:
    conditions = [each for rule in content.kinds for each in (*rule.any_of, *rule.but_not)]
    return any(each.arrived_from is None and "arrived_from" in each.model_fields_set for each in conditions)


def _unpublished(division: OneDivision) -> Iterator[Diagnostic]:
    """Service Standard 1: where business needs vary, staff- and public-facing communications state it."""
    for index, entry in enumerate(division.content.standards):
        if entry.stated_in is None and division.content.stated_in is None:
            message = "departs from the City-wide standard, but does not say where that is stated to the public and to staff; add stated_in"
            yield _at(division, ("standards", index), "warning", message)


def _unknown_kinds(division: OneDivision) -> Iterator[Diagnostic]:
    known = {"inquiry", *(rule.kind for rule in division.content.kinds)}
    for index, entry in enumerate(division.content.standards):
        for kind in entry.kind or ():
            if kind not in known:
                message = f"no rule under kinds makes a message a '{kind}'{did_you_mean(kind, known)}"
                yield _at(division, ("standards", index, "kind"), "error", message)
    for number, survey in enumerate(division.content.surveys):
        for kind in survey.never_after_kinds:
            if kind not in known:
                yield _at(division, ("surveys", number, "never_after_kinds"), "error", f"there is no kind '{kind}'{did_you_mean(kind, known)}")


def _dead_standards(file: City | OneDivision, standards: Sequence[sections.StandardEntry]) -> Iterator[Diagnostic]:
    """The first standard that fits holds: one whose every audience and kind an earlier one has is never reached."""
    seen: list[tuple[str, str | None, int]] = []
    for index, entry in enumerate(standards):
        line = file.document.position(("standards", index))[0]
        pairs = [(audience, kind) for audience in entry.audience or AUDIENCES for kind in (entry.kind or (None,))]
        earlier = {pair: next((at for audience, kind, at in seen if audience == pair[0] and kind in (None, pair[1])), None) for pair in pairs}
        if all(at is not None for at in earlier.values()):
            lines = ", ".join(str(at) for at in sorted({at for at in earlier.values() if at is not None}))
            yield _at(file, ("standards", index), "warning", f"never holds: what it speaks of is decided at line {lines}")
        seen += [(audience, kind, line) for audience, kind in pairs]


def _dead_kinds(division: OneDivision) -> Iterator[Diagnostic]:
    """The first rule that fits decides: one behind a rule without conditions is never reached, and two with the same words overlap."""
    rules = division.content.kinds
    for later, rule in enumerate(rules):
        audiences = set(rule.audience or AUDIENCES)
        for earlier, other in enumerate(rules[:later]):
            shared = audiences & set(other.audience or AUDIENCES)
            line = division.document.position(("kinds", earlier))[0]
            if shared == audiences and not other.any_of and not other.but_not:
                yield _at(division, ("kinds", later), "warning", f"never reached: the rule at line {line} takes every message of these audiences")
                break
            same = sorted(_words(rule) & _words(other)) if shared and rule.kind != other.kind else []
            if same:
                key, word = same[0]
                message = f"overlaps with the rule at line {line}: both have {key} '{word}'; the earlier one decides"
                yield _at(division, ("kinds", later), "warning", message)


def _words(rule: sections.KindEntry) -> set[tuple[str, str]]:
    """Conditions that fit alone, with each of their words."""
    single = [plain_values(each) for each in rule.any_of if len(each.model_fields_set) == 1]
    return {(key, str(word).casefold()) for values in single for key, words in values.items() for word in words or ()}


def _one_language(division: OneDivision) -> Iterator[Diagnostic]:
    wording = division.content.acknowledgement.wording
    for key in sections.LanguageWording.model_fields:
        written = [language for language in ("en", "fr") if getattr(getattr(wording, language), key) is not None]
        if len(written) == 1:
            missing = "French" if written == ["en"] else "English"
            message = f"is not there in {missing}; readers of {missing} get the usual sentence"
            yield _at(division, ("acknowledgement", "wording", written[0], key), "warning", message)


def _city(
    city: City, divisions: Sequence[OneDivision], domains: tuple[str, ...], holidays: Mapping[date, str], now: datetime
) -> Iterator[Diagnostic]:
    content = city.content
    yield from _out_of_reach(city, domains)
    yield from _dead_standards(city, content.standards)
    slugs = [each.content.division for each in divisions]
    for index, closure in enumerate(content.closures):
        for slug in closure.divisions or ():
            if slug not in slugs:
                message = f"no division is called '{slug}'{did_you_mean(slug, slugs)}"
                yield _at(city, ("closures", index, "divisions"), "error", message)
    hours = opening_hours(content.hours)
    yield from _needless_closures(city, content.closures, hours, holidays)
    for division in divisions:
        own = division.content.hours
        yield from _needless_closures(division, division.content.closures, opening_hours(own) if own else hours, holidays)
    if content.notice and content.notice.until.replace(tzinfo=content.time_zone) <= now:
        yield _at(city, ("notice", "until"), "warning", "this notice has run out; write   notice: none")
    owned = {mailbox.lower() for each in divisions for mailbox in (each.content.mailbox, *each.content.also_known_as)}
    answered: list[tuple[str | None, PositionPath]] = [(content.contacts.staff_help, ("contacts", "staff_help"))]
    answered += [(content.surveys.answers_to, ("surveys", "answers_to"))] if content.surveys else []
    for address, path in answered:
        if address is not None and _is_foreign(address, domains):
            message = f"the domain of {address} is not in organization_domains ({', '.join(domains)}): what people answer never comes by here"
            yield _at(city, path, "warning", message)
    if content.surveys and content.surveys.answers_to.lower() in owned:
        message = f"{content.surveys.answers_to} is a division's mailbox; answers must come to an address that no division reads"
        yield _at(city, ("surveys", "answers_to"), "error", message)


def _needless_closures(
    file: City | OneDivision,
    closures: Iterable[calendar_sections.DivisionClosure],
    hours: Mapping[int, tuple[tuple[time, time], ...]],
    holidays: Mapping[date, str],
) -> Iterator[Diagnostic]:
    for index, closure in enumerate(closures):
        if closure.date in holidays or not hours.get(closure.date.weekday()):
            yield _at(file, ("closures", index, "date"), "warning", f"the office is closed on {spoken_date(closure.date)} anyway; is the date right?")
