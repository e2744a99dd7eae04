"""The ledger's key on disk: read, or created once with mode 0600. Never logged, never replaced."""

from __future__ import annotations

import os
import secrets
import tempfile
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
        with os.fdopen(handle, "wb") as file:
            file.write(key)
            file.flush()
            os.fsync(file.fileno())
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
