"""What differs between two versions of a file: keys with their old and new values, or lines of a text. Pure; judges nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from typing import NamedTuple

from gateway.policy.yaml_positions import UnreadableError, decode, read_yaml

MOST_KEYS = 300
"""Differences told of one file."""
LONGEST_VALUE = 400
"""Characters told of one value."""


class Difference(NamedTuple):
    """One key of a YAML file (`standards.1.respond`; list items are counted from 1), or `line N` of a text. None: not there."""

    key: str
    old: str | None
    new: str | None


def differences(name: str, old: bytes | None, new: bytes | None) -> tuple[Difference, ...]:
    """In the order of the newer file, what was taken away last. Comments and layout of a YAML file are no difference.

    None where a version that is no YAML is compared; an absent version has no keys.
    """
    try:
        found = _of_keys(_keys(old), _keys(new)) if name.lower().endswith((".yaml", ".yml")) else _of_lines(_lines(old), _lines(new))
    except UnreadableError:
        return ()
    return tuple(Difference(each.key, _cut(each.old), _cut(each.new)) for each, _ in zip(found, range(MOST_KEYS), strict=False))


def joined(first: tuple[Difference, ...], then: tuple[Difference, ...]) -> tuple[Difference, ...]:
    """Two changes of one file told as one: the first's old values, the last's new ones, and nothing of what is back as it was."""
    before = {each.key: each for each in first}
    after = {each.key: each for each in then}
    both = (Difference(key, before.get(key, each).old, after.get(key, each).new) for key, each in {**before, **after}.items())
    return tuple(each for each in both if each.old != each.new)


def _of_keys(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Difference]:
    for key in {**new, **old}:
        if old.get(key) != new.get(key):
            yield Difference(key, old.get(key), new.get(key))


def _of_lines(old: list[str], new: list[str]) -> Iterator[Difference]:
    for kind, start, end, new_start, new_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind != "equal":
            yield Difference(f"line {new_start + 1}", "\n".join(old[start:end]) or None, "\n".join(new[new_start:new_end]) or None)


def _keys(octets: bytes | None) -> dict[str, str]:
    """Raises UnreadableError."""
    data = read_yaml(decode(octets)).data if octets is not None else None
    return dict(_flat(data, "")) if isinstance(data, dict) else {}


def _flat(value: object, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _flat(each, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and any(isinstance(each, dict | list) for each in value):
        for number, each in enumerate(value, 1):
            yield from _flat(each, f"{path}.{number}")
    else:
        yield path, ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _lines(octets: bytes | None) -> list[str]:
    return octets.decode("utf-8-sig", "replace").splitlines() if octets else []


def _cut(value: str | None) -> str | None:
    return value if value is None or len(value) <= LONGEST_VALUE else f"{value[:LONGEST_VALUE]}…"
