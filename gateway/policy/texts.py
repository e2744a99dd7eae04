"""Compiles templates and signatures into `Texts`, or says with file and line what is wrong with them.

A template may name variables, test them with `if`, and include a part (`_name.j2`) of its own folder. Loops, calls, filters,
attributes and arithmetic are refused here, so that no template can run for ever or grow without bound later. Every text is
then rendered once with all values there and once with the optional ones empty. All errors of all files come back at once.
Never raises for anything the files contain; never reads a file at render time.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping

import jinja2
from jinja2 import nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from gateway.policy.diagnostics import Diagnostic
from gateway.policy.folders import SIGNATURES, TEMPLATES, Content, Files, Unread
from gateway.policy.sentences import (
    ACKNOWLEDGEMENT_VARIABLES,
    MARKS,
    MUST_PRINT,
    OWN_SENTENCES,
    PAGE,
    PAGE_VARIABLES,
    PRINTED,
    REMINDER_VARIABLES,
    REQUIRED,
    SIGNATURE_HTML,
    SIGNATURE_TEXT,
    SIGNATURE_VARIABLES,
    SURVEY_VARIABLES,
    WARNING_VARIABLES,
    TextFailed,
    Texts,
)
from gateway.policy.yaml_positions import SIZE_LIMIT

DEEPEST = 12
"""Constructs within one another."""

_HARMLESS = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.If, nodes.Include,
    nodes.CondExpr, nodes.And, nodes.Or, nodes.Not, nodes.Compare, nodes.Operand,
)  # fmt: skip
_REQUIRED = {TEMPLATES: REQUIRED, SIGNATURES: (SIGNATURE_TEXT, SIGNATURE_HTML)}
"""Files that each folder must have."""

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


def make_texts(files: Files) -> tuple[Texts | None, tuple[Diagnostic, ...]]:
    """All texts, compiled, or None with every error found."""
    found: list[Diagnostic] = []
    sources: dict[str, str] = {}
    shown: dict[str, str] = {}
    for role, required in _REQUIRED.items():
        for name, content in _files(files, role, required, found):
            shown[name] = files.folders.shown(role + name)
            text = _decoded(content, shown[name])
            if isinstance(text, str):
                sources[name] = text
            else:
                found.append(text)
    environment = _environment(sources)
    for name, source in sources.items():
        found.extend(_examined(environment, name, source, shown[name], sources))
    if found:
        return None, tuple(sorted(found))
    texts = _compiled(environment, sources, shown, found)
    found.extend(_tried(texts, shown))
    return (None if found else texts), tuple(sorted(found))


def used_texts(files: Files) -> dict[str, bytes]:
    """The templates among the files that could be read, by name: all of them take part."""
    return {name: octets for name, octets in files.contents.items() if is_text(name) and isinstance(octets, bytes)}


def is_text(name: str) -> bool:
    """Whether a file of this name is a template."""
    return name.endswith(".j2")


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


def _files(files: Files, role: str, required: tuple[str, ...], found: list[Diagnostic]) -> Iterator[tuple[str, Content]]:
    """Names within the folder, and contents, of its `.j2` files; complains of what must be there and is not."""
    present = {name.removeprefix(role): content for name, content in files.contents.items() if name.startswith(role) and is_text(name)}
    if role in files.problems:
        found.append(files.problems[role])
        return
    missing = [name for name in required if name not in present]
    found.extend(Diagnostic(files.folders.shown(role + name), 1, 1, "error", "this text is missing") for name in missing)
    yield from present.items()


def _decoded(content: Content, shown: str) -> str | Diagnostic:
    def refused(message: str, line: int = 1) -> Diagnostic:
        return Diagnostic(shown, line, 1, "error", message)

    if isinstance(content, Unread):
        return refused(f"cannot be read: {content.reason}")
    if len(content) > SIZE_LIMIT:
        return refused(f"larger than {SIZE_LIMIT // 1024} KiB")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return refused("not UTF-8 text: save it as UTF-8", content.count(b"\n", 0, error.start) + 1)


def _examined(environment: _Environment, name: str, source: str, shown: str, sources: Mapping[str, str]) -> Iterator[Diagnostic]:
    """What is not allowed in one template, by walking its syntax tree before anything of it is compiled or run."""
    try:
        tree = environment.parse(source, name)
    except jinja2.TemplateSyntaxError as error:
        yield Diagnostic(shown, error.lineno, 1, "error", error.message or "syntax error")
        return
    except RecursionError:
        yield Diagnostic(shown, 1, 1, "error", "nested too deeply")
        return
    allowed = _variables(name)
    waiting: list[tuple[nodes.Node, int]] = [(tree, 0)]
    while waiting:
        node, depth = waiting.pop()
        message, word = _complaint(node, depth, name, allowed, sources)
        if message:  # and no further: what stands inside a refused construct is not looked at
            yield Diagnostic(shown, node.lineno, _column(source, node.lineno, word), "error", message)
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
    if name.startswith("warning/"):
        return WARNING_VARIABLES
    if name.startswith("survey/"):
        return SURVEY_VARIABLES
    if name.startswith("reminder/"):
        return REMINDER_VARIABLES
    return ACKNOWLEDGEMENT_VARIABLES if name.startswith("acknowledgement/") else SIGNATURE_VARIABLES


def _column(source: str, line: int, word: str) -> int:
    """Jinja tells the line only; the column is where the word first stands in it."""
    lines = source.splitlines()
    text = lines[line - 1] if 0 < line <= len(lines) else ""
    place = re.search(rf"\b{re.escape(word)}\b", text) if word else re.search(r"\{[%{]", text)
    return place.start() + 1 if place else 1


def _compiled(environment: _Environment, sources: Mapping[str, str], shown: Mapping[str, str], found: list[Diagnostic]) -> Texts:
    templates: dict[str, jinja2.Template] = {}
    for name in sources:
        try:
            templates[name] = environment.get_template(name)
        except (jinja2.TemplateError, SyntaxError, RecursionError, MemoryError) as error:
            found.append(Diagnostic(shown[name], 1, 1, "error", f"cannot be compiled: {type(error).__name__}"))
    joined = "\0".join(part for name in sorted(sources) for part in (name, sources[name]))
    return Texts(templates, hashlib.sha256(joined.encode()).hexdigest()[:16], _printing(environment, templates.keys() & sources.keys(), sources))


def _printing(environment: _Environment, names: Iterable[str], sources: Mapping[str, str]) -> frozenset[str]:
    """`Texts.printing`, of the acknowledgement and the page."""
    parts: dict[str, set[str]] = {}
    for name in names:
        if name != PAGE and not name.startswith("acknowledgement/"):
            continue
        tree = environment.parse(sources[name], name)
        compared = {each.name for compare in tree.find_all(nodes.Compare) for each in compare.find_all(nodes.Name)}
        constants = "".join(str(each.value) for each in tree.find_all(nodes.Const))
        if not compared & PRINTED and not any(mark in sources[name] or mark in constants for mark in MARKS.values()):
            parts[name] = {_beside(each.template.value, name) for each in tree.find_all(nodes.Include) if isinstance(each.template, nodes.Const)}
    return frozenset(name for name, included in parts.items() if included <= parts.keys())


def _tried(texts: Texts, shown: Mapping[str, str]) -> Iterator[Diagnostic]:
    for name in texts.templates:
        message = _trial(texts, name)
        if message:
            yield Diagnostic(shown[name], 1, 1, "error", message)


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
