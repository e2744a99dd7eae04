"""Makes a `Policy` of the policy files: every error of every file at once, and a policy only when there is none.

A file that cannot be read, or is no policy, is a diagnostic, never an exception. Nothing is ever read at run time: what
the policy needs is in the values. Which version of a file counts when the newest is bad, `last_good` says.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path, PurePath
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from gateway.policy import agreement, files
from gateway.policy.complaints import complaints
from gateway.policy.diagnostics import Diagnostic, has_errors
from gateway.policy.folders import CITY, LANGUAGES, POLICIES, SIGNATURES, Files, Folders, Unread, read_files
from gateway.policy.holiday_rules import YEARS_AHEAD, YEARS_BACK, HolidayRules, HolidayRulesError, holidays_of
from gateway.policy.layers import Effective, ReadFile
from gateway.policy.merge import city_as_division, digests, merge_division, plain_values, signature_rules, survey_answers
from gateway.policy.model import Bilingual, Division, Policy
from gateway.policy.yaml_positions import Document, UnreadableError, decode, read_yaml

F = TypeVar("F", bound=BaseModel)


@dataclass(frozen=True)
class Loaded:
    """What came of reading a folder. `policy` is None when any diagnostic is an error."""

    policy: Policy | None
    diagnostics: tuple[Diagnostic, ...]
    origins: Mapping[str, Mapping[str, Effective]] = field(default_factory=dict)
    """Division -> dotted key -> the value in force and where it was written."""
    used: Mapping[str, bytes] = field(default_factory=dict)
    """Every file that was asked for and could be read, by name."""
    divisions: Mapping[str, str] = field(default_factory=dict)
    """Name of a file -> the division that it describes."""


@dataclass
class _Reading:
    """One load: the files, the diagnostics so far, and the octets of everything that was read."""

    files: Files
    diagnostics: list[Diagnostic] = field(default_factory=list)
    used: dict[str, bytes] = field(default_factory=dict)

    def version(self) -> str:
        """Of all that was read: names and octets."""
        digest = hashlib.sha256()
        for name, octets in sorted(self.used.items()):
            digest.update(f"{name}\0{len(octets)}\0".encode() + octets)
        return digest.hexdigest()[:16]

    def error(self, file: str, message: str, line: int = 1, column: int = 1) -> None:
        self.diagnostics.append(Diagnostic(file, line, column, "error", message))

    def file(self, name: str, model: type[F]) -> ReadFile[F] | None:
        """The file's content, or None with the reasons noted."""
        shown = self.files.folders.shown(name)
        octets = self.files.contents.get(name, Unread("no such file or directory"))
        if isinstance(octets, Unread):
            self.error(shown, f"cannot be read: {octets.reason}")
            return None
        self.used[name] = octets
        try:
            document = read_yaml(decode(octets))
        except UnreadableError as error:
            self.error(shown, error.message, *error.position)
            return None
        return self._checked(shown, document, model)

    def _checked(self, name: str, document: Document, model: type[F]) -> ReadFile[F] | None:
        for (line, column), message in document.problems:
            self.error(name, message, line, column)
        if document.data is None:
            self.error(name, "the file is empty")
            return None
        try:
            content = model.model_validate(document.data)
        except ValidationError as error:
            for (line, column), message in complaints(error, document, model):
                self.error(name, message, line, column)
            return None
        return ReadFile(name, document, content)


def load(
    folder: Path,
    *,
    organization_domains: tuple[str, ...],
    authserv_ids: tuple[str, ...] = (),
    signatures: Path,
    templates: Path,
    years: range | None = None,
    now: datetime,
) -> Loaded:
    """The policy of `folder` as it is now; the rest as in `load_policy`."""
    files_now = read_files(Folders(folder, templates, signatures))
    return load_policy(files_now, organization_domains=organization_domains, authserv_ids=authserv_ids, years=years, now=now)


def load_policy(
    found: Files, *, organization_domains: tuple[str, ...], authserv_ids: tuple[str, ...] = (), years: range | None = None, now: datetime
) -> Loaded:
    """The policy that these files make, with the signature rules and help lines that it names.

    `years` are those whose holidays are known (default: 30 back and 10 ahead of `now`, which is aware). Of two files that claim the
    same, the later one in `found` has the error. Never raises for anything that a file or folder holds.
    """
    reading = _Reading(found)
    city = reading.file(CITY, files.CityFile)
    read = {name: content for name in _division_names(reading) if (content := reading.file(name, files.DivisionFile))}
    divisions = list(read.values())
    rules = _signature_file(city, reading)
    help_lines = _help_lines(city, reading)
    holidays = _holidays(city, years or range(now.year - YEARS_BACK, now.year + YEARS_AHEAD + 1), reading)
    reading.diagnostics.extend(agreement.complaints(city, divisions, organization_domains, holidays, now))
    diagnostics = tuple(sorted(set(reading.diagnostics)))
    slugs = {name: each.content.division for name, each in read.items()}
    if has_errors(diagnostics) or city is None or rules is None:
        return Loaded(None, diagnostics, used=reading.used, divisions=slugs)
    home = f"https://www.{organization_domains[0]}" if organization_domains else "https://localhost"
    merged = [merge_division(each, city, holidays=holidays, help_lines=help_lines, home=home) for each in divisions]
    policy = _policy(reading.version(), city.content, [division for division, _ in merged], rules.content)
    city_wide = city_as_division(city, holidays=holidays, home=home)
    policy = replace(policy, organization_domains=organization_domains, authserv_ids=authserv_ids, city_wide=city_wide)
    return Loaded(policy, diagnostics, {division.slug: origins for division, origins in merged}, reading.used, slugs)


def _division_names(reading: _Reading) -> list[str]:
    names = reading.files.divisions()
    if POLICIES in reading.files.problems:
        reading.diagnostics.append(reading.files.problems[POLICIES])
    elif not names:
        reading.error(reading.files.folders.shown(POLICIES), "no division has a file here; add one, such as human-resources.yaml")
    for name in reading.files.misnamed:
        message = f"this file is not read: a policy file ends in .yaml; name it {PurePath(name).stem}"
        reading.diagnostics.append(Diagnostic(reading.files.folders.shown(name), 1, 1, "warning", message))
    return names


def _signature_file(city: ReadFile[files.CityFile] | None, reading: _Reading) -> ReadFile[files.SignatureFile] | None:
    if city is None:
        return None
    rules = city.content.signature.rules
    name = f"{SIGNATURES}{rules}.yaml"
    if name not in reading.files.contents:
        line, column = city.document.position(("signature", "rules"))
        reading.error(city.name, f"there are no signature rules '{rules}': {reading.files.folders.shown(name)} is missing", line, column)
        return None
    return reading.file(name, files.SignatureFile)


def _help_lines(city: ReadFile[files.CityFile] | None, reading: _Reading) -> Mapping[str, str]:
    if city is None or city.content.acknowledgement.other_languages == "none":
        return {}
    found = reading.file(LANGUAGES, files.LanguageLines)
    return found.content.root if found else {}


def _holidays(city: ReadFile[files.CityFile] | None, years: range, reading: _Reading) -> Mapping[date, str]:
    if city is None:
        return {}
    written = city.content.holidays
    rules = HolidayRules(
        country=written.country,
        region=written.region,
        groups=tuple(written.groups),
        not_ours=tuple(written.not_ours),
        only_monday_to_friday=tuple(written.only_monday_to_friday),
        moved_from_a_weekend=tuple(written.moved_from_a_weekend),
        added=tuple((each.date, each.why) for each in written.added),
    )
    try:
        return holidays_of(rules, years)
    except HolidayRulesError as error:
        reading.error(city.name, str(error), *city.document.position(("holidays", error.key)))
        return {}


def _policy(version: str, city: files.CityFile, divisions: Iterable[Division], rules: files.SignatureFile) -> Policy:
    by_slug = {each.slug: each for each in divisions}
    return Policy(
        version=version,
        city=Bilingual(city.name.en, city.name.fr),
        zone=city.time_zone,
        divisions=by_slug,
        by_mailbox={mailbox.lower(): each for each in by_slug.values() for mailbox in each.mailboxes},
        organization_domains=(),
        authserv_ids=(),
        council_senders=tuple(pattern for rule in city.audiences if rule.audience == "council" for pattern in rule.sources or ()),
        signature_rules=signature_rules(rules, city, by_slug.values()),
        acknowledgements=city.acknowledgements,
        trusted_sources=tuple(city.trusted_sources),
        survey_answers=survey_answers(city),
        policy_news=city.contacts.policy_news,
        digests=digests(city.digests),
        figures=plain_values(city.figures),
        keep=plain_values(city.keep),
        neutral_reference_prefix=city.reference,
    )
