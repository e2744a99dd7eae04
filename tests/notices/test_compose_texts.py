"""Templates and signatures as an admin may leave them: every error at once, with its line, and nothing that runs away."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest

from gateway.policy.diagnostics import Diagnostic
from gateway.policy.sentences import ACKNOWLEDGEMENT_VARIABLES, LONGEST_TEXT, TextFailed, Texts
from tests.notices.compose_cases import ROOT, shipped_texts, texts_of

NO_DATE = "acknowledgement/no-date.en.j2"


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    for name in ("templates", "signatures"):
        shutil.copytree(ROOT / name, tmp_path / name)
    return tmp_path / "templates", tmp_path / "signatures"


def found_in(folders: tuple[Path, Path]) -> list[Diagnostic]:
    started = time.monotonic()
    texts, diagnostics = texts_of(*folders)
    assert time.monotonic() - started < 5
    assert (texts is None) == any(each.severity == "error" for each in diagnostics)
    return list(diagnostics)


def test_the_shipped_ones_are_good(folders: tuple[Path, Path]) -> None:
    assert found_in(folders) == []


@pytest.mark.parametrize(
    ("template", "line", "column", "message"),
    [
        ("Hello\n\n{{ telefone }}\n", 3, 4, "unknown variable 'telefone'"),
        ("{% if promised %}x{% endif %}", 1, 7, "unknown variable 'promised'"),
        ("a\n{% for x in range(10**9) %}{% endfor %}", 2, 1, "a loop is not allowed"),
        ("{% for x in division %}{{ x }}{% endfor %}", 1, 1, "a loop is not allowed"),
        ("{{ 'a'|center(2000000000) }}", 1, 1, "a filter (|) is not allowed"),
        ("{{ '%2000000000d' % 1 }}", 1, 1, "mod is not allowed"),
        ("{{ 'a' * 2000000000 }}", 1, 1, "mul is not allowed"),
        ("{{ 2 ** 9 ** 9 ** 9 }}", 1, 1, "pow is not allowed"),
        ("{{ lipsum(n=1000000) }}", 1, 1, "a call is not allowed"),
        ("{{ division.__class__ }}", 1, 1, "a dot is not allowed"),
        ("{{ division['x'] }}", 1, 1, "getitem is not allowed"),
        ("{% set a = division ~ division %}", 1, 1, "'set' is not allowed"),
        ("{% macro a() %}{{ a() }}{% endmacro %}", 1, 1, "a macro is not allowed"),
        ("{% extends 'page.html.j2' %}", 1, 1, "'extends' is not allowed"),
        ("{% include 'no-date.en.j2' %}", 1, 4, "only a part of the same folder"),
        ("{% include '../../etc/passwd' %}", 1, 4, "only a part of the same folder"),
        ("{% include '_nothing.en.j2' %}", 1, 4, "there is no part '_nothing.en.j2'"),
        ("{% include division %}", 1, 4, "include one file, by its name in quotes"),
        ("Hello\n{{ division\n", 2, 1, "unexpected"),
        ("{% if division %}\nnever closed\n", 2, 1, "Unexpected end of template"),
        ("{{ division | shout }}", 1, 1, "a filter (|) is not allowed"),
        ("{% if division is defined %}x{% endif %}", 1, 1, "test is not allowed"),
        ("{% if division %}" * 100 + "{% endif %}" * 100, 1, 1, "nested too deeply"),
        ("{{ " + "(" * 30_000 + " }}", 1, 1, "nested too deeply"),
        ("{{ " + "not " * 15_000 + "division }}", 1, 1, "nested too deeply"),
        ("Hello\n{{ division }} {{ telephone }}\n", 1, 1, "this text must print {{ reference }}"),
        ("", 1, 1, "this text is empty"),
        ("{# only a comment #}\n", 1, 1, "this text is empty"),
        ("x" * 70_000, 1, 1, "larger than 64 KiB"),
    ],
)  # fmt: skip
def test_a_bad_template_is_refused_with_its_place(folders: tuple[Path, Path], template: str, line: int, column: int, message: str) -> None:
    path = folders[0] / NO_DATE
    path.write_text(template, encoding="utf-8")
    complaints = found_in(folders)
    assert complaints
    assert {each.file for each in complaints} == {str(path)}
    assert (complaints[0].line, complaints[0].column) == (line, column)
    assert message in complaints[0].message
    assert str(complaints[0]).startswith(f"{path}:{line}:{column}: error: ")


def test_a_part_cannot_include_itself(folders: tuple[Path, Path]) -> None:
    (folders[0] / "acknowledgement" / "_closing.en.j2").write_text('{% include "_closing.en.j2" %}')
    assert "a part cannot include another part" in found_in(folders)[0].message


def test_all_errors_of_all_files_at_once(folders: tuple[Path, Path]) -> None:
    templates, signatures = folders
    (templates / NO_DATE).write_text("{{ one }}\n{{ two }}\n")
    (templates / "page.html.j2").unlink()
    (signatures / "notice.txt.j2").write_bytes(b"one\ntwo \xff\n")
    complaints = [str(each).removeprefix(f"{templates.parent}{os.sep}") for each in found_in(folders)]
    assert complaints[0] == "signatures/notice.txt.j2:2:1: error: not UTF-8 text: save it as UTF-8"
    assert complaints[1].startswith("templates/acknowledgement/no-date.en.j2:1:4: error: unknown variable 'one'")
    assert complaints[2].startswith("templates/acknowledgement/no-date.en.j2:2:4: error: unknown variable 'two'")
    assert complaints[3:] == ["templates/page.html.j2:1:1: error: this text is missing"]


@pytest.mark.parametrize(
    ("folder", "name", "template", "variable"),
    [
        (0, "acknowledgement/answer-date.fr.j2", "{{ reference }}{% if date %}{{ date }}{{ respond_by }}{% endif %}", "respond_by"),
        (0, "acknowledgement/council.en.j2", "{{ reference }}{{ date }}", "respond_by"),
        (0, "page.html.j2", "<html>{{ title }}</html>", "body"),
        (1, "notice.txt.j2", "{{ team }}\n{{ function }}\n{{ division }}\n{{ organization }}\n{{ email }}", "telephone"),
        (1, "notice.html.j2", "<p>{{ team }}<br>{{ division }}</p>", "function"),
    ],
)
def test_what_must_be_printed(folders: tuple[Path, Path], folder: int, name: str, template: str, variable: str) -> None:
    (folders[folder] / name).write_text(template)
    assert [each.message for each in found_in(folders)] == [f"this text must print {{{{ {variable} }}}}"]


def test_what_is_not_a_file(folders: tuple[Path, Path]) -> None:
    templates, signatures = folders
    (templates / NO_DATE).unlink()
    (templates / NO_DATE).mkdir()
    (templates / "acknowledgement" / "_pipe.j2").unlink(missing_ok=True)
    os.mkfifo(templates / "acknowledgement" / "_pipe.j2")
    shutil.rmtree(signatures)
    complaints = [each.message for each in found_in(folders)]
    no_file, no_folder = "cannot be read: it is not a file", "the folder cannot be read: no such file or directory"
    assert sorted(complaints) == [no_file, no_file, no_folder]


def test_files_from_a_word_processor_are_read(folders: tuple[Path, Path]) -> None:
    path = folders[0] / NO_DATE
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    texts, diagnostics = texts_of(*folders)
    assert not diagnostics
    assert texts
    values = dict.fromkeys(ACKNOWLEDGEMENT_VARIABLES, "word")
    assert texts.render(NO_DATE, values).split() == shipped_texts().render(NO_DATE, values).split()


def test_a_change_changes_the_version(folders: tuple[Path, Path]) -> None:
    before, _ = texts_of(*folders)
    path = folders[1] / "notice.txt.j2"
    path.write_text(path.read_text() + "\n")
    after, _ = texts_of(*folders)
    assert before
    assert after
    assert before.version != after.version


def test_at_run_time_a_text_is_bounded_and_values_are_data() -> None:
    texts = shipped_texts()
    values = dict.fromkeys(ACKNOWLEDGEMENT_VARIABLES, "")
    assert "{{ 7 * 7 }}" in texts.render(NO_DATE, {**values, "aim": "{{ 7 * 7 }}"})
    with pytest.raises(TextFailed, match="longer than"):
        texts.render(NO_DATE, {**values, "aim": "x" * (LONGEST_TEXT + 1)})
    with pytest.raises(TextFailed, match="no such text"):
        Texts().render(NO_DATE, values)
    with pytest.raises(TextFailed, match="UndefinedError"):
        texts.render(NO_DATE, {})


def test_a_value_in_the_html_signature_is_escaped() -> None:
    html = shipped_texts().render(
        "notice.html.j2",
        dict.fromkeys(("team", "function", "division", "organization", "telephone", "email", "website"), "<b>&") | {"language": "en"},
    )
    assert "<b>" not in html
    assert "&lt;b&gt;&amp;" in html
