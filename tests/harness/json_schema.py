"""Whether a value is as its JSON Schema says."""

from __future__ import annotations

from typing import Any


def unlike(value: Any, said: dict[str, Any], known: dict[str, Any], where: str = "") -> list[str]:
    """Where a value is not as its JSON Schema says: the parts of it that pydantic writes."""
    if "$ref" in said:
        return unlike(value, known[said["$ref"].rpartition("/")[2]], known, where)
    if "anyOf" in said:
        return min((unlike(value, each, known, where) for each in said["anyOf"]), key=len)
    if "enum" in said or "const" in said:
        return [] if value in said.get("enum", [said.get("const")]) else [where]
    if "type" not in said:
        return []
    kinds: dict[str, Any] = {
        "object": dict,
        "array": list,
        "string": str,
        "integer": int,
        "number": (int, float),
        "boolean": bool,
        "null": type(None),
    }
    if not isinstance(value, kinds[said["type"]]) or (isinstance(value, bool) and said["type"] != "boolean"):
        return [where]
    if isinstance(value, dict):
        missing = [f"{where}.{name}" for name in set(value) ^ set(said["properties"])]
        return missing + [
            each for name, inner in value.items() for each in unlike(inner, said["properties"].get(name, {"type": "null"}), known, f"{where}.{name}")
        ]
    if isinstance(value, list):
        return [each for number, inner in enumerate(value) for each in unlike(inner, said["items"], known, f"{where}[{number}]")]
    return []
