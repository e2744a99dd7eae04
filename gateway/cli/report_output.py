"""Where a rendered report goes, and how it fails: the whole of it is made before any of it is written.

A file is replaced in one step: a full disk leaves the old one.
"""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path
from typing import Literal

import click
from rich.console import Console

from gateway.cli.diagnostics import cannot_run
from gateway.reports.document import document
from gateway.reports.report import Report
from gateway.reports.text import as_text

Format = Literal["text", "html", "json", "csv", "xlsx"]
WIDTH = 120
"""Columns, where no terminal says."""


def show(made: Report, format_: Format, output: Path | None) -> None:
    """To the file, or standard output; exits 2 with one line where that cannot be."""
    if output is not None:
        _replace(output, _octets(made, format_))
    elif format_ == "text":
        Console(width=None if sys.stdout.isatty() else WIDTH).print(as_text(made))
    elif format_ == "xlsx" and sys.stdout.isatty():
        raise click.UsageError("a workbook is not for a terminal; name a file with --output")
    else:
        sys.stdout.buffer.write(_octets(made, format_))


def _octets(made: Report, format_: Format) -> bytes:
    if format_ == "json":
        return (json.dumps(document(made), ensure_ascii=False, indent=2) + "\n").encode()
    if format_ == "html":
        from gateway.reports.html import render  # noqa: PLC0415 - draws its charts with a library that is slow to import

        return render(made).encode()
    return _tables(made, format_)


def _tables(made: Report, format_: Format) -> bytes:
    if format_ == "csv":
        from gateway.reports.comma import as_csv  # noqa: PLC0415

        return as_csv(made).encode()
    if format_ == "xlsx":
        from gateway.reports.workbook import as_xlsx  # noqa: PLC0415 - slow to import, and rarely wanted

        return as_xlsx(made)
    text = io.StringIO()
    Console(file=text, width=WIDTH).print(as_text(made))
    return text.getvalue().encode()


def _replace(path: Path, octets: bytes) -> None:
    try:
        if path.exists() and not path.is_file():  # /dev/stdout, a pipe
            path.write_bytes(octets)
            return
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            beside.write_bytes(octets)
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        cannot_run(f"error: {path} cannot be written: {(error.strerror or type(error).__name__).lower()}")
