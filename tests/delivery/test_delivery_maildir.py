"""Maildirs as a next hop: whole messages or none, octets as received, nothing outside the folder."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import NoReturn

import pytest

from gateway.delivery.maildir import MaildirHop, MaildirSession, mailbox_folder
from gateway.delivery.reply import Reply
from gateway.delivery.timeouts import Timeouts


async def deliver(root: Path, recipients: list[str], *pieces: bytes) -> Reply:
    session = await MaildirHop(root).open(Timeouts(), "gateway.example")
    await session.command(b"MAIL FROM:<a@example.org>")
    for each in recipients:
        await session.command(f"RCPT TO:<{each}> NOTIFY=NEVER".encode())
    await session.command(b"DATA")
    for piece in pieces[:-1]:
        session.write(piece)
        await session.drain()
    return await session.end(pieces[-1])


def files(root: Path) -> dict[str, bytes]:
    return {str(path.parent.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def test_each_recipient_gets_the_octets(tmp_path: Path):
    reply = asyncio.run(deliver(tmp_path, ["HR@Toronto.example", "b@toronto.example", "hr@toronto.example"], b"..a\r\n.", b".b\r", b"\n"))
    assert (reply.code, reply.status) == (250, "2.0.0")
    assert files(tmp_path) == {"hr@toronto.example/new": b".a\r\n.b\r\n", "b@toronto.example/new": b".a\r\n.b\r\n"}
    assert sorted(each.name for each in (tmp_path / "hr@toronto.example").iterdir()) == ["cur", "new", "tmp"]


@pytest.mark.parametrize(
    "path",
    ["../x@y", "a/b@y", ".hidden@y", "-x@y", '"a b"@y', "a\\b@y", "a\x00@y", "x" * 256, "a\u2028@y", ""],
)
def test_an_unsafe_address_is_refused(path: str, tmp_path: Path):
    assert mailbox_folder(tmp_path, f"RCPT TO:<{path}>".encode()) is None


def test_an_international_address(tmp_path: Path):
    assert mailbox_folder(tmp_path, "RCPT TO:<É@bücher.example> ORCPT=x".encode()) == tmp_path / "é@bücher.example"


def test_it_is_flushed_before_the_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    flushed: list[str] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        flushed.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    asyncio.run(deliver(tmp_path, ["a@b.example"], b"x\r\n"))
    box = tmp_path / "a@b.example"
    assert any(each.startswith(f"{box}/tmp/") for each in flushed), "the file, while it is still in tmp"
    assert flushed[-1] == str(box / "new"), "the folder, after the name is in it"


def fail(*_: object, **__: object) -> NoReturn:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("call", ["write", "fsync", "open", "link"])
def test_a_full_disk_is_temporary_and_leaves_nothing(call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(os, call, fail)
    reply = asyncio.run(deliver(tmp_path, ["a@b.example", "c@b.example"], b"x\r\n", b"y\r\n"))
    monkeypatch.undo()
    assert (reply.code, reply.status) == (451, "4.3.0")
    assert files(tmp_path) == {}


def test_all_recipients_or_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    real = Path.rename

    def second_fails(path: Path, target: Path) -> Path:
        return fail() if "c@b.example" in str(target) else real(path, target)

    monkeypatch.setattr(Path, "rename", second_fails)
    assert asyncio.run(deliver(tmp_path, ["a@b.example", "c@b.example"], b"x\r\n")).code == 451
    assert files(tmp_path) == {}


def test_a_folder_that_cannot_be_made(tmp_path: Path):
    (tmp_path / "root").write_text("a file")
    assert asyncio.run(deliver(tmp_path / "root", ["a@b.example"], b"x\r\n")).code == 451


@pytest.mark.parametrize("when", ["before", "between"])
def test_aborted_leaves_nothing(when: str, tmp_path: Path):
    async def run() -> None:
        session = MaildirSession(tmp_path)
        await session.command(b"RCPT TO:<a@b.example>")
        await session.command(b"DATA")
        if when == "between":
            session.write(b"x\r\n")
            await session.drain()
        session.abort()
        session.write(b"y\r\n")
        await session.drain()

    asyncio.run(run())
    assert files(tmp_path) == {}


def test_data_without_a_recipient(tmp_path: Path):
    async def run() -> Reply:
        return await MaildirSession(tmp_path).command(b"DATA")

    assert asyncio.run(run()).code == 554
