"""A `Report` as JSON, and back: by the schema of `gateway schema report`. Canonical octets are what a closed month is hashed by."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from gateway.reports.report import Report


@cache
def _adapter() -> TypeAdapter[Report]:
    return TypeAdapter(Report)


def document(report: Report) -> dict[str, Any]:
    """Plain JSON values; times are ISO 8601 with offset, durations are seconds."""
    found: dict[str, Any] = _adapter().dump_python(report, mode="json")
    return found


def canonical(report: Report) -> bytes:
    """The same report gives the same octets: keys sorted, no blanks, UTF-8."""
    return json.dumps(document(report), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest(octets: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(octets).hexdigest()


def read(octets: bytes) -> Report:
    """The inverse of `canonical`. Raises ValueError for what is no report."""
    return _adapter().validate_json(octets)


def schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of `gateway report --format json`."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **_adapter().json_schema(mode="serialization")}
