"""Which version of each file counts, file by file: `settle` on real folders, with the rules that `load_policy` has."""

from __future__ import annotations

import itertools
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.policy.authors import author_of
from gateway.policy.changes import Difference, differences, joined
from gateway.policy.diagnostics import Diagnostic
from gateway.policy.folders import CITY, Files, Folders, Unread, marks, read_files
from gateway.policy.last_good import Settled, Trial, settle
from gateway.policy.load import Loaded, load_policy
from tests.policy.policy_folders import CASES, NOW

PARKS, TREES = "policies/parks.yaml", "policies/trees.yaml"


def attempt(files: Files) -> Trial[Loaded]:
    loaded = load_policy(files, organization_domains=("toronto.example",), now=NOW)
    return Trial(loaded if loaded.policy else None, loaded.diagnostics, loaded.used)


class Folder:
    """A policy folder that is edited, and read again as the service does."""

    def __init__(self, policies: Path) -> None:
        self.folders = Folders(policies, CASES / "templates", CASES / "signatures")
        self.good: Mapping[str, bytes] = {}
        self._clock = itertools.count(1)

    def write(self, name: str, text: str) -> None:
        path = self.folders.path(name)
        path.write_text(text, encoding="utf-8")
        at = next(self._clock) * 1_000_000_000  # saved later than what was saved before, whatever the file system's clock can tell
        os.utime(path, ns=(at, at))

    def edit(self, name: str, old: str, new: str) -> None:
        text = self.folders.path(name).read_text(encoding="utf-8")
        assert old in text
        self.write(name, text.replace(old, new))

    def remove(self, name: str) -> None:
        self.folders.path(name).unlink()

    def read(self) -> Settled[Loaded]:
        settled = settle(read_files(self.folders), self.good, attempt)
        self.good = settled.in_force or self.good
        return settled

    def text(self, settled: Settled[Loaded], name: str) -> str:
        return settled.in_force[name].decode()


@pytest.fixture
def folder(good: Path) -> Folder:
    """Parks and trees, both in force."""
    found = Folder(good)
    found.write(TREES, trees(good))
    found.edit(PARKS, "also_known_as: [trees@toronto.example]\n", "")
    settled = found.read()
    assert settled.refused == {}
    assert sorted(settled.in_force) == [CITY, PARKS, TREES, "signatures/corporate-identity.yaml", "templates/languages.yaml"]
    return found


def trees(good: Path) -> str:
    text = (good / "parks.yaml").read_text(encoding="utf-8")
    for old, new in (
        ("division: parks", "division: trees"),
        ("also_known_as: [trees@toronto.example]\n", ""),
        ("parks@", "trees@"),
        ("reference: PK", "reference: TR"),
    ):
        assert old in text
        text = text.replace(old, new)
    return text


def refusals(settled: Settled[Loaded]) -> dict[str, str]:
    return {name: found[0].message for name, found in settled.refused.items()}


def divisions(settled: Settled[Loaded]) -> list[str]:
    assert settled.made is not None
    assert settled.made.policy is not None
    return sorted(settled.made.policy.divisions)


def test_a_good_edit_counts(folder: Folder) -> None:
    folder.edit(PARKS, "name: {en: Parks", "name: {en: Green spaces")
    settled = folder.read()
    assert settled.refused == {}
    assert "Green spaces" in folder.text(settled, PARKS)


def test_a_bad_file_keeps_its_last_good_version_and_costs_its_neighbour_nothing(folder: Folder) -> None:
    folder.edit(PARKS, "mailbox:", "mailbocks:")
    folder.edit(TREES, "name: {en: Parks", "name: {en: Forests")
    settled = folder.read()
    assert list(settled.refused) == [PARKS]
    assert "mailbox:" in folder.text(settled, PARKS)
    assert "Forests" in folder.text(settled, TREES)
    folder.edit(PARKS, "mailbocks:", "mailbox:")
    assert folder.read().refused == {}


@pytest.mark.parametrize("name", ["policies/aaa.yaml", "policies/zzz.yaml"])
def test_the_later_of_two_that_conflict_gives_way_wherever_it_stands_in_the_alphabet(folder: Folder, name: str) -> None:
    slug = Path(name).stem
    text = folder.good[TREES].decode().replace("division: trees", f"division: {slug}").replace("reference: TR", "reference: NW")
    folder.write(name, text.replace("trees@", "parks@"))
    settled = folder.read()
    assert list(settled.refused) == [name]
    assert "is claimed already at" in refusals(settled)[name]
    assert divisions(settled) == ["parks", "trees"]
    folder.remove(PARKS)
    settled = folder.read()
    assert settled.refused == {}
    assert divisions(settled) == sorted([slug, "trees"])


def test_of_two_changes_that_conflict_the_one_saved_later_gives_way(folder: Folder) -> None:
    for name in (TREES, PARKS):  # trees first
        folder.edit(name, "division:", "also_known_as: [both@toronto.example]\ndivision:")
    settled = folder.read()
    assert list(settled.refused) == [PARKS]
    assert "both@" in folder.text(settled, TREES)


def test_two_that_change_places_at_once_both_take_effect(folder: Folder) -> None:
    texts = {name: folder.folders.path(name).read_text(encoding="utf-8") for name in (PARKS, TREES)}
    folder.write(PARKS, texts[PARKS].replace("parks@", "trees@"))
    folder.write(TREES, texts[TREES].replace("trees@", "parks@"))
    settled = folder.read()
    assert settled.refused == {}
    assert "trees@" in folder.text(settled, PARKS)


def test_a_file_that_conflicts_with_a_last_good_version_waits_for_its_place(folder: Folder) -> None:
    """Parks gives its mailbox to trees, with a slip of the pen: parks keeps it, so trees cannot have it yet."""
    folder.edit(PARKS, "mailbox: parks@", "mailbocks: garden@")
    folder.edit(TREES, "mailbox: trees@", "mailbox: parks@")
    settled = folder.read()
    assert sorted(settled.refused) == [PARKS, TREES]
    folder.edit(PARKS, "mailbocks:", "mailbox:")
    settled = folder.read()
    assert settled.refused == {}
    assert "mailbox: parks@" in folder.text(settled, TREES)


def test_a_removed_division_is_gone(folder: Folder) -> None:
    folder.remove(TREES)
    settled = folder.read()
    assert settled.refused == {}
    assert divisions(settled) == ["parks"]
    assert TREES not in folder.good


def test_a_removed_division_stays_while_the_city_speaks_of_it(folder: Folder) -> None:
    folder.write(CITY, folder.good[CITY].decode() + "\nclosures: [{date: 2026-12-14, why: Snow, divisions: [trees]}]\n")
    assert folder.read().refused == {}
    folder.remove(TREES)
    settled = folder.read()
    assert list(settled.refused) == [TREES]
    assert "no division is called 'trees'" in refusals(settled)[TREES]
    assert divisions(settled) == ["parks", "trees"]


def test_without_city_yaml_nobody_is_believed_to_have_removed_anything(folder: Folder) -> None:
    for name in (CITY, TREES):
        folder.remove(name)
    settled = folder.read()
    assert refusals(settled) == {CITY: "cannot be read: no such file or directory"}
    assert divisions(settled) == ["parks", "trees"]


def test_a_folder_that_is_not_there_takes_nothing_with_it(folder: Folder, good: Path) -> None:
    good.rename(good.with_name("away"))
    settled = folder.read()
    assert list(settled.refused) == ["policies/"]
    assert divisions(settled) == ["parks", "trees"]


@pytest.mark.parametrize(
    ("spoil", "name"),
    [
        (lambda path: path.write_text("name: x\n", encoding="utf-8"), CITY),
        (lambda path: path.write_bytes(b"\xff\xfe"), CITY),
        (lambda path: (path.unlink(), path.mkdir()), CITY),
        (lambda path: path.write_bytes(b"#" * (10 << 20)), PARKS),
    ],
    ids=["not a city", "utf-16", "a directory", "ten megabytes"],
)
def test_hostile_octets_cost_only_their_own_file(folder: Folder, spoil: object, name: str) -> None:
    spoil(folder.folders.path(name))  # type: ignore[operator]
    settled = folder.read()
    assert list(settled.refused) == [name]
    assert divisions(settled) == ["parks", "trees"]


def test_at_a_first_start_bad_divisions_are_left_out_and_a_bad_city_leaves_nothing(good: Path) -> None:
    fresh = Folder(good)
    fresh.write(TREES, "division: trees\n")
    settled = fresh.read()
    assert list(settled.refused) == [TREES]
    assert divisions(settled) == ["parks"]
    fresh = Folder(good)
    fresh.write(CITY, "name: x\n")
    settled = fresh.read()
    assert settled.made is None
    assert list(settled.refused)[:1] == [CITY] or CITY in settled.refused
    assert PARKS not in settled.refused, "its own file is good"


def test_a_last_good_version_that_is_bad_by_now_costs_its_own_division(folder: Folder) -> None:
    """As after an upgrade that became stricter."""
    folder.good = {**folder.good, TREES: b"division: trees\n"}
    folder.write(TREES, "division: [\n")
    settled = folder.read()
    assert list(settled.refused) == [TREES]
    assert divisions(settled) == ["parks"]


def test_the_version_is_that_of_what_is_in_force(folder: Folder) -> None:
    before = folder.read().made
    folder.edit(PARKS, "mailbox:", "mailbocks:")
    after = folder.read().made
    assert before is not None
    assert before.policy is not None
    assert after is not None
    assert after.policy is not None
    assert after.policy.version == before.policy.version
    folder.write(PARKS, folder.good[PARKS].decode() + "\n# a comment\n")
    changed = folder.read().made
    assert changed is not None
    assert changed.policy is not None
    assert changed.policy.version != before.policy.version


FOLDERS = Folders(Path("p"), Path("t"), Path("s"))
NAMES = [CITY, *(f"policies/{letter}.yaml" for letter in "abcd")]
VERSIONS = st.sampled_from([b"good 1", b"good 2", b"bad", b"claims x 1", b"claims x 2"])


def toy(files: Files) -> Trial[dict[str, bytes]]:
    """Rules small enough to be checked by eye: `bad` is bad, only one may claim x, a city there must be."""
    found, claimed = [], False
    if CITY not in files.contents:
        found.append(diagnostic(CITY))
    for name, content in files.contents.items():
        claims = isinstance(content, bytes) and content.startswith(b"claims")
        if content == b"bad" or isinstance(content, Unread) or (claims and claimed):
            found.append(diagnostic(name))
        claimed = claimed or claims
    contents = {name: each for name, each in files.contents.items() if isinstance(each, bytes)}
    return Trial(None if found else contents, tuple(found), contents)


def diagnostic(name: str) -> Diagnostic:
    return Diagnostic(FOLDERS.shown(name), 1, 1, "error", "bad")


@given(st.lists(st.dictionaries(st.sampled_from(NAMES), VERSIONS), min_size=1, max_size=6))
def test_whatever_is_saved_what_counts_is_good_and_what_was_good_keeps_working(saves: list[dict[str, bytes]]) -> None:
    good: Mapping[str, bytes] = {}
    for save in saves:
        settled = settle(Files(FOLDERS, save), good, toy)
        if settled.made is None:
            assert not good or CITY not in good
            assert settled.refused
            continue
        assert toy(Files(FOLDERS, settled.in_force)).made is not None
        assert CITY in save or CITY in settled.refused, "it is never gone in silence"
        for name, content in save.items():
            assert settled.in_force.get(name) == content or name in settled.refused
        for name in settled.refused:
            assert name in NAMES
            assert settled.in_force.get(name) in (good.get(name), None)
        lost = good.keys() - settled.in_force.keys()
        assert all(name not in save for name in lost), "only a removed file loses what was good"
        good = settled.in_force


def test_marks_change_with_a_file_and_with_nothing_else(good: Path) -> None:
    folders = Folders(good, CASES / "templates", CASES / "signatures")
    before = marks(folders)
    assert marks(folders) == before
    (good / ".parks.yaml.swp").write_text("x")
    (good / "parks.yaml~").write_text("x")
    assert marks(folders) == before
    (good / "parks.yaml").write_text((good / "parks.yaml").read_text().replace("Parks", "Sparks"))
    assert marks(folders) != before


def test_differences_of_keys_and_lines() -> None:
    old = b"division: parks\nrollout: {public: observe}\nstandards:\n  - respond: 48 hours\nlist: [a, b]\n"
    new = b"division: parks  # a comment\nrollout: {public: enforce}\nstandards:\n  - respond: 48 hours\n    kind: any\n"
    assert differences("policies/x.yaml", old, new) == (
        Difference("rollout.public", "observe", "enforce"),
        Difference("standards.1.kind", None, "any"),
        Difference("list", "a, b", None),
    )
    assert differences("policies/x.yaml", old, b"[") == (), "what cannot be read has no keys to be compared"
    assert {each.new for each in differences("policies/x.yaml", old, None)} == {None}
    assert differences("templates/x.j2", b"one\ntwo\nthree\n", b"one\n2\nthree\n") == (Difference("line 2", "two", "2"),)
    first, then = differences("x.yaml", b"a: 1\nb: 1\n", b"a: 2\nb: 2\n"), differences("x.yaml", b"a: 2\nb: 2\n", b"a: 3\nb: 1\n")
    assert joined(first, then) == (Difference("a", "1", "3"),)


def test_the_author_is_named_only_for_what_was_committed(tmp_path: Path) -> None:
    file = tmp_path / "parks.yaml"
    file.write_bytes(b"one\n")
    assert author_of(file, b"one\n") is None, "no git work tree"
    git = ["git", "-C", str(tmp_path), "-c", "user.name=Ann Admin", "-c", "user.email=ann@toronto.example"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "first"]):
        subprocess.run([*git, *command], check=True, capture_output=True)
    assert author_of(file, b"one\n") == "Ann Admin"
    assert author_of(file, b"two\n") is None
    assert author_of(tmp_path / "absent.yaml", b"one\n") is None
