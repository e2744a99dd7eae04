"""What every section of gateway.toml is: strict, unchangeable, and able to come from the environment as JSON."""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator


def json_texts(values: Any) -> Any:
    """Lists and tables that came through the environment are JSON; a plain text stays one."""
    if not isinstance(values, dict):
        return values
    return {name: _from_json(value) if isinstance(value, str) and value.lstrip()[:1] in ("[", "{") else value for name, value in values.items()}


def _from_json(value: str) -> object:
    try:
        return json.loads(value)
    except ValueError:
        return value  # the field's own check says what is wrong with it


class Section(BaseModel):
    """A group of keys: no key but these. In the environment lists and tables are JSON."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    _decode = model_validator(mode="before")(staticmethod(json_texts))
