"""The IMAP backend waits in threads of its own: a server that hangs stalls neither the loop nor another mailbox, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path

import pytest

from gateway.mailboxes.imap import ImapReading, open_mailbox
from gateway.mailboxes.mailbox import MailboxFault
from gateway.settings.mailboxes import ImapMailbox
from tests.harness.waiting import wait_for
from tests.mailboxes.imap_script import ScriptedServer, expand

EXAMINED = "@examine INBOX UIDVALIDITY=7 UIDNEXT=42 EXISTS=12"


def mailbox_at(server: ScriptedServer, folder: Path, name: str = "hr") -> ImapReading:
    password = folder / "password"
    password.write_text("secret")
    given = {"address": "hr@toronto.example", "source": "imap", "host": "127.0.0.1", "port": server.port, "tls": "none", "password_file": password}
    return open_mailbox(ImapMailbox.model_validate(given | {"name": name}))


def serving(*connections: list[str]) -> ScriptedServer:
    return ScriptedServer([list(expand(each)) for each in connections])


def threads() -> list[str]:
    return [each.name for each in threading.enumerate() if each.name.startswith("imap ")]


async def until_no_thread() -> None:
    await asyncio.to_thread(wait_for, lambda: not threads(), "the threads have ended", 5)


def test_a_silent_server_stalls_nobody_else(tmp_path: Path):
    async def run(silent: ScriptedServer, well: ScriptedServer) -> None:
        stuck, fine = mailbox_at(silent, tmp_path, "stuck"), mailbox_at(well, tmp_path, "fine")
        waiting = asyncio.create_task(stuck.changes("inbox", None, 10))
        began, longest = time.monotonic(), 0.0
        for _ in range(20):
            before = time.monotonic()
            assert (await fine.changes("inbox", None, 10)).cursor == "7:41"
            longest = max(longest, time.monotonic() - before)
        assert not waiting.done()
        assert time.monotonic() - began < 10
        await stuck.close()
        with pytest.raises(MailboxFault, match="unreachable"):
            await waiting
        await fine.close()
        await until_no_thread()

    with serving(["<silence>"]).run() as silent, serving(["@login", *[EXAMINED] * 20, "<gone>"]).run() as well:
        asyncio.run(run(silent, well))


@pytest.mark.parametrize("stage", [[], ["@greeting"], ["@login", 'C: EXAMINE "INBOX"', "S- * 12 EXI"]], ids=["greeting", "login", "answer"])
def test_cancelled_in_the_middle(stage: list[str], tmp_path: Path):
    """Whoever gave up leaves no thread behind, and what is asked next gets an answer of its own on a new connection."""

    async def run(server: ScriptedServer) -> None:
        mailbox = mailbox_at(server, tmp_path)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(mailbox.changes("inbox", None, 10), 0.2)
        assert (await mailbox.changes("inbox", None, 10)).cursor == "7:41"
        assert len(threads()) == 1
        await mailbox.close()
        await until_no_thread()

    with serving([*stage, "<silence>"], ["@login", EXAMINED, "<gone>"]).run() as server:
        asyncio.run(run(server))


def test_cancelled_while_it_waits(tmp_path: Path):
    async def run(server: ScriptedServer) -> None:
        mailbox = mailbox_at(server, tmp_path)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(mailbox.wait(60), 0.3)
        assert (await mailbox.changes("inbox", None, 10)).cursor == "7:41"
        await mailbox.close()

    with serving(["@login", EXAMINED, "C: IDLE", "S: +", "<silence>"], ["@login", EXAMINED, "<gone>"]).run() as server:
        asyncio.run(run(server))


def test_closed_while_it_waits(tmp_path: Path):
    """At once, and for good; closing again does nothing."""

    async def run(server: ScriptedServer) -> None:
        mailbox = mailbox_at(server, tmp_path)
        waiting = asyncio.create_task(mailbox.wait(60))
        assert await asyncio.to_thread(server.silent.wait, 10)
        began = time.monotonic()
        await mailbox.close()
        await mailbox.close()
        assert time.monotonic() - began < 3
        with pytest.raises(MailboxFault, match="unreachable"):
            await waiting
        with pytest.raises(MailboxFault, match="unreachable"):
            await mailbox.changes("inbox", None, 10)
        await until_no_thread()

    with serving(["@login", EXAMINED, "C: IDLE", "S: +", "<silence>"]).run() as server:
        asyncio.run(run(server))


def test_a_name_that_is_not_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Nothing can end a look-up of a name: it is waited for within bounds, and no second thread is begun beside it."""
    monkeypatch.setattr("gateway.mailboxes.imap.CALL", 0.2)
    monkeypatch.setattr("gateway.mailboxes.imap.LET_GO", 0.1)
    answered = threading.Event()
    monkeypatch.setattr("gateway.mailboxes.imap_line.socket.create_connection", lambda *_: answered.wait(20))

    async def run() -> None:
        with serving().run() as server:
            mailbox = mailbox_at(server, tmp_path)
            for _ in range(3):
                with pytest.raises(MailboxFault, match="unreachable"):
                    await mailbox.changes("inbox", None, 10)
                assert len(threads()) == 1
            await mailbox.close()
        answered.set()
        await until_no_thread()

    asyncio.run(run())
