"""Tables as commands print them for people: nothing in a cell is ever cut off, and a row that goes to a file or a pipe is one line."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.table import Column, Table

_WIDE = 1000
"""Characters: wider than any row of ours. A table is only as wide as what stands in it."""


def table(*heads: str, title: str | None = None) -> Table:
    """On a narrow terminal its cells are broken into lines."""
    return Table(*(Column(head, overflow="fold") for head in heads), title=title)


def show(made: Table) -> None:
    """On standard output."""
    Console(width=None if sys.stdout.isatty() else _WIDE).print(made)
