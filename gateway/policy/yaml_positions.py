"""Reads one YAML file strictly, and remembers where everything stood.

Every scalar stays the text that was written (`17:30`, `no`, `311`; YAML 1.2 reads the first two as text, too): what a
field wants of it, the field says. Aliases, anchors, tags and merge keys are refused, since a policy is read by people
and an alias can expand without end. Built on the event stream, so that depth and size are bounded before anything is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

PositionPath = tuple[str | int, ...]
Position = tuple[int, int]
"""Line and column, both from 1."""

SIZE_LIMIT = 64 * 1024
"""Octets. A division's file has about six thousand."""
_DEPTH_LIMIT = 24
_NO_BREAK = re.compile(r"^[ -]*\u00a0|^\s*(?:- )?[\w-]+:\u00a0")
_KEY = re.compile(r"\s*(?:- )?[\w-]+\s*:(?:\s|$)")


class Scalar(str):
    """A scalar's text, and two facts that only the file shows.

    `bare`: written without quotes and not as a block. `cut`: bare, and followed by one space and a `#`: perhaps a sentence
    that YAML cut short.
    """

    __slots__ = ("bare", "cut")
    bare: bool
    cut: bool


class UnreadableError(Exception):
    """The file cannot be read further; a sentence for the admin, and where."""

    def __init__(self, message: str, position: Position = (1, 1)) -> None:
        super().__init__(message)
        self.message = message
        self.position = position


@dataclass
class Document:
    """A file as read: dicts, lists, `Scalar`s and None, with the position of each value and key."""

    data: object = None
    values: dict[PositionPath, Position] = field(default_factory=dict)
    keys: dict[PositionPath, Position] = field(default_factory=dict)
    problems: list[tuple[Position, str]] = field(default_factory=list)
    """What is wrong but did not stop the reading: duplicate keys, keys without a value."""

    def position(self, path: PositionPath) -> Position:
        """Where the value at `path` begins, or the nearest thing around it that is there."""
        while path and path not in self.values:
            path = path[:-1]
        return self.values.get(path, (1, 1))

    def key_position(self, path: PositionPath) -> Position:
        """Where the key of `path` stands; of a list's item, the item."""
        return self.keys.get(path) or self.position(path)


def decode(octets: bytes) -> str:
    """The text of a file in UTF-8, with or without a byte order mark. Raises UnreadableError for any other encoding and for too large a file."""
    if len(octets) > SIZE_LIMIT:
        raise UnreadableError(f"the file is larger than {SIZE_LIMIT // 1024} KiB; is it really a policy file?")
    if octets.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UnreadableError('the file is saved as UTF-16 (Notepad calls it "Unicode"); save it as UTF-8')
    try:
        return octets.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = octets[: error.start]
        where = (before.count(b"\n") + 1, error.start - (before.rfind(b"\n") + 1) + 1)
        raise UnreadableError("the file is not saved as UTF-8; save it as UTF-8", where) from None


def read_yaml(text: str) -> Document:
    """The document in `text`. Raises UnreadableError at the first place that is no YAML, or is YAML that we refuse."""
    document = Document()
    try:
        events = yaml.parse(text, Loader=yaml.SafeLoader)
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                document.data = _Builder(document, events, text).build(next(events), ())
            elif isinstance(event, yaml.DocumentEndEvent):
                _refuse_a_second_document(events)
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        where = (before.count("\n") + 1, error.position - (before.rfind("\n") + 1) + 1)
        raise UnreadableError("a control character that no text file should hold; delete it", where) from None
    except yaml.MarkedYAMLError as error:
        raise _in_plain_words(error, text) from None
    return document


def _refuse_a_second_document(events: Iterator[yaml.Event]) -> None:
    following = next(events)
    if isinstance(following, yaml.DocumentStartEvent):
        raise UnreadableError("a second document begins here (`---`); one file holds one", _at(following.start_mark))


class _Builder:
    def __init__(self, document: Document, events: Iterator[yaml.Event], text: str) -> None:
        self.document, self.events, self.text = document, events, text

    def build(self, event: yaml.Event, path: PositionPath) -> object:
        self._refuse(event, path)
        self.document.values[path] = _at(event.start_mark)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(path)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(path)
        return self._scalar(event)

    def _refuse(self, event: yaml.Event, path: PositionPath) -> None:
        if len(path) > _DEPTH_LIMIT:
            raise UnreadableError(f"nested more than {_DEPTH_LIMIT} levels deep", _at(event.start_mark))
        if isinstance(event, yaml.AliasEvent):
            raise UnreadableError("`*` begins an alias, which policy files do not have; text that begins with * needs quotes", _at(event.start_mark))
        if getattr(event, "anchor", None):
            raise UnreadableError("`&` begins an anchor, which policy files do not have; text that begins with & needs quotes", _at(event.start_mark))
        if getattr(event, "tag", None):
            raise UnreadableError("`!` begins a tag, which policy files do not have; text that begins with ! needs quotes", _at(event.start_mark))

    def _scalar(self, event: Any) -> Scalar | None:
        value = Scalar(event.value)
        value.bare = event.style is None
        if value.bare and value in ("", "~", "null"):
            return None
        end = event.end_mark.index
        value.cut = value.bare and self.text[end : end + 2] == " #"
        return value

    def _sequence(self, path: PositionPath) -> list[object]:
        found: list[object] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            found.append(self._noted(self.build(event, (*path, len(found))), _at(event.start_mark), "after the hyphen"))
        return found

    def _mapping(self, path: PositionPath) -> dict[str, object]:
        found: dict[str, object] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self._key(event, path)
            where = (*path, key)
            if key in found:
                line = self.document.keys[where][0]
                self.document.problems.append((_at(event.start_mark), f"duplicate key '{key}', first at line {line}; keep one"))
                self.build(next(self.events), (*path, key, "#again"))
                continue
            self.document.keys[where] = _at(event.start_mark)
            found[key] = self._noted(self.build(next(self.events), where), _at(event.start_mark), f"after '{key}:'")
        return found

    def _noted(self, value: object, position: Position, where: str) -> object:
        """A key without a value is a slip of the pen: YAML would read it as nothing at all, silently."""
        if value is None:
            self.document.problems.append((position, f"nothing stands {where}; write a value or delete the line"))
        return value

    def _key(self, event: yaml.Event, path: PositionPath) -> str:
        self._refuse(event, path)
        if not isinstance(event, yaml.ScalarEvent):
            raise UnreadableError("a key must be a word; text that begins with { or [ needs quotes", _at(event.start_mark))
        if event.value == "<<" and event.style is None:
            raise UnreadableError("`<<` merges other keys, which policy files do not have; write the keys out", _at(event.start_mark))
        return str(event.value)


def _at(mark: Any) -> Position:
    return mark.line + 1, mark.column + 1


def _in_plain_words(error: yaml.MarkedYAMLError, text: str) -> UnreadableError:
    mark = error.problem_mark or error.context_mark
    if mark is None:
        return UnreadableError("this is not YAML")
    problem, context = error.problem or "", error.context or ""
    first = error.context_mark.line if error.context_mark else mark.line
    lines = text.splitlines()[first : mark.line + 1] or [""]
    for number, each in enumerate(lines):
        if _NO_BREAK.search(each):
            message = "a no-break space stands where YAML wants an ordinary space; retype the spaces of this line"
            return UnreadableError(message, (first + number + 1, each.index("\u00a0") + 1))
    if lines[-1].lstrip().startswith(("\u2013", "\u2014")):
        return UnreadableError("a long dash stands where an item's hyphen belongs", _at(mark))
    if error.context_mark is not None and ("alias" in context or "anchor" in context):
        return UnreadableError(f"text that begins with {'*' if 'alias' in context else '&'} needs quotes", _at(error.context_mark))
    if error.context_mark is not None and "quoted scalar" in context:
        return UnreadableError("the quotation mark that begins here is never closed", _at(error.context_mark))
    if error.context_mark is not None and problem.startswith("expected ',' or"):
        bracket = "]" if "']'" in problem else "}"
        quotes = ', or the text before this needs "quotes"' if len(lines) == 1 and _in_bare_text(lines[0], mark.column) else ""
        message = f"a comma or the closing {bracket} is missing{quotes}; the list began at line {error.context_mark.line + 1}"
        return UnreadableError(message, _at(mark))
    return UnreadableError(_sentence(problem, lines[-1], mark), _at(mark))


def _in_bare_text(line: str, column: int) -> bool:
    """Whether YAML stumbled, between brackets, over what people write in sentences: a question mark, a colon, a bracket, a quotation mark."""
    return line[column : column + 1] in tuple("?:[{\"'") or line[:column].rstrip()[-1:] in tuple("\"'")


def _sentence(problem: str, line: str, mark: Any) -> str:
    rest = line[mark.column :]
    if "'\\t'" in problem or (rest.startswith("\t") or line.lstrip(" ").startswith("\t")):
        return "a tab; YAML wants spaces for indentation"
    if "mapping values are not allowed" in problem:
        if _KEY.match(line) and ":" not in line[: mark.column]:
            return "this line is indented more than the one above it, or the one above it lacks its colon"
        return 'a colon followed by a space, inside bare text: put the text in "quotes" or in a >- block'
    if "cannot start any token" in problem:
        return f"text that begins with {rest[:1]} needs quotes"
    if "could not find expected ':'" in problem:
        return "a line before this one is neither `key: value` nor the continuation of a text; is a colon missing, or do quotes?"
    if "expected the node content" in problem:
        return "a value is missing here, or a bracket is never closed"
    if any(part in problem for part in ("expected <block end>", "expected '<document start>'", "not allowed here")):
        return "the indentation does not fit the lines above, or text goes on after a closing quotation mark or bracket"
    return f"this is not YAML ({problem})"
