"""One complaint about a file that a person edits. It decides nothing; it never shows more of the file than the words at fault."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

Severity = Literal["error", "warning"]


class Diagnostic(NamedTuple):
    """`str()` of it is the line `FILE:LINE:COLUMN: severity: message` that compilers and editors understand; both counts start at 1."""

    file: str
    """As the reader would type it: relative to the working directory where that is possible."""
    line: int
    column: int
    severity: Severity
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.severity}: {self.message}"


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    """Whether any of them is more than a warning."""
    return any(each.severity == "error" for each in diagnostics)
