"""Reads gateway.toml and the environment; what is wrong is said all at once, one line each, with file, line and column."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ValidationError

from gateway.settings.mailboxes import MAILBOX_SOURCES, SOURCE_NAMES, WatchedMailbox
from gateway.settings.sections import LedgerSettings, ListenerSettings, NextHopSettings, PathSettings, Settings

T = TypeVar("T", ListenerSettings, WatchedMailbox)


class SettingsError(Exception):
    """The configuration cannot be used. `lines` are diagnostics ready to print: `FILE:LINE:COLUMN: error: what to do`."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


def load_settings(config: Path | None = None) -> Settings:
    """Read `config`, or ./gateway.toml where there is one, or the embedded defaults; the environment beats all of them.

    Relative paths come back absolute: relative to the file, without a file to the working directory.
    Raises SettingsError with every problem found.
    """
    path = config or (Path("gateway.toml") if Path("gateway.toml").is_file() else None)
    text = _read(path) if path else ""
    base = path.resolve().parent if path else Path.cwd()
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError([_syntax_line(path, error)]) from None
    wrong = list(_misspelt(os.environ))
    try:
        settings = Settings(**values)
    except ValidationError as error:
        wrong += [_line(path, text, each["loc"], each["msg"], each["type"]) for each in error.errors()]
    if wrong:
        raise SettingsError(wrong)
    return _absolute(settings, base)


def complaint(config: Path | None, place: tuple[int | str, ...], said: str) -> str:
    """A diagnostic of the configuration that `load_settings` read, for what only those who use a value can judge.

    `place`: section and key, with the number of the table between them where there are several.
    """
    path = config or (Path("gateway.toml") if Path("gateway.toml").is_file() else None)
    return _line(path, _read(path) if path else "", place, said, "")


def _misspelt(environment: Mapping[str, str]) -> Iterator[str]:
    """Of a section that does not exist the settings see nothing. Other programs' variables (GATEWAY_PORT, say) have no double underscore."""
    for name in environment:
        section, divided, _ = name.upper().removeprefix("GATEWAY_").lower().partition("__")
        if name.upper().startswith("GATEWAY_") and divided and section not in Settings.model_fields:
            close = difflib.get_close_matches(section, list(Settings.model_fields), n=1)
            hint = f"; did you mean GATEWAY_{close[0].upper()}__…?" if close else "; see docs/configuration.md for all of them"
            yield f"environment: error: {name}: there is no such section{hint}"


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise SettingsError([f"{path}:1:1: error: the file is not UTF-8 (octet {error.start}); save it as UTF-8"]) from None
    except OSError as error:
        raise SettingsError([f"{path}:1:1: error: cannot be read: {error.strerror}; name a readable file with --config"]) from None


def _syntax_line(path: Path | None, error: tomllib.TOMLDecodeError) -> str:
    found = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
    line, column = (found[1], found[2]) if found else ("1", "1")
    return f"{path}:{line}:{column}: error: {re.sub(r' [(]at .*', '', str(error))}; correct the TOML here"


def _line(path: Path | None, text: str, loc: tuple[int | str, ...], message: str, kind: str) -> str:
    if kind.startswith("union_tag"):
        loc, message = (*loc, "source"), "write one of " + ", ".join(f'"{each}"' for each in SOURCE_NAMES)
    elif loc[:1] == ("mailbox",):  # the kind of section is no part of a key
        loc = tuple(each for number, each in enumerate(loc) if number != 2)
    line, column = _position(text, loc)
    name = ".".join(str(each) for each in loc if isinstance(each, str))
    said = message.removeprefix("Value error, ")
    if kind == "extra_forbidden":
        said = "there is no such key; see docs/configuration.md for all of them"
    if kind in ("tuple_type", "model_type", "model_attributes_type"):
        said = "write a list or a table here; in the environment, as JSON"
    where = f"{path}:{line}:{column}" if line else "environment"
    return f"{where}: error: {name + ': ' if name else ''}{said}"


def _position(text: str, loc: tuple[int | str, ...]) -> tuple[int, int]:
    """Where in the TOML text a value stands; (0, 0) when it came from the environment. tomllib keeps no positions."""
    names = [each for each in loc if isinstance(each, str)]
    nth = next((each for each in loc if isinstance(each, int)), 0)
    if not names:
        return 1, 1
    lines = text.splitlines()
    header = re.compile(rf"\s*\[+\s*{re.escape(names[0])}\s*\]+")
    starts = [number for number, line in enumerate(lines) if header.match(line)]
    start = starts[min(nth, len(starts) - 1)] if starts else -1
    key = re.compile(rf"(\s*){re.escape(names[-1])}\s*=")
    for number in range(start + 1, len(lines)):
        if starts and re.match(r"\s*\[", lines[number]):
            break
        if match := key.match(lines[number]):
            return number + 1, len(match[1]) + 1
    return (start + 1, 1) if starts else (0, 0)


def _absolute(settings: Settings, base: Path) -> Settings:
    paths = PathSettings(**{name: base / value for name, value in settings.paths if value is not None})
    hops = NextHopSettings(**{name: tuple(_absolute_hop(hop, base) for hop in value) for name, value in settings.next_hop})
    listeners = tuple(_with_absolute_files(each, base) for each in settings.listener)
    mailboxes = tuple(_with_absolute_files(each, base) for each in settings.mailbox)
    ledger = LedgerSettings(url=_absolute_ledger(settings.ledger.url, base))
    return settings.model_copy(update={"paths": paths, "next_hop": hops, "listener": listeners, "mailbox": mailboxes, "ledger": ledger})


def _with_absolute_files(section: T, base: Path) -> T:
    files: dict[str, Any] = {name: base / value for name, value in section if isinstance(value, Path)}
    return section.model_copy(update=files)


def _absolute_ledger(url: str, base: Path) -> str:
    """sqlite:///x is relative, sqlite:////x absolute: SQLAlchemy's own convention."""
    match = re.fullmatch(r"(sqlite(?:\+\w+)?):///([^/].*)", url)
    return f"{match[1]}:///{base / match[2]}" if match and match[2] != ":memory:" else url


def _absolute_hop(hop: str, base: Path) -> str:
    """Maildir targets follow the ledger URL: three slashes are relative, four absolute.

    One kindness, because people write file:///srv/mail: with three slashes, a path whose first folder exists at the root of the
    machine is absolute, except `/var/…`, which is the gateway's own state folder in every example.
    """
    match = re.fullmatch(r"maildir:(/*)([^?]*)(\?.*)?", hop)
    if match is None:
        return re.sub(r"(?<=[?&])(ca|password_file)=([^&/%][^&]*)", lambda found: f"{found[1]}={quote(str(base))}/{found[2]}", hop)
    slashes, rest, query = len(match[1]), match[2], match[3] or ""
    first = rest.split("/", 1)[0]
    absolute = slashes == 1 or slashes >= 4 or (slashes == 3 and first != "var" and Path("/", first).is_dir())
    return f"maildir:///{str(Path('/', rest) if absolute else base / rest).lstrip('/')}{query}"


def each_setting() -> list[tuple[str, Callable[[], object]]]:
    """Every key as `section.key` with its default, for the documentation test."""
    found: list[tuple[str, Callable[[], object]]] = []
    for name, spec in Settings.model_fields.items():
        if name == "mailbox":
            keys = {key: value for source in MAILBOX_SOURCES for key, value in source.model_fields.items()}
            found += [(f"mailbox.{key}", value.get_default) for key, value in keys.items()]
            continue
        section = ListenerSettings if name == "listener" else spec.annotation
        if isinstance(section, type) and issubclass(section, BaseModel):
            found += [(f"{name}.{key}", value.get_default) for key, value in section.model_fields.items()]
        else:
            found.append((name, spec.get_default))
    return found
