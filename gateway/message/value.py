"""`dataclass(frozen=True)` for the values that every message makes many of: frozen to the type checker, quick to make.

The `__init__` of a frozen dataclass sets each field through `object.__setattr__`, which takes three times as long. Equality, hash and `repr`
are the same. Nobody assigns to a field of a value: mypy sees to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass as value
else:
    from dataclasses import dataclass

    def value(*, frozen, slots=False):
        """Used as `dataclass` is: `@value(frozen=True, slots=True)`."""
        assert frozen
        return dataclass(slots=slots, unsafe_hash=True)


__all__ = ["value"]
