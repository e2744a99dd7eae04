"""The ledger's key on disk: read, created once with mode 0600, or put aside for a new one. Never logged.

`gateway.key` holds the key in use, `gateway.key.old` those before it, a line each with the moment it was put aside. Rows that were
hashed under an old key can only be found with it, so it stays as long as such rows do.

The files belong to whom the key belongs that they follow, and the first one to whom its folder belongs, also when root runs the command: the
service must be able to read them.
"""

from __future__ import annotations

import os
import secrets
import stat
import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from gateway.ledger.pseudonym import KEY_OCTETS


class UnusableKey(Exception):
    """The key file cannot be used; the text says what to do, in one line."""


class KeyNotKept(UnusableKey):
    """There is no key file yet, and none can be written now (full disk, read-only folder): nothing may be recorded under a key that can be lost."""


def read_or_create_key(path: Path, fresh: bytes | None = None) -> bytes:
    """The 32 octets of `path`; a missing file is created durably, and two processes that race get the same key.

    `fresh` is the key to create it with, a random one when not given. Raises UnusableKey: unreadable, wrong length, or open to other
    users; KeyNotKept when it is missing and cannot be created. A lost key cannot be made again: with another one the ledger
    recognises no earlier correspondent and no earlier thread. Back it up with the ledger, apart from it.
    """
    try:
        if not path.exists():
            _create(path, fresh or secrets.token_bytes(KEY_OCTETS))
    except OSError as error:
        raise KeyNotKept(f"{path}: error: {error.strerror}; the gateway needs a key file that it can create there") from None
    try:
        return _read(path)
    except OSError as error:
        raise UnusableKey(f"{path}: error: {error.strerror}; the gateway needs a key file that it can read there") from None


def old_keys(path: Path) -> list[tuple[datetime, bytes]]:
    """Keys that were put aside, newest first, each with the moment (aware). Raises UnusableKey."""
    aside = _aside(path)
    try:
        with aside.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            lines = file.read().decode("ascii", "replace").splitlines()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise UnusableKey(f"{aside}: error: {error.strerror}; the gateway needs to read the keys of earlier rows there") from None
    if mode & 0o027:
        raise UnusableKey(f"{aside}: error: other users may read or change these keys; run chmod 600 on it")
    try:
        return sorted((_old_key(line) for line in lines), reverse=True)
    except ValueError:
        raise UnusableKey(f"{aside}: error: a line is not a time and a key; restore it from a backup") from None


def rotate(path: Path, now: datetime) -> None:
    """Put the key aside and take a new one. Raises UnusableKey, KeyNotKept; then the key is as it was.

    The old one is kept durably before the new one takes its place: a power cut between them loses none.
    """
    current = read_or_create_key(path)
    known = [(at, key) for at, key in old_keys(path) if key != current]
    try:
        _write_aside(path, [(now, current), *known])
        _replace(path, secrets.token_bytes(KEY_OCTETS), path)
    except OSError as error:
        raise KeyNotKept(f"{path}: error: {error.strerror}; the key was not changed") from None


def drop_old_keys(path: Path, before: datetime) -> int:
    """Destroy keys that were put aside before `before` (aware): no row is left that they could find. How many those were."""
    known = old_keys(path)
    left = [(at, key) for at, key in known if at >= before]
    if len(left) < len(known):
        _write_aside(path, left)
    return len(known) - len(left)


def _aside(path: Path) -> Path:
    return path.with_name(f"{path.name}.old")


def _old_key(line: str) -> tuple[datetime, bytes]:
    at, _, digits = line.partition(" ")
    moment, key = datetime.fromisoformat(at), bytes.fromhex(digits)
    if moment.tzinfo is None or len(key) != KEY_OCTETS:
        raise ValueError
    return moment, key


def _write_aside(path: Path, known: Sequence[tuple[datetime, bytes]]) -> None:
    _replace(_aside(path), "".join(f"{at.isoformat()} {key.hex()}\n" for at, key in known).encode("ascii"), path)


def _replace(path: Path, octets: bytes, key: Path) -> None:
    """All or nothing, durably, with the owner and mode of `key`."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".key-")
    try:
        _write(handle, octets, key)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def _write(handle: int, octets: bytes, like: Path) -> None:
    """`like`: whose owner it gets; if that is a key, its mode, too (a group may be meant to read it)."""
    with os.fdopen(handle, "wb") as file:
        found = like.stat()
        if os.geteuid() == 0:
            os.fchown(handle, found.st_uid, found.st_gid)
        if stat.S_ISREG(found.st_mode):
            os.fchmod(handle, found.st_mode & 0o640)
        file.write(octets)
        file.flush()
        os.fsync(handle)


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        mode = os.fstat(file.fileno()).st_mode
        key = file.read(KEY_OCTETS + 1)
    if mode & 0o027:
        raise UnusableKey(f"{path}: error: other users may read or change this key; run chmod 600 on it")
    if len(key) != KEY_OCTETS:
        raise UnusableKey(f"{path}: error: a key has {KEY_OCTETS} octets, this file has not; restore it from a backup")
    return key


def _create(path: Path, key: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".key-")  # mode 0600
    try:
        _write(handle, key, path.parent)
        _link_if_first(temporary, path)
    finally:
        Path(temporary).unlink()
    sync_folder(path.parent)


def _link_if_first(temporary: str, path: Path) -> None:
    try:
        os.link(temporary, path)  # unlike rename, link never replaces the key of the process that came first
    except FileExistsError:
        return


def sync_folder(folder: Path) -> None:
    """Make new or removed names in `folder` durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
