"""Reads policies, templates, signatures and the key into one `Rulebook`; what is wrong comes back as diagnostics, never raised."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from gateway.ledger.key_file import read_or_create_key
from gateway.policy.diagnostics import Diagnostic
from gateway.policy.load import Loaded, load
from gateway.policy.texts import load_texts
from gateway.rulebook import Rulebook
from gateway.settings import Settings

KEY_FILE = "gateway.key"


@dataclass(frozen=True)
class Reading:
    """`rulebook` is None when any of the files has an error."""

    rulebook: Rulebook | None
    diagnostics: tuple[Diagnostic, ...]
    loaded: Loaded = field(repr=False)


def key_path(settings: Settings) -> Path:
    """Where the key lies: everything that is pseudonymous depends on it."""
    return settings.paths.state / KEY_FILE


def read_rulebook(settings: Settings, secret: bytes, now: datetime) -> Reading:
    """All files as they are now. `now` is aware; `secret` is the key of `existing_or_new_key`, or any for a dry run."""
    paths = settings.paths
    loaded = load(
        paths.policies,
        organization_domains=settings.organization_domains,
        authserv_ids=settings.authserv_ids,
        signatures=paths.signatures,
        templates=paths.templates,
        now=now,
    )
    texts, complaints = load_texts(paths.templates, paths.signatures)
    diagnostics = tuple(sorted({*loaded.diagnostics, *complaints}))
    if loaded.policy is None or texts is None:
        return Reading(None, diagnostics, loaded)
    version = hashlib.sha256(f"{loaded.policy.version}\0{texts.version}".encode()).hexdigest()[:16]
    policy = replace(loaded.policy, version=version, correspondent_cap=settings.caps.correspondent)
    give_up_after = timedelta(seconds=settings.notices.give_up_after)
    return Reading(Rulebook(policy, texts, secret, give_up_after), diagnostics, loaded)


def existing_or_new_key(settings: Settings) -> bytes:
    """The ledger's key, created at the first start. Raises UnusableKey."""
    return read_or_create_key(key_path(settings))


def dry_run_key(settings: Settings) -> bytes:
    """For commands that only look: the key if it is there, so that our own notices are recognised; otherwise a fixed one."""
    path = key_path(settings)
    return read_or_create_key(path) if path.exists() else bytes(32)


def missing_folders(settings: Settings) -> list[str]:
    """One line for each folder of `[paths]` that is not there."""
    wanted = (("policies", settings.paths.policies), ("templates", settings.paths.templates), ("signatures", settings.paths.signatures))
    return [
        f"paths.{name}: error: there is no folder {path}; create it, or name another one in gateway.toml under [paths]"
        for name, path in wanted
        if not path.is_dir()
    ]
