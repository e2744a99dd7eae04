"""Makes one `Rulebook` of policies, templates, signatures and the key; what is wrong comes back as diagnostics, never raised.

`read_rulebook` is strict, for commands: any error, no rulebook. `settle_rulebook` is for the service: what is good counts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from gateway.ledger.key_file import UnusableKey, old_keys, read_or_create_key
from gateway.policy.diagnostics import Diagnostic, has_errors
from gateway.policy.directory import LARGEST, read_directory, unread_directory
from gateway.policy.folders import Files, Folders, read_files, shown_path
from gateway.policy.last_good import Errors, Trial, settle
from gateway.policy.load import Loaded, load_policy
from gateway.policy.model import Caps, Directory, Policy
from gateway.policy.sentences import Texts
from gateway.policy.texts import is_text, make_texts, used_texts
from gateway.rulebook import Rulebook
from gateway.settings import Settings

KEY_FILE = "gateway.key"
PROJECT = Path(__file__).parents[1]
"""Where the shipped policies, templates and signatures lie beside the code; not so where only the package was installed."""


@dataclass(frozen=True)
class Reading:
    """`rulebook` is None when any of the files has an error."""

    rulebook: Rulebook | None
    diagnostics: tuple[Diagnostic, ...]
    loaded: Loaded = field(repr=False)


def key_path(settings: Settings) -> Path:
    """Where the key lies: everything that is pseudonymous depends on it."""
    return settings.paths.state / KEY_FILE


@dataclass(frozen=True)
class Standing:
    """What counts now, file by file."""

    rulebook: Rulebook | None
    """None when not even last good versions make a whole."""
    in_force: Mapping[str, bytes]
    """Name -> the version that the rulebook was made of; empty without one."""
    refused: Errors
    """Files (or folders) whose newest version does not count, and why."""
    present: Files
    """The newest versions, good or not."""
    warnings: tuple[Diagnostic, ...]
    divisions: Mapping[str, str]
    """Name of a file in force -> the division that it describes."""


def read_rulebook(settings: Settings, secret: bytes, now: datetime) -> Reading:
    """All files as they are now; any error and there is no rulebook. `now` is aware; `secret` is the key of `existing_or_new_key`,
    or any for a dry run."""
    files = read_files(folders_of(settings))
    loaded = _policy(settings, files, now)
    texts, complaints = make_texts(files)
    directory, unusable = _directory(settings)
    diagnostics = tuple(sorted({*loaded.diagnostics, *complaints, *unusable}))
    if loaded.policy is None or texts is None or has_errors(unusable):
        return Reading(None, diagnostics, loaded)
    return Reading(_rulebook(settings, secret, loaded.policy, texts, directory), diagnostics, loaded)


def settle_rulebook(settings: Settings, secret: bytes, now: datetime, good: Mapping[str, bytes]) -> Standing:
    """The files as they are now, file by file with the last good version (`good`, by name) in place of a bad one."""
    files = read_files(folders_of(settings))

    def policy(some: Files) -> Trial[Loaded]:
        loaded = _policy(settings, some, now)
        return Trial(loaded if loaded.policy else None, loaded.diagnostics, loaded.used)

    def texts(some: Files) -> Trial[Texts]:
        made, diagnostics = make_texts(some)
        return Trial(made, diagnostics, used_texts(some))

    rules = settle(_only(files, texts=False), {name: each for name, each in good.items() if not is_text(name)}, policy)
    words = settle(_only(files, texts=True), {name: each for name, each in good.items() if is_text(name)}, texts)
    directory, unusable = _directory(settings)
    rulebook = None
    if rules.made is not None and rules.made.policy is not None and words.made is not None:
        rulebook = _rulebook(settings, secret, rules.made.policy, words.made, directory)
    return Standing(
        rulebook=rulebook,
        in_force={**rules.in_force, **words.in_force} if rulebook else {},
        refused={**words.refused, **rules.refused},
        present=files,
        warnings=(*rules.warnings, *(each._replace(severity="warning") for each in unusable)),
        divisions=rules.made.divisions if rules.made else {},
    )


def folders_of(settings: Settings) -> Folders:
    """`[paths]`."""
    return Folders(settings.paths.policies, settings.paths.templates, settings.paths.signatures)


def _policy(settings: Settings, files: Files, now: datetime) -> Loaded:
    return load_policy(files, organization_domains=settings.organization_domains, authserv_ids=settings.authserv_ids, now=now)


def _directory(settings: Settings) -> tuple[Directory | None, tuple[Diagnostic, ...]]:
    """The directory of staff as the file has it now; None where none is configured. A bad one costs no policy, only what it would tell."""
    path = settings.paths.directory
    if path is None:
        return None, ()
    shown = shown_path(path)
    try:
        with path.open("rb") as file:
            return read_directory(file.read(LARGEST + 1), shown)
    except OSError as error:
        return unread_directory(shown, error.strerror or type(error).__name__)


def _rulebook(settings: Settings, secret: bytes, policy: Policy, texts: Texts, directory: Directory | None) -> Rulebook:
    version = hashlib.sha256(f"{policy.version}\0{texts.version}".encode()).hexdigest()[:16]
    policy = replace(policy, version=version, directory=directory, caps=caps_of(settings))
    return Rulebook(policy, texts, secret, timedelta(seconds=settings.notices.give_up_after), keys_before(settings), settings.notices.return_path)


def _only(files: Files, *, texts: bool) -> Files:
    """The files of one kind; policies and texts stand or fall apart from each other."""
    return replace(files, contents={name: each for name, each in files.contents.items() if is_text(name) == texts})


def caps_of(settings: Settings) -> Caps:
    """`[caps]` as the rules and the ledger take them."""
    return Caps(**dict(settings.caps))


def existing_or_new_key(settings: Settings, fresh: bytes | None = None) -> bytes:
    """The ledger's key, created (as `fresh`, where given) at the first start. Raises UnusableKey, KeyNotKept."""
    return read_or_create_key(key_path(settings), fresh)


def dry_run_key(settings: Settings) -> bytes:
    """For commands that only look: the key if it is there, so that our own notices are recognised; otherwise a fixed one."""
    path = key_path(settings)
    return read_or_create_key(path) if path.exists() else bytes(32)


def keys_before(settings: Settings) -> tuple[bytes, ...]:
    """Keys that were put aside, newest first; none where their file cannot be used, which `gateway key list` and the start of the service tell."""
    try:
        return tuple(key for _, key in old_keys(key_path(settings)))
    except UnusableKey:
        return ()


def missing_folders(settings: Settings) -> list[str]:
    """One line for the folders of `[paths]` that are not there, with what to do; empty where all are."""
    wanted = {"policies": settings.paths.policies, "templates": settings.paths.templates, "signatures": settings.paths.signatures}
    missing = {name: path for name, path in wanted.items() if not path.is_dir()}
    if not missing:
        return []
    keys, folders = ", ".join(f"paths.{name}" for name in missing), ", ".join(map(str, missing.values()))
    shipped = [PROJECT / name for name in missing]
    homes = {path.parent if path.name == name else None for name, path in missing.items()}
    if len(homes) == 1 and (home := homes.pop()) and home.is_dir() and all(each.is_dir() for each in shipped):
        do = f"copy the shipped ones: cp -r {' '.join(map(str, shipped))} {home}"
    else:
        do = "create it"
    return [f"{keys}: error: there is no folder {folders}; {do}, or name another one in gateway.toml under [paths]"]
