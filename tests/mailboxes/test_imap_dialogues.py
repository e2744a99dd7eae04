"""The IMAP backend against servers that are old, strange, broken or hostile: each imap_dialogues/*.imap is one of them (README.md beside them)."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.mailboxes.imap import open_mailbox
from gateway.mailboxes.mailbox import Changes, Mailbox, MailboxFault
from gateway.settings.mailboxes import ImapMailbox
from tests.mailboxes.imap_script import ScriptedServer, expand

DIALOGUES = Path(__file__).with_name("imap_dialogues")
PASSWORD = "canary-password"


@pytest.mark.parametrize("name", sorted(path.stem for path in DIALOGUES.glob("*.imap")))
def test_dialogue(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    lines = (DIALOGUES / f"{name}.imap").read_text("utf-8").splitlines()
    for limit, value in re.findall(r"^@limit (\S+)=(\S+)$", "\n".join(lines), re.MULTILINE):
        monkeypatch.setattr(f"gateway.mailboxes.{limit}", int(value) if value.isdigit() else float(value))
    settings, calls, connections = _read(line for line in lines if not line.startswith("@limit "))
    (tmp_path / "password").write_text(PASSWORD)
    with ScriptedServer(connections).run() as server:
        given = {"name": "hr", "address": "hr@toronto.example", "source": "imap", "host": "127.0.0.1", "port": server.port, "tls": "none"}
        given |= {} if "token_file" in settings else {"password_file": str(tmp_path / "password")}
        settings = {key: str(tmp_path / value) if key.endswith("_file") else value for key, value in settings.items()}
        got = asyncio.run(_call(ImapMailbox.model_validate(given | settings), [call for call, _ in calls]))
    assert got == [expected for _, expected in calls]
    assert PASSWORD not in "".join(got)


def _read(lines: Iterable[str]) -> tuple[dict[str, str], list[tuple[str, str]], list[list[str]]]:
    settings, calls, connections = dict[str, str](), list[tuple[str, str]](), list[list[str]]()
    for line in expand(lines):
        if line.startswith("@set "):
            key, _, value = line.removeprefix("@set ").partition("=")
            settings[key] = value
        elif line.startswith("> "):
            call, _, expected = line.removeprefix("> ").partition(" = ")
            calls.append((call, expected))
        elif line == "<connection>":
            connections.append([])
        else:
            connections[-1].append(line)
    return settings, calls, connections


async def _call(settings: ImapMailbox, calls: list[str]) -> list[str]:
    mailbox = open_mailbox(settings)
    try:
        return [await _said(mailbox, *call.split()) for call in calls]
    finally:
        await mailbox.close()


async def _said(mailbox: Mailbox, what: str, *given: str) -> str:
    try:
        if what == "wait":
            began = time.monotonic()
            await asyncio.wait_for(mailbox.wait(float(given[0])), 20)
            return "told" if time.monotonic() - began < float(given[0]) else "waited"
        if what == "history":
            return _shown(await mailbox.history("inbox", datetime(2026, 11, 16, tzinfo=UTC), given[0] if given else None, 10))
        folder, cursor = given[0], given[1] if len(given) > 1 else None
        return _shown(await mailbox.changes("sent" if folder == "sent" else "inbox", cursor, 10))
    except MailboxFault as fault:
        return f"{type(fault).__name__} {fault}" + (f" (retry after {fault.retry_after:g} s)" if fault.retry_after else "")


def _shown(changes: Changes) -> str:
    texts = [f"{each.octets[:20]!r} of {each.size} at {each.received_at:%d %H:%M}" for each in changes.arrivals]
    more = [word for word, is_so in (("more", changes.more), (f"{changes.unreadable} unreadable", changes.unreadable)) if is_so]
    return "; ".join([*texts, changes.cursor, *more])
