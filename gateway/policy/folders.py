"""The files of policies/, templates/ and signatures/ as they were at one moment: their octets, never what they mean.

A file that cannot be read is kept with the reason; nothing here raises for what a folder holds. Reading is bounded, in octets
and in files, so that a huge file, a pipe or the wrong folder costs nothing. When the process has no room to look (descriptors, memory)
that says nothing of any file: OSError.
"""

from __future__ import annotations

import errno
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gateway.policy.diagnostics import Diagnostic
from gateway.policy.yaml_positions import SIZE_LIMIT

MOST_FILES = 500
"""Files of one folder; a city has forty divisions."""

POLICIES, TEMPLATES, SIGNATURES = "policies/", "templates/", "signatures/"
"""How a file's name begins, whatever its folder is called: `policies/city.yaml`, `templates/acknowledgement/council.en.j2`."""

CITY = f"{POLICIES}city.yaml"
LANGUAGES = f"{TEMPLATES}languages.yaml"


@dataclass(frozen=True, slots=True)
class Unread:
    """A file that is there and cannot be read."""

    reason: str
    """In lower case, for after "cannot be read: "."""


NO_ROOM = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})
"""Errors that are about this process or machine, whatever file was asked for."""

Content = bytes | Unread
"""At most one octet more than SIZE_LIMIT, so that a reader can tell that there is more."""


@dataclass(frozen=True, slots=True)
class Folders:
    """Where the three kinds of files lie."""

    policies: Path
    templates: Path
    signatures: Path

    def path(self, name: str) -> Path:
        """Where the file (or, by the bare beginning, the folder) of this name lies."""
        role, _, rest = name.partition("/")
        folder: Path = getattr(self, role)
        return folder / rest

    def shown(self, name: str) -> str:
        """How a diagnostic calls it."""
        return shown_path(self.path(name))


@dataclass(frozen=True)
class Files:
    """All files by name, in the order in which they claim what only one can have (a mailbox, a reference)."""

    folders: Folders
    contents: Mapping[str, Content]
    saved: Mapping[str, int] = field(default_factory=dict)
    """Name -> when it was last written: nanoseconds of the file system's own clock, good only to tell earlier from later."""
    problems: Mapping[str, Diagnostic] = field(default_factory=dict)
    """POLICIES, TEMPLATES or SIGNATURES -> what is wrong with that folder as a whole."""
    misnamed: tuple[str, ...] = ()
    """Policy files under a name by which they are not read: what an editor on Windows makes of them."""

    def divisions(self) -> list[str]:
        """Names of the files of `policies/` but the City's."""
        return [name for name in self.contents if name.startswith(POLICIES) and name != CITY]


def read_files(folders: Folders) -> Files:
    """Every file that could matter, by name in alphabetical order."""
    contents: dict[str, Content] = {}
    saved: dict[str, int] = {}
    problems: dict[str, Diagnostic] = {}
    for role, wanted in _WANTED.items():
        listed = _listed(folders.path(role), wanted)
        if isinstance(listed, str):
            problems[role] = Diagnostic(folders.shown(role), 1, 1, "error", _SAID[role].format(listed))
            continue
        if len(listed) > MOST_FILES:
            message = f"more than {MOST_FILES} files; is it really the {role.rstrip('/')} folder?"
            problems[role] = Diagnostic(folders.shown(role), 1, 1, "error", message)
        for path in listed[:MOST_FILES]:
            name = role + path.relative_to(folders.path(role)).as_posix()
            contents[name], saved[name] = _read(path)
    misnamed = _listed(folders.policies, lambda folder: folder.glob("*.y*ml.txt"))
    return Files(folders, contents, saved, problems, () if isinstance(misnamed, str) else tuple(POLICIES + path.name for path in misnamed))


def marks(folders: Folders, *others: Path) -> tuple[object, ...]:
    """What changes when any file does (of the folders, or of `others`), without reading one: names, times, sizes and inodes.
    Only to be compared."""
    found: list[object] = [_mark(each) for each in others]
    for role, wanted in _WANTED.items():
        listed = _listed(folders.path(role), wanted)
        found.append(listed if isinstance(listed, str) else tuple((path, _mark(path)) for path in listed[: MOST_FILES + 1]))
    return tuple(found)


def shown_path(path: Path) -> str:
    """How a diagnostic names a file: relative to the working directory where it lies below it, else as given."""
    try:
        return str(path.relative_to(Path.cwd())) if path.is_absolute() else str(path)
    except (ValueError, OSError):
        return str(path)


def _policies(folder: Path) -> Iterator[Path]:
    """Every .yaml or .yml, in any case; hidden files are an editor's business."""
    return (each for each in folder.iterdir() if each.suffix.lower() in (".yaml", ".yml"))


def _templates(folder: Path) -> Iterator[Path]:
    yield from (each for each in folder.iterdir() if each.name == "languages.yaml")
    yield from folder.rglob("*.j2")


def _signatures(folder: Path) -> Iterator[Path]:
    yield from (each for each in folder.iterdir() if each.suffix == ".yaml")
    yield from folder.rglob("*.j2")


_WANTED: Mapping[str, Callable[[Path], Iterator[Path]]] = {POLICIES: _policies, TEMPLATES: _templates, SIGNATURES: _signatures}
_SAID = {POLICIES: "the policy folder cannot be read: {}", TEMPLATES: "the folder cannot be read: {}", SIGNATURES: "the folder cannot be read: {}"}


def _listed(folder: Path, wanted: Callable[[Path], Iterator[Path]]) -> list[Path] | str:
    """In alphabetical order, without what is hidden; or why there is no list."""
    try:
        return sorted(path for path in wanted(folder) if not any(part.startswith(".") for part in path.relative_to(folder).parts))
    except OSError as error:
        return _why(error)


def _read(path: Path) -> tuple[Content, int]:
    """Octets, and when they were written."""
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):  # a pipe would be waited on for ever
            return Unread("it is not a file"), found.st_mtime_ns
        with path.open("rb") as file:
            return file.read(SIZE_LIMIT + 1), found.st_mtime_ns
    except OSError as error:
        return Unread(_why(error)), 0


def _why(error: OSError) -> str:
    if error.errno in NO_ROOM:
        raise error
    return (error.strerror or type(error).__name__).lower()


def _mark(path: Path) -> tuple[int, ...]:
    try:
        found = path.stat()
    except OSError as error:
        return (error.errno or 0,)
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino, found.st_mode
