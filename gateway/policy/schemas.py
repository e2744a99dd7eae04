"""JSON Schemas of the policy files, made from the models that read them, for editors that complete and check while one types."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from gateway.policy.files import CityFile, DivisionFile

_FILES: dict[str, type[BaseModel]] = {"city": CityFile, "division": DivisionFile}
NAMES = tuple(_FILES)


def schema(name: str) -> dict[str, Any]:
    """The schema of `city` or `division` (JSON Schema 2020-12). Raises KeyError for any other name."""
    found = _without_null(_FILES[name].model_json_schema(by_alias=True))
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **found}


def policy_schema() -> dict[str, Any]:
    """Either file: what a folder of policies holds."""
    parts = {name: schema(name) for name in NAMES}
    definitions = {key: value for part in parts.values() for key, value in part.pop("$defs", {}).items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "PolicyFile",
        "oneOf": [{key: value for key, value in part.items() if key != "$schema"} for part in parts.values()],
        "$defs": dict(sorted(definitions.items())),
    }


def _without_null(found: Any) -> Any:
    """A key is left out, never empty: null is nothing that a file may hold."""
    if isinstance(found, list):
        return [_without_null(each) for each in found if each != {"type": "null"}]
    if not isinstance(found, dict):
        return found
    kept = {key: _without_null(value) for key, value in found.items() if not (key == "default" and value is None)}
    choices = kept.get("anyOf")
    if isinstance(choices, list) and len(choices) == 1:
        del kept["anyOf"]
        return {**choices[0], **kept}
    return kept
