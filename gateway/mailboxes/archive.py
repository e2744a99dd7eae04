"""Finds stored messages in mbox files, Maildirs (cur and new) and trees of .eml files, and reads one at a time.

Never writes, never follows a link to a folder, never holds more than one message's beginning. Says nothing of what a message means.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal

from gateway.mailboxes import mbox
from gateway.message.fields import HEADER_LIMIT, first_line, slice_header
from gateway.message.model import PREFIX_LIMIT, Field

Unreadable = Callable[[str, OSError], None]
"""Is told of each file and folder that cannot be read, with its path."""

Form = Literal["message", "mbox", "either"]
"""What a file may be: one message, an mbox and else no mail, or an mbox and else one message."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where one message lies."""

    file: str
    position: int
    """In an mbox, from 1; 0: the file is one message."""
    offset: int
    length: int

    def __str__(self) -> str:
        return f"{self.file}#{self.position}" if self.position else self.file


def complaint(source: Path) -> str | None:
    """Why this cannot be a source, in one line; None when it can."""
    try:
        if source.is_dir():
            os.scandir(source).close()
        elif source.exists() and not source.is_file():
            return f"{source}: error: is neither a file nor a folder"
        elif not all(place.position or read_header(place) for place in islice(_in_file(str(source), "either"), 1)):
            return f"{source}: error: is neither an mbox nor a message; name an mbox, a Maildir, a message, or a folder of them"
    except OSError as error:
        return f"{source}: error: cannot be read: {(error.strerror or type(error).__name__).lower()}"
    return None


def places(source: Path, unreadable: Unreadable) -> Iterator[Place]:
    """Every message of a file or folder, in no particular order; what is no mail is passed over.

    A file that is named itself is an mbox or one message, whatever its name.
    """
    if not source.is_dir():
        yield from _guarded(str(source), unreadable, "message" if _is_eml(source.name) else "either")
        return
    folders = [str(source)]
    while folders:
        folder = folders.pop()
        try:
            in_maildir = _is_maildir_leaf(folder)
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                    elif _may_be_mail(entry, in_maildir):
                        yield from _guarded(entry.path, unreadable, "message" if in_maildir or _is_eml(entry.name) else "mbox")
        except OSError as error:
            unreadable(folder, error)


def read(place: Place) -> tuple[bytes, int]:
    """At most PREFIX_LIMIT octets of the message, and how many it has. Raises OSError."""
    octets = _octets(place, PREFIX_LIMIT)
    if not place.position:
        return octets, max(place.length, len(octets))
    plain = mbox.unquoted(octets)
    return plain, place.length - (len(octets) - len(plain))


def read_header(place: Place) -> tuple[Field, ...]:
    """The header's fields, as `message.parse` reads them. Raises OSError."""
    # Twice: blank lines and an mbox line may stand before the header.
    octets = _octets(place, 2 * HEADER_LIMIT)
    return slice_header(octets, first_line(octets), len(octets)).fields


def _octets(place: Place, limit: int) -> bytes:
    with open(place.file, "rb") as stream:  # noqa: PTH123 - a million times
        stream.seek(place.offset)
        return stream.read(min(place.length, limit))


def _guarded(file: str, unreadable: Unreadable, form: Form) -> Iterator[Place]:
    try:
        yield from _in_file(file, form)
    except OSError as error:
        unreadable(file, error)


def _in_file(file: str, form: Form) -> Iterator[Place]:
    with open(file, "rb") as stream:  # noqa: PTH123
        size = os.fstat(stream.fileno()).st_size
        if form != "message" and mbox.is_mbox(stream):
            for position, (offset, length) in enumerate(mbox.messages(stream), 1):
                yield Place(file, position, offset, length)
        elif form == "message" or (form == "either" and size):  # an empty file is an mbox without messages
            yield Place(file, 0, 0, size)


def _may_be_mail(entry: os.DirEntry[str], in_maildir: bool) -> bool:
    if in_maildir and entry.name.startswith("."):
        return False
    # A link that leads nowhere is found unreadable; devices and pipes are never opened.
    return entry.is_file() or (entry.is_symlink() and not entry.is_dir() and (in_maildir or _is_eml(entry.name)))


def _is_maildir_leaf(folder: str) -> bool:
    """cur or new of a Maildir."""
    above, name = os.path.split(os.path.realpath(folder))
    return name in ("cur", "new") and all(os.path.isdir(os.path.join(above, each)) for each in ("cur", "new"))  # noqa: PTH112, PTH118


def _is_eml(name: str) -> bool:
    return name.lower().endswith(".eml")
