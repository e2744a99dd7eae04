"""Where replay finds mail: mbox files as many programs write them, Maildirs, .eml trees, and what only looks like mail."""

from __future__ import annotations

import io
import mailbox
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mailboxes import mbox
from gateway.mailboxes.archive import Place, complaint, places, read, read_header
from gateway.mailboxes.time_order import TimeOrder

LETTER = b"From: pat@example.org\nTo: hr@toronto.example\n\nHello\n"


def found(source: Path) -> list[str]:
    """Path within the source, and position, of every message."""
    complaints: list[str] = []
    names = sorted(str(place).removeprefix(f"{source}/") for place in places(source, lambda where, error: complaints.append(where)))
    return [*names, *(f"unreadable: {each.removeprefix(f'{source}/')}" for each in complaints)]


def split(octets: bytes) -> list[bytes]:
    stream = io.BytesIO(octets)
    assert mbox.is_mbox(stream)
    return [mbox.unquoted(octets[offset : offset + length]) for offset, length in mbox.messages(stream)]


@pytest.mark.parametrize(
    "separator",
    [
        b"From pat@example.org Mon Nov  2 14:12:05 2026",
        b"From pat@example.org Mon Nov 02 14:12:05 +0000 2026",
        b"From MAILER-DAEMON Mon Nov  2 14:12:05 2026",
        b"From - Mon Nov 02 14:12:05 2026",
        b"From 1778@xxx Mon, 2 Nov 2026 14:12:05 -0500",
        b'From "pat doe"@example.org Mon Nov  2 14:12 2026',
        b"From pat at example.org  Mon Nov  2 14:12:05 2026",
        b"From pat@example.org Mon Nov  2 14:12:05 2026 remote from mx",
    ],
)
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_separators_of_many_programs(separator: bytes, line_end: bytes) -> None:
    first, second = b"Subject: one\n\nHello\n\n".replace(b"\n", line_end), b"Subject: two\n\nBye".replace(b"\n", line_end)
    assert split(separator + line_end + first + separator + line_end + second) == [first, second]


@pytest.mark.parametrize(
    "line",
    [
        b"From what I read on Monday, it is noon.",
        b">From pat@example.org Mon Nov  2 14:12:05 2026",
        b" From pat@example.org Mon Nov  2 14:12:05 2026",
        b"From Mon to Fri at 10:30, the office is open.",
        b"from pat@example.org Mon Nov  2 14:12:05 2026",
        b"From " + b"x" * 2000 + b" Mon Nov  2 14:12:05 2026",
    ],
)
def test_a_line_of_text_is_no_separator(line: bytes) -> None:
    assert len(split(b"From x@example.org Mon Nov  2 14:12:05 2026\nSubject: one\n\n\n" + line + b"\nmore\n")) == 1


def test_quoting_is_taken_off_once() -> None:
    octets = b"From x@example.org Mon Nov  2 14:12:05 2026\nSubject: one\n\n>From here\n>>From there\n> From elsewhere\n"
    assert split(octets) == [b"Subject: one\n\nFrom here\n>From there\n> From elsewhere\n"]


TEXT = st.lists(st.sampled_from([b"Hello", b"From here on", b"", b">From there", b"x" * 300]), max_size=8).map(
    lambda lines: b"\n".join(lines) + b"\n"
)


@given(bodies=st.lists(TEXT, min_size=1, max_size=6), chunk=st.sampled_from([1, 7, 50, 1 << 20]))
def test_what_python_writes_is_read_the_same(bodies: list[bytes], chunk: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("mbox") / "some.mbox"
    written = mailbox.mbox(path)
    for number, body in enumerate(bodies):
        written.add(b"Subject: %d\n\n%s" % (number, body))
    written.close()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mbox, "CHUNK", chunk)
        octets = path.read_bytes()
        starts = [octets[offset : offset + length].split(b"\n", 1)[0] for offset, length in mbox.messages(io.BytesIO(octets))]
    assert starts == [b"Subject: %d" % number for number in range(len(bodies))]
    reference = [each.split(b"\n", 1)[1] for each in octets.split(b"From MAILER-DAEMON ")[1:]]
    assert [octets[offset : offset + length] for offset, length in mbox.messages(io.BytesIO(octets))] == reference


@pytest.fixture
def mail(tmp_path: Path) -> Path:
    """A bit of everything."""
    for folder in ("Maildir/cur", "Maildir/new", "Maildir/tmp", "Maildir/.Sent/cur", "Maildir/.Sent/new", "export/deeper"):
        (tmp_path / folder).mkdir(parents=True)
    separated = b"From x@example.org Mon Nov  2 14:12:05 2026\n" + LETTER + b"\n"
    for name, octets in {
        "Maildir/cur/1.a:2,S": LETTER,
        "Maildir/new/2.b": b"From x@example.org Mon Nov  2 14:12:05 2026\n" + LETTER,
        "Maildir/tmp/3.c": LETTER,
        "Maildir/cur/.hidden": LETTER,
        "Maildir/dovecot-uidlist": b"3 V1 N2\n",
        "Maildir/.Sent/cur/4.d:2,S": LETTER,
        "export/one.eml": LETTER,
        "export/TWO.EML": b"",
        "export/deeper/many": separated * 3,
        "export/empty.mbox": b"",
        "export/readme.txt": b"From the archive\n",
    }.items():
        (tmp_path / name).write_bytes(octets)
    os.mkfifo(tmp_path / "export" / "pipe.eml")
    (tmp_path / "export" / "gone.eml").symlink_to("nowhere")
    (tmp_path / "export" / "round").symlink_to(tmp_path)
    return tmp_path


def test_a_tree_of_everything(mail: Path) -> None:
    assert found(mail) == [
        "Maildir/.Sent/cur/4.d:2,S",
        "Maildir/cur/1.a:2,S",
        "Maildir/new/2.b",
        "export/TWO.EML",
        "export/deeper/many#1",
        "export/deeper/many#2",
        "export/deeper/many#3",
        "export/one.eml",
        "unreadable: export/gone.eml",
    ]


def test_a_source_may_be_a_part_of_it(mail: Path) -> None:
    assert found(mail / "Maildir" / "cur") == ["1.a:2,S"]
    assert found(mail / "export" / "deeper" / "many") == [f"{mail}/export/deeper/many#{number}" for number in (1, 2, 3)]
    assert found(mail / "Maildir" / "cur" / "1.a:2,S") == [f"{mail}/Maildir/cur/1.a:2,S"]
    assert found(mail / "export" / "empty.mbox") == []


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("export/gone.eml", "cannot be read: no such file or directory"),
        ("export/pipe.eml", "is neither a file nor a folder"),
        ("export/readme.txt", "is neither an mbox nor a message; name an mbox, a Maildir, a message, or a folder of them"),
        ("export/deeper/many", None),
        ("export/empty.mbox", None),
        ("Maildir", None),
        ("Maildir/cur/1.a:2,S", None),
    ],
)
def test_what_cannot_be_a_source(mail: Path, name: str, said: str | None) -> None:
    assert complaint(mail / name) == (f"{mail / name}: error: {said}" if said else None)


def test_a_message_is_read_by_its_prefix(tmp_path: Path) -> None:
    path = tmp_path / "large.eml"
    path.write_bytes(LETTER + b"x" * (2 << 20))
    [place] = places(path, lambda where, error: None)
    octets, size = read(place)
    assert (len(octets), size) == (1 << 20, path.stat().st_size)
    assert [each.name for each in read_header(place)] == ["From", "To"]


def test_a_quoted_message_has_the_size_of_what_was_sent(tmp_path: Path) -> None:
    path = tmp_path / "some.mbox"
    path.write_bytes(b"From x@example.org Mon Nov  2 14:12:05 2026\n" + LETTER + b">From here\n")
    [place] = places(path, lambda where, error: None)
    assert read(place) == (LETTER + b"From here\n", len(LETTER) + len(b"From here\n"))


SECONDS = st.integers(0, 2_000_000_000)


@given(st.lists(st.tuples(SECONDS, st.text(max_size=5)), max_size=60), st.integers(1, 20))
def test_time_order_however_little_is_held(entries: list[tuple[int, str]], run: int) -> None:
    order = TimeOrder(run)
    start = datetime(1970, 1, 1, tzinfo=UTC)
    for number, (at, file) in enumerate(entries):
        order.add(start + timedelta(seconds=at), Place(file, number, 0, 0))
    expected = [(file, number) for _, file, number in sorted((at, file, number) for number, (at, file) in enumerate(entries))]

    def once() -> Iterator[tuple[str, int]]:
        yield from ((each.file, each.position) for each in order)

    assert len(order) == len(entries)
    assert list(once()) == list(once()) == expected
    order.close()
