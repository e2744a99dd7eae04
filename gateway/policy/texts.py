"""Reads templates and signatures from their folders into `Texts`, or says with file and line what is wrong with them.

A template may name variables, test them with `if`, and include a part (`_name.j2`) of its own folder. Loops, calls, filters,
attributes and arithmetic are refused here, so that no template can run for ever or grow without bound later. Every text is
then rendered once with all values there and once with the optional ones empty. All errors of all files come back at once.
Never raises for anything the files contain; never reads a file at render time.
"""

from __future__ import annotations

import hashlib
import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

import jinja2
from jinja2 import nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from gateway.policy.diagnostics import Diagnostic
from gateway.policy.load import shown_path
from gateway.policy.sentences import (
    ACKNOWLEDGEMENT_VARIABLES,
    MUST_PRINT,
    OWN_SENTENCES,
    PAGE,
    PAGE_VARIABLES,
    REQUIRED,
    SIGNATURE_HTML,
    SIGNATURE_TEXT,
    SIGNATURE_VARIABLES,
    TextFailed,
    Texts,
)

__all__ = ["LARGEST_FILE", "Texts", "load_texts"]

LARGEST_FILE = 64 * 1024
"""Octets of one template file."""
MOST_FILES = 500
"""Template files in one folder."""
DEEPEST = 12
"""Constructs within one another."""

_HARMLESS = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.If, nodes.Include,
    nodes.CondExpr, nodes.And, nodes.Or, nodes.Not, nodes.Compare, nodes.Operand,
)  # fmt: skip
_REFUSED: Mapping[type[nodes.Node], str] = {
    nodes.For: "a loop is not allowed in a template",
    nodes.Call: "a call is not allowed in a template",
    nodes.Filter: "a filter (|) is not allowed in a template",
    nodes.Getattr: "a dot is not allowed in a name: all values are plain text",
    nodes.Macro: "a macro is not allowed in a template",
    nodes.Assign: "'set' is not allowed in a template",
    nodes.Extends: "'extends' is not allowed in a template; 'include' a part of the same folder",
}


class _Environment(ImmutableSandboxedEnvironment):
    def join_path(self, template: str, parent: str) -> str:
        return _beside(template, parent)


def load_texts(templates: Path, signatures: Path) -> tuple[Texts | None, tuple[Diagnostic, ...]]:
    """All texts, compiled, or None with every error found. `templates` holds the mails, `signatures` our own signature."""
    found: list[Diagnostic] = []
    sources: dict[str, str] = {}
    paths: dict[str, Path] = {}
    for folder, required in ((templates, REQUIRED), (signatures, (SIGNATURE_TEXT, SIGNATURE_HTML))):
        for name, path in _files(folder, required, found):
            paths[name] = path
            text = _read(path)
            if isinstance(text, str):
                sources[name] = text
            else:
                found.append(text)
    environment = _environment(sources)
    for name, source in sources.items():
        found.extend(_examined(environment, name, source, paths[name], sources))
    if found:
        return None, tuple(sorted(found))
    texts = _compiled(environment, sources, paths, found)
    found.extend(_tried(texts, paths))
    return (None if found else texts), tuple(sorted(found))


def _environment(sources: Mapping[str, str]) -> _Environment:
    environment = _Environment(
        loader=jinja2.DictLoader(sources),  # in memory, so that an include never opens a file
        undefined=jinja2.StrictUndefined,
        autoescape=lambda name: name is not None and name.endswith(".html.j2"),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
        cache_size=-1,
    )
    for names in (environment.globals, environment.filters, environment.tests):
        names.clear()
    return environment


def _files(folder: Path, required: tuple[str, ...], found: list[Diagnostic]) -> Iterator[tuple[str, Path]]:
    """Names (relative, with `/`) and paths of the folder's `.j2` files; complains of what must be there and is not."""
    try:
        present = sorted(folder.rglob("*.j2"))[: MOST_FILES + 1] if folder.is_dir() else None
    except OSError as error:
        found.append(Diagnostic(shown_path(folder), 1, 1, "error", f"cannot read the folder: {error.strerror}"))
        return
    if present is None:
        found.append(Diagnostic(shown_path(folder), 1, 1, "error", "there is no such folder"))
        return
    if len(present) > MOST_FILES:
        found.append(Diagnostic(shown_path(folder), 1, 1, "error", f"more than {MOST_FILES} templates"))
        return
    names = {path.relative_to(folder).as_posix(): path for path in present}
    missing = [name for name in required if name not in names]
    found.extend(Diagnostic(shown_path(folder / name), 1, 1, "error", "this text is missing") for name in missing)
    yield from names.items()


def _read(path: Path) -> str | Diagnostic:
    def refused(message: str, line: int = 1) -> Diagnostic:
        return Diagnostic(shown_path(path), line, 1, "error", message)

    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe would be waited on for ever
            return refused("not a file")
        with path.open("rb") as file:
            octets = file.read(LARGEST_FILE + 1)
    except OSError as error:
        return refused(f"cannot be read: {error.strerror}")
    if len(octets) > LARGEST_FILE:
        return refused(f"larger than {LARGEST_FILE // 1024} KiB")
    try:
        return octets.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return refused("not UTF-8 text: save it as UTF-8", octets.count(b"\n", 0, error.start) + 1)


def _examined(environment: _Environment, name: str, source: str, path: Path, sources: Mapping[str, str]) -> Iterator[Diagnostic]:
    """What is not allowed in one template, by walking its syntax tree before anything of it is compiled or run."""
    try:
        tree = environment.parse(source, name)
    except jinja2.TemplateSyntaxError as error:
        yield Diagnostic(shown_path(path), error.lineno, 1, "error", error.message or "syntax error")
        return
    except RecursionError:
        yield Diagnostic(shown_path(path), 1, 1, "error", "nested too deeply")
        return
    allowed = _variables(name)
    waiting: list[tuple[nodes.Node, int]] = [(tree, 0)]
    while waiting:
        node, depth = waiting.pop()
        message, word = _complaint(node, depth, name, allowed, sources)
        if message:  # and no further: what stands inside a refused construct is not looked at
            yield Diagnostic(shown_path(path), node.lineno, _column(source, node.lineno, word), "error", message)
        else:
            waiting.extend((child, depth + 1) for child in node.iter_child_nodes())


def _complaint(node: nodes.Node, depth: int, name: str, allowed: frozenset[str], sources: Mapping[str, str]) -> tuple[str, str]:
    """(what is wrong with this one node or "", the word it hangs on)."""
    if depth > DEEPEST:
        return "nested too deeply", ""
    if isinstance(node, nodes.Name) and node.name not in allowed:
        return f"unknown variable '{node.name}'; known here: {', '.join(sorted(allowed))}", node.name
    if isinstance(node, nodes.Include):
        return _include_complaint(node, name, sources), "include"
    if not isinstance(node, _HARMLESS):
        return _REFUSED.get(type(node), f"{type(node).__name__.lower()} is not allowed in a template"), ""
    return "", ""


def _include_complaint(node: nodes.Include, name: str, sources: Mapping[str, str]) -> str:
    if not isinstance(node.template, nodes.Const) or not isinstance(node.template.value, str):
        return "include one file, by its name in quotes"
    part = node.template.value
    if name.rpartition("/")[2].startswith("_"):
        return "a part cannot include another part"
    if "/" in part or not part.startswith("_"):
        return "only a part of the same folder, whose name begins with _, can be included"
    return "" if _beside(part, name) in sources else f"there is no part '{part}'"


def _beside(part: str, name: str) -> str:
    """The full name of a part that a text of the same folder includes."""
    folder, slash, _ = name.rpartition("/")
    return f"{folder}{slash}{part}"


def _variables(name: str) -> frozenset[str]:
    if name == PAGE:
        return PAGE_VARIABLES
    return ACKNOWLEDGEMENT_VARIABLES if name.startswith("acknowledgement/") else SIGNATURE_VARIABLES


def _column(source: str, line: int, word: str) -> int:
    """Jinja tells the line only; the column is where the word first stands in it."""
    lines = source.splitlines()
    text = lines[line - 1] if 0 < line <= len(lines) else ""
    place = re.search(rf"\b{re.escape(word)}\b", text) if word else re.search(r"\{[%{]", text)
    return place.start() + 1 if place else 1


def _compiled(environment: _Environment, sources: Mapping[str, str], paths: Mapping[str, Path], found: list[Diagnostic]) -> Texts:
    templates: dict[str, jinja2.Template] = {}
    for name in sources:
        try:
            templates[name] = environment.get_template(name)
        except (jinja2.TemplateError, SyntaxError, RecursionError, MemoryError) as error:
            found.append(Diagnostic(shown_path(paths[name]), 1, 1, "error", f"cannot be compiled: {type(error).__name__}"))
    joined = "\0".join(part for name in sorted(sources) for part in (name, sources[name]))
    return Texts(templates, hashlib.sha256(joined.encode()).hexdigest()[:16])


def _tried(texts: Texts, paths: Mapping[str, Path]) -> Iterator[Diagnostic]:
    for name in texts.templates:
        message = _trial(texts, name)
        if message:
            yield Diagnostic(shown_path(paths[name]), 1, 1, "error", message)


def _trial(texts: Texts, name: str) -> str:
    """What shows when a text is rendered with no value, with all, and without a division's own sentences; "" when all is well."""
    named = {variable: f"({variable})" for variable in _variables(name)}
    try:
        texts.render(name, dict.fromkeys(named, ""))
        full = texts.render(name, named)
        common = texts.render(name, named | dict.fromkeys(OWN_SENTENCES, ""))
    except TextFailed as error:
        return f"cannot be rendered: {error}"
    if not full.strip():
        return "this text is empty"
    missing = next((variable for variable in MUST_PRINT.get(name, ()) if f"({variable})" not in common), None)
    return f"this text must print {{{{ {missing} }}}}" if missing else ""
