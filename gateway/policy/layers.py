"""A division's file over the City's: which of the two a value comes from, and how it is shown with its origin.

It reads nothing and judges nothing; `merge` asks it for one value after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import time, timedelta
from typing import Any, Generic, NamedTuple, TypeVar

from pydantic import BaseModel

from gateway.policy import calendar_sections, files
from gateway.policy.field_types import WEEKDAYS
from gateway.policy.model import Bilingual, Clock
from gateway.policy.yaml_positions import Document, PositionPath

BUILT_IN = "built in"

F = TypeVar("F", bound=BaseModel)


@dataclass(frozen=True)
class ReadFile(Generic[F]):
    """A file that has been read: what it is called to its reader, where everything stands, and what it says."""

    name: str
    document: Document
    content: F

    def place(self, path: PositionPath) -> str:
        """`policies/city.yaml:12`."""
        return f"{self.name}:{self.document.key_position(path)[0]}"


class Effective(NamedTuple):
    """One value in force, as text, and where it was written (`FILE:LINE`, or "built in")."""

    value: str
    origin: str


@dataclass
class Layers:
    """A division's file over the City's: the first in which a key was written decides."""

    division: ReadFile[files.DivisionFile]
    city: ReadFile[files.CityFile]
    shown: dict[str, Effective] = field(default_factory=dict)

    def choose(self, *path: str, built_in: Any = None) -> Any:
        """The value in force of a key that both files have, noted in `shown`."""
        for source in (self.division, self.city):
            if path in source.document.values:
                return self.note(path, _value(source.content, path), source)
        return self.note(path, built_in, None)

    def note_own(self, *path: str, value: Any) -> Any:
        """Keeps a value that only a division's file has."""
        return self.note(path, value, self.division if path in self.division.document.values else None)

    def note(self, path: Sequence[str], value: Any, source: ReadFile[Any] | None, written_at: PositionPath | None = None) -> Any:
        """Keeps a value's origin for `check --show`; nothing is kept of what is absent."""
        if value not in (None, [], ()):
            self.shown[".".join(path)] = Effective(_as_text(value), source.place(written_at or tuple(path)) if source else BUILT_IN)
        return value


def _value(content: BaseModel, path: Sequence[str]) -> Any:
    value: Any = content
    for name in path:
        value = getattr(value, name)
    return value


def _as_text(value: Any) -> str:
    """A value as a reader of `check --show` would write it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Clock):
        return value.text
    if isinstance(value, timedelta):
        return f"{value.days} days" if value >= timedelta(days=1) else f"{int(value.total_seconds()) // 60} minutes"
    if isinstance(value, calendar_sections.OpeningHours):
        return _hours_text(value)
    if isinstance(value, Bilingual):
        return f"en: {value.en} · fr: {value.fr}"
    if isinstance(value, BaseModel):
        return " · ".join(f"{key}: {_as_text(each)}" for key, each in value if each is not None)
    if isinstance(value, list | tuple):
        return ", ".join(_as_text(each) for each in value)
    return str(value)


def _hours_text(hours: calendar_sections.OpeningHours) -> str:
    days = ", ".join(WEEKDAYS[day].capitalize() for day in hours.days)
    spans = ", ".join(f"{start:%H:%M} to {'24:00' if end == time(0) else f'{end:%H:%M}'}" for start, end in hours.open)
    return f"{days} {spans}"
