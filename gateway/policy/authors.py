"""Who committed a file as it is now, where its folder is a git work tree. Asks git; decides nothing, and does without it.

A file that differs from what is committed has no author that we could name. Nothing that the repository's own settings could
run (hooks, filters, monitors, pagers) is run.
"""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

PATIENCE = 2.0
"""Seconds for one question to git."""

_QUIETLY = ("--no-pager", "--no-optional-locks", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "log.showSignature=false")


def author_of(path: Path, octets: bytes) -> str | None:
    """Name of the last commit's author, when that commit has exactly these octets; None for every other case and fault."""
    committed = _git(path.parent, "rev-parse", "--verify", "--quiet", f"HEAD:./{path.name}")
    if committed is None or committed != _blob(octets, len(committed)):
        return None
    return _git(path.parent, "log", "-1", "--format=%an", "HEAD", "--", path.name) or None


def _blob(octets: bytes, length: int) -> str:
    """The name that git gives to these octets."""
    digest = hashlib.sha256 if length == 64 else hashlib.sha1
    return digest(b"blob %d\0" % len(octets) + octets, usedforsecurity=False).hexdigest()


def _git(folder: Path, *question: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", *_QUIETLY, *question],  # noqa: S607 - the git of this machine, wherever it is
            cwd=folder, capture_output=True, stdin=subprocess.DEVNULL, timeout=PATIENCE, check=False,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode("utf-8", "replace").strip() if done.returncode == 0 else None
