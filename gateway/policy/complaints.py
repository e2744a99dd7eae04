"""Turns what pydantic found into sentences for the person who wrote the file, each with its place. It judges nothing itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from gateway.policy.field_types import did_you_mean, words_of
from gateway.policy.yaml_positions import Document, Position, PositionPath

_SHAPES = {
    "list_type": "a list is wanted here: [one, two], or one item a line, each after a hyphen",
    "model_type": "a group of keys is wanted here, not a single value or a list",
    "dict_type": "a group of keys is wanted here, not a single value or a list",
    "too_short": "the list is empty; write at least one item",
}


def complaints(error: ValidationError, document: Document, model: type[BaseModel]) -> Iterator[tuple[Position, str]]:
    """Each error as position and sentence. Never shows more of a value than its first sixty characters."""
    for each in error.errors(include_url=False):
        path = _path(each, document)
        if each["input"] is None:
            continue  # said already, where the file was read
        if each["type"] == "extra_forbidden":
            yield document.key_position(path), _unknown_key(path, model)
        elif each["type"] == "missing":
            yield document.position(path[:-1]), f"'{path[-1]}' is missing{_where(path[:-1])}; add it"
        else:
            yield document.position(path), _sentence(each)


def _path(found: ErrorDetails, document: Document) -> PositionPath:
    """The location as keys of the file; pydantic adds names of its own for a union's members."""
    path: PositionPath = ()
    last = len(found["loc"]) - 1
    for index, part in enumerate(found["loc"]):
        if (*path, part) in document.values or (index == last and found["type"] in ("missing", "extra_forbidden")):
            path = (*path, part)
    return path


def _sentence(found: ErrorDetails) -> str:
    if found["type"] == "value_error":
        return str(found["ctx"]["error"])
    if found["type"] in _SHAPES:
        return _SHAPES[found["type"]]
    return found["msg"][:1].lower() + found["msg"][1:]


def _where(path: PositionPath) -> str:
    names = [part for part in path if isinstance(part, str)]
    return f" in '{names[-1]}'" if names else ""


def _unknown_key(path: PositionPath, model: type[BaseModel]) -> str:
    key = str(path[-1])
    known = list(_known_keys(path[:-1], model))
    if key.startswith(("\u2013", "\u2014")):
        return f"unknown key {words_of(key)}: a long dash stands where an item's hyphen belongs"
    if "\u00a0" in key:
        return f"unknown key {words_of(key)}: a no-break space is part of it; retype the spaces of this line"
    elsewhere = "" if did_you_mean(key, known) else _elsewhere(key, model)
    return f"unknown key {words_of(key)}{did_you_mean(key, known) or elsewhere or '; known here: ' + ', '.join(known)}"


def _elsewhere(key: str, model: type[BaseModel]) -> str:
    """Whether the key is one of the first level: then only its indentation is wrong."""
    return f"; '{key}' stands at the first level: without spaces before it" if key in _keys(model) else ""


def _known_keys(path: PositionPath, model: type[BaseModel]) -> Iterator[str]:
    current: type[BaseModel] | None = model
    for part in path:
        if isinstance(part, str) and current is not None:
            current = next((_model_in(each.annotation) for name, each in current.model_fields.items() if (each.alias or name) == part), None)
    return iter(_keys(current) if current else ())


def _keys(model: type[BaseModel]) -> list[str]:
    return [each.alias or name for name, each in model.model_fields.items()]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model that a field's type holds, alone, in a list or as one of several."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for each in get_args(annotation) if (found := _model_in(each))), None)
