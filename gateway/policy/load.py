"""Reads the policy folder: every error of every file at once, and a `Policy` only when there is none.

A file that cannot be read, or is no policy, is a diagnostic, never an exception. Nothing is ever read at run time: what
the policy needs is in the values.
"""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from gateway.policy import agreement, files
from gateway.policy.complaints import complaints
from gateway.policy.diagnostics import Diagnostic, has_errors
from gateway.policy.holiday_rules import YEARS_AHEAD, YEARS_BACK, HolidayRules, HolidayRulesError, holidays_of
from gateway.policy.layers import Effective, ReadFile
from gateway.policy.merge import merge_division, plain_values, signature_rules
from gateway.policy.model import Bilingual, Division, Policy
from gateway.policy.yaml_positions import SIZE_LIMIT, Document, UnreadableError, decode, read_yaml

CITY_FILE = "city.yaml"
MOST_FILES = 500
"""Files of one folder; a city has forty divisions."""

F = TypeVar("F", bound=BaseModel)


@dataclass(frozen=True)
class Loaded:
    """What came of reading a folder. `policy` is None when any diagnostic is an error."""

    policy: Policy | None
    diagnostics: tuple[Diagnostic, ...]
    origins: Mapping[str, Mapping[str, Effective]] = field(default_factory=dict)
    """Division -> dotted key -> the value in force and where it was written."""


@dataclass
class _Reading:
    """One load: the diagnostics so far, and the hash of everything that was read."""

    diagnostics: list[Diagnostic] = field(default_factory=list)
    digest: hashlib._Hash = field(default_factory=hashlib.sha256)

    def version(self) -> str:
        """Of all that was read: names and octets."""
        return self.digest.hexdigest()[:16]

    def error(self, file: str, message: str, line: int = 1, column: int = 1) -> None:
        self.diagnostics.append(Diagnostic(file, line, column, "error", message))

    def file(self, path: Path, model: type[F]) -> ReadFile[F] | None:
        """The file's content, or None with the reasons noted."""
        name = shown_path(path)
        try:
            octets = _octets(path)
            self.digest.update(f"{path.name}\0{len(octets)}\0".encode() + octets)
            document = read_yaml(decode(octets))
        except OSError as error:
            self.error(name, f"cannot be read: {(error.strerror or type(error).__name__).lower()}")
            return None
        except UnreadableError as error:
            self.error(name, error.message, *error.position)
            return None
        return self._checked(name, document, model)

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
    """The policy of `folder`, with the signature rules and help lines that it names.

    `years` are those whose holidays are known (default: 30 back and 10 ahead of `now`, which is aware). Never raises for
    anything that a file or folder holds.
    """
    reading = _Reading()
    city = reading.file(folder / CITY_FILE, files.CityFile)
    divisions = [found for path in _division_paths(folder, reading) if (found := reading.file(path, files.DivisionFile))]
    rules = _signature_file(city, signatures, reading)
    help_lines = _help_lines(city, templates, reading)
    holidays = _holidays(city, years or range(now.year - YEARS_BACK, now.year + YEARS_AHEAD + 1), reading)
    reading.diagnostics.extend(agreement.complaints(city, divisions, organization_domains, holidays, now))
    diagnostics = tuple(sorted(set(reading.diagnostics)))
    if has_errors(diagnostics) or city is None or rules is None:
        return Loaded(None, diagnostics)
    home = f"https://www.{organization_domains[0]}" if organization_domains else "https://localhost"
    merged = [merge_division(each, city, holidays=holidays, help_lines=help_lines, home=home) for each in divisions]
    policy = _policy(reading.version(), city.content, [division for division, _ in merged], rules.content)
    policy = replace(policy, organization_domains=organization_domains, authserv_ids=authserv_ids)
    return Loaded(policy, diagnostics, {division.slug: origins for division, origins in merged})


def shown_path(path: Path) -> str:
    """How a diagnostic names a file: relative to the working directory where it lies below it, else as given."""
    try:
        return str(path.relative_to(Path.cwd())) if path.is_absolute() else str(path)
    except (ValueError, OSError):
        return str(path)


def _octets(path: Path) -> bytes:
    """At most one octet more than is allowed, so that a huge file costs nothing. Raises OSError, also for what is no ordinary file."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(0, "it is not a file")
    with path.open("rb") as file:
        return file.read(SIZE_LIMIT + 1)


def _division_paths(folder: Path, reading: _Reading) -> list[Path]:
    """Every .yaml or .yml of the folder but city.yaml; hidden files are an editor's business."""
    try:
        names = sorted(each.name for each in folder.iterdir() if each.suffix in (".yaml", ".yml") and not each.name.startswith("."))
    except OSError as error:
        reading.error(shown_path(folder), f"the policy folder cannot be read: {(error.strerror or '').lower()}")
        return []
    found = [folder / name for name in names if name != CITY_FILE]
    if not found:
        reading.error(shown_path(folder), "no division has a file here; add one, such as human-resources.yaml")
    if len(found) > MOST_FILES:
        reading.error(shown_path(folder), f"more than {MOST_FILES} policy files; is it really the policy folder?")
    return found[:MOST_FILES]


def _signature_file(city: ReadFile[files.CityFile] | None, signatures: Path, reading: _Reading) -> ReadFile[files.SignatureFile] | None:
    if city is None:
        return None
    name = city.content.signature.rules
    path = signatures / f"{name}.yaml"
    if not path.exists():
        line, column = city.document.position(("signature", "rules"))
        reading.error(city.name, f"there are no signature rules '{name}': {shown_path(path)} is missing", line, column)
        return None
    return reading.file(path, files.SignatureFile)


def _help_lines(city: ReadFile[files.CityFile] | None, templates: Path, reading: _Reading) -> Mapping[str, str]:
    path = templates / "languages.yaml"
    if city is None or city.content.acknowledgement.other_languages == "none":
        return {}
    found = reading.file(path, files.LanguageLines)
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
        figures=plain_values(city.figures),
        keep=plain_values(city.keep),
        neutral_reference_prefix=city.reference,
    )
