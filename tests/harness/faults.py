"""Faults that need root: small and full disks, read-only mounts. Each is undone when its `with` block ends."""

from __future__ import annotations

import contextlib
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.neighbours import need_root


def _mount(*arguments: str) -> None:
    need_root()
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        # Not `missing`: no package and no user would help, some sandboxes forbid it to root.
        pytest.skip(f"this machine does not let root mount: {done.stderr.strip()}")


def _unmount(path: Path) -> None:
    subprocess.run(["umount", "--lazy", str(path)], check=True)


@contextlib.contextmanager
def small_disk(path: Path, megabytes: int) -> Iterator[None]:
    """A file system of that size at `path`."""
    path.mkdir(exist_ok=True)
    _mount("-t", "tmpfs", "-o", f"size={megabytes}m", "none", str(path))
    try:
        yield
    finally:
        _unmount(path)


@contextlib.contextmanager
def read_only(path: Path) -> Iterator[None]:
    """`path`, a folder or one file, cannot be written to, not even by root."""
    _mount("--bind", str(path), str(path))
    try:
        _mount("-o", "remount,bind,ro", str(path))
        yield
    finally:
        _unmount(path)


@contextlib.contextmanager
def no_file_grows(pid: int, beyond: int) -> Iterator[None]:
    """That process cannot write past `beyond` octets into any file: ledger, journal and log alike (EFBIG)."""
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE, (beyond, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


@contextlib.contextmanager
def no_further_descriptor(pid: int) -> Iterator[None]:
    """That process can open nothing more: no file, no connection (EMFILE)."""
    open_now = max(int(each.name) for each in Path(f"/proc/{pid}/fd").iterdir())
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE, (open_now + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, before)


def fill(folder: Path) -> Path:
    """A file that takes the last octet of the disk that `folder` is on; delete it to make room."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        for size in (1 << 20, 4096, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(b"\0" * size)
    return filler
