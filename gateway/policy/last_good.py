"""Which version of each file counts: the newest where it is good, else its last good one. File by file.

Decides what is refused, and what stands in its place; never what makes a file bad (that says `attempt`), and reads nothing.
Of files that conflict, the one that changed later gives way. A removed file is gone, unless something that stays needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from gateway.policy.diagnostics import Diagnostic
from gateway.policy.folders import CITY, POLICIES, Content, Files

T = TypeVar("T")
Errors = Mapping[str, tuple[Diagnostic, ...]]
"""Name of a file, or "" for what concerns no single one -> its errors."""


@dataclass(frozen=True)
class Trial(Generic[T]):
    """What a set of files makes."""

    made: T | None
    """None when any diagnostic is an error."""
    diagnostics: tuple[Diagnostic, ...]
    used: Mapping[str, bytes]
    """The files that took part."""


@dataclass(frozen=True)
class Settled(Generic[T]):
    """What counts, and what does not."""

    made: T | None
    """None when not even the last good versions make a whole."""
    in_force: Mapping[str, bytes]
    """The version of each file that `made` was made of."""
    refused: Errors
    """Files (or folders) whose newest version does not count, and why."""
    warnings: tuple[Diagnostic, ...]


def settle(present: Files, good: Mapping[str, bytes], attempt: Callable[[Files], Trial[T]]) -> Settled[T]:
    """The best that `present` makes with the last good versions behind it; `good` is empty when none are known.

    Each round gives up one newest version (the first that has an error, in the order in which files claim what only one can
    have), so that one mistake never costs a neighbour its good change.
    """
    choice = _Choice(present, good)
    refused: dict[str, tuple[Diagnostic, ...]] = {role: (problem,) for role, problem in present.problems.items()}
    while True:
        trial = attempt(choice.files())
        errors = choice.by_name(each for each in trial.diagnostics if each.severity == "error")
        if not errors:
            return Settled(trial.made, trial.used, refused, trial.diagnostics)
        given_up = choice.give_up(errors)
        if not given_up:
            return Settled(None, {}, {**{name: each for name, each in errors.items() if name}, **refused}, ())
        every = tuple(each for found in errors.values() for each in found)
        for name in given_up:
            refused.setdefault(name, errors.get(name, every))


class _Choice:
    """One version of each file, and which have been given up already."""

    def __init__(self, present: Files, good: Mapping[str, bytes]) -> None:
        self._present = present
        self._good = good
        self._given_up: set[str] = set()
        self._contents: dict[str, Content] = {**self._not_believed_gone(), **present.contents}
        self._names = {present.folders.shown(name): name for name in {*self._contents, *good, CITY}}

    def files(self) -> Files:
        problems = {} if self._good else self._present.problems  # a folder that is gone does not take what is known with it
        return replace(self._present, contents={name: self._contents[name] for name in sorted(self._contents, key=self._turn)}, problems=problems)

    def by_name(self, errors: Iterable[Diagnostic]) -> dict[str, tuple[Diagnostic, ...]]:
        """In the order in which files take their turn."""
        found: dict[str, list[Diagnostic]] = {}
        for each in errors:
            found.setdefault(self._names.get(each.file, ""), []).append(each)
        return {name: tuple(found[name]) for name in sorted(found, key=self._turn)}

    def give_up(self, errors: Errors) -> list[str]:
        """The files that go back to their last good version now; empty when nothing is left to be given up."""
        blamed = [name for name in errors if name]
        changed = [name for name in blamed if self._is_new(name)][:1] or self._others()
        if changed:
            for name in changed:
                self._go_back(name)
            return changed
        for name in blamed:  # its last good version is bad as well: a stricter gateway, other settings
            if name in self._contents:
                del self._contents[name]
                self._given_up.add(name)
                return [name]
        return []

    def _others(self) -> list[str]:
        """What is blamed has not changed, so another change spoils it: removals first, then all the rest."""
        if not self._good:
            return []
        removed = [name for name in self._good if name not in self._contents and name not in self._given_up]
        return removed or [name for name in self._contents if self._is_new(name)]

    def _is_new(self, name: str) -> bool:
        return name not in self._given_up and self._contents.get(name) != self._good.get(name)

    def _go_back(self, name: str) -> None:
        self._given_up.add(name)
        if name in self._good:
            self._contents[name] = self._good[name]
        else:
            self._contents.pop(name, None)

    def _not_believed_gone(self) -> dict[str, bytes]:
        """While a folder cannot be read, or lacks city.yaml, somebody is replacing it or it is not mounted: nobody removed divisions."""
        roles = tuple(self._present.problems)
        found = {name: octets for name, octets in self._good.items() if name.startswith(roles)}
        if CITY not in self._present.contents:
            found |= {name: octets for name, octets in self._good.items() if name.startswith(POLICIES) and name != CITY}
        return found

    def _turn(self, name: str) -> tuple[bool, int, str]:
        """Who claims first: what stands already, then by the time of saving. city.yaml last, since it speaks of divisions."""
        stands = not self._good or self._contents.get(name) == self._good.get(name)
        return name == CITY, 0 if stands else max(1, self._present.saved.get(name, 1)), name
