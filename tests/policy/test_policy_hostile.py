"""Files that are no policy at all: one clear line each, within a second, never a traceback."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.policy.yaml_positions import UnreadableError, decode, read_yaml
from tests.policy.policy_folders import complaints, load_folder

WELL_FORMED = "division: parks\n"


def put(octets: bytes) -> Callable[[Path], object]:
    return lambda file: file.write_bytes(octets)


def instead_of_a_file(make: Callable[[Path], object]) -> Callable[[Path], object]:
    def act(file: Path) -> None:
        file.unlink()
        make(file)

    return act


HOSTILE: dict[str, tuple[Callable[[Path], object], str]] = {
    "ten megabytes": (put(b"# " + b"x" * (10 << 20)), "1:1: error: the file is larger than 64 KiB; is it really a policy file?"),
    "a directory": (instead_of_a_file(Path.mkdir), "1:1: error: cannot be read: it is not a file"),
    "a pipe": (instead_of_a_file(os.mkfifo), "1:1: error: cannot be read: it is not a file"),
    "a dangling link": (instead_of_a_file(lambda file: file.symlink_to("nowhere")), "1:1: error: cannot be read: no such file or directory"),
    "latin-1": (put("division: parks\nname: {en: Café}\n".encode("latin-1")), "2:15: error: the file is not saved as UTF-8; save it as UTF-8"),
    "utf-16": (
        put(WELL_FORMED.encode("utf-16")),
        '1:1: error: the file is saved as UTF-16 (Notepad calls it "Unicode"); save it as UTF-8',
    ),
    "a picture": (put(b"\x89PNG\r\n\x1a\n\x00\x00"), "1:1: error: the file is not saved as UTF-8; save it as UTF-8"),
    "a nul": (put(b"division: pa\0rks\n"), "1:13: error: a control character that no text file should hold; delete it"),
    "brackets": (put(b"[" * 60_000), "1:26: error: nested more than 24 levels deep"),
    "braces": (put(b"a: " + b"{a: " * 15_000), "1:100: error: nested more than 24 levels deep"),
    "laughs": (
        put(b"a: &a [x,x,x,x]\nb: &b [*a,*a,*a,*a]\nc: [*b,*b,*b,*b]\n"),
        "1:4: error: `&` begins an anchor, which policy files do not have; text that begins with & needs quotes",
    ),
    "many values": (put(b"[" + b"a," * 32_000 + b"]"), "1:1: error: a group of keys is wanted here, not a single value or a list"),
    "an empty file": (put(b""), "1:1: error: the file is empty"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_one_clear_line_within_a_second(name: str, good: Path) -> None:
    make, expected = HOSTILE[name]
    load_folder(good)  # holidays are computed once for each process; that is not what is timed
    make(good / "parks.yaml")
    start = time.process_time()
    assert complaints(good) == [f"parks.yaml:{expected}"]
    assert time.process_time() - start < 1


def test_no_permission(good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, *_: object) -> object:  # chmod does not stop root, who runs these tests in CI
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert "parks.yaml:1:1: error: cannot be read: permission denied" in complaints(good)


def test_no_folder(tmp_path: Path) -> None:
    missing = tmp_path / "nowhere"
    assert complaints(missing) == [
        ".:1:1: error: the policy folder cannot be read: no such file or directory",
        "city.yaml:1:1: error: cannot be read: no such file or directory",
    ]


def test_no_division(good: Path) -> None:
    (good / "parks.yaml").unlink()
    assert complaints(good) == [".:1:1: error: no division has a file here; add one, such as human-resources.yaml"]


def test_what_editors_leave_behind_is_not_read(good: Path) -> None:
    for name in (".parks.yaml", "parks.yaml~", "parks.yaml.bak", "notes.txt"):
        (good / name).write_text("nothing: of this", encoding="utf-8")
    assert complaints(good) == []


@pytest.mark.parametrize("convert", [lambda text: b"\xef\xbb\xbf" + text, lambda text: text.replace(b"\n", b"\r\n")], ids=["bom", "crlf"])
def test_windows_is_welcome(good: Path, convert: Callable[[bytes], bytes]) -> None:
    file = good / "parks.yaml"
    file.write_bytes(convert(file.read_bytes()))
    loaded = load_folder(good)
    assert loaded.diagnostics == ()
    assert loaded.policy is not None
    assert loaded.policy.divisions["parks"].name.en == "Parks"


def test_yml_is_read_too(good: Path) -> None:
    (good / "parks.yaml").rename(good / "parks.yml")
    assert complaints(good) == []


@given(st.binary(max_size=300) | st.text("ab:-#[]{}'\"&*!|>%@`,? \n\t\u00a0\u2013\u2028\x00", max_size=120).map(str.encode))
def test_no_octets_raise_anything_else(octets: bytes) -> None:
    with contextlib.suppress(UnreadableError):
        read_yaml(decode(octets))


def test_scalars_stay_text() -> None:
    data = read_yaml("a: 17:30\nb: no\nc: 311\nd: 0115\ne: 1.50\nf: 2026-12-14\ng: on\n").data
    assert data == {"a": "17:30", "b": "no", "c": "311", "d": "0115", "e": "1.50", "f": "2026-12-14", "g": "on"}
