"""The IMAP backend against a real Dovecot: what it reads, what it leaves alone, how it logs in, what it hears of."""

from __future__ import annotations

import asyncio
import logging
import shutil
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest

from gateway.mailboxes.imap import ImapReading, open_mailbox
from gateway.mailboxes.mailbox import Arrival, Changes, CursorLost, MailboxFault
from gateway.message.model import PREFIX_LIMIT
from gateway.settings.mailboxes import ImapMailbox
from tests.harness.mails import inquiry, new_message_id
from tests.mailboxes.imap_server import PASSWORD, TOKEN, ImapServer, token_introspection

pytestmark = [pytest.mark.neighbours, pytest.mark.root]

ARCHIVE = "Éléments archivés"
T = TypeVar("T")


@pytest.fixture(scope="module")
def server() -> Iterator[ImapServer]:
    folder = Path(tempfile.mkdtemp(prefix="gateway-test-"))
    folder.chmod(0o755)
    with token_introspection() as port:
        running = ImapServer(folder / "dovecot", oauth=port)
        running.start()
        yield running
        print(running.output[-3000:])
        running.stop()
    shutil.rmtree(folder)


Using = Callable[[ImapReading], Awaitable[T]]


def use(server: ImapServer, work: Using[T], **changed: object) -> T:
    """`work` with an opened mailbox, closed afterwards."""

    async def run() -> T:
        mailbox = open_mailbox(ImapMailbox.model_validate(server.settings() | changed))
        try:
            return await asyncio.wait_for(work(mailbox), 30)
        finally:
            await mailbox.close()

    return asyncio.run(run())


def now(server: ImapServer, **changed: object) -> str:
    return use(server, lambda mailbox: mailbox.changes("inbox", None, 10), **changed).cursor


async def everything(mailbox: ImapReading, cursor: str, limit: int = 100) -> list[Arrival]:
    found: list[Arrival] = []
    more = True
    while more:
        page = await mailbox.changes("inbox", cursor, limit)
        assert len(page.arrivals) <= limit
        found, cursor, more = [*found, *page.arrivals], page.cursor, page.more
    return found


def test_octets_size_and_time(server: ImapServer):
    """8-bit text, bare dots, and a message of which only the beginning is read; received when the server took it, not when it says it was written."""
    cursor, began = now(server), datetime.now(UTC)
    small = inquiry(new_message_id(), text="Où ?\r\n.\r\n..two\r\n" + "x" * 900 + "\r\n")
    large = inquiry(new_message_id(), text="0123456789abcdef\r\n" * (PREFIX_LIMIT // 16))
    server.deliver(small)
    server.deliver(large)
    first, second = use(server, lambda mailbox: everything(mailbox, cursor))
    assert first.octets.endswith(small)
    assert first.octets.startswith(b"Return-Path: <")
    assert first.complete
    assert len(second.octets) == PREFIX_LIMIT
    assert second.size == len(first.octets) - len(small) + len(large) or second.size > PREFIX_LIMIT
    assert not second.complete
    assert began - timedelta(seconds=2) <= first.received_at <= second.received_at <= datetime.now(UTC) + timedelta(seconds=2)


def test_page_by_page(server: ImapServer):
    """Each once and in order, with gaps where messages were expunged, whatever the size of a page."""
    cursor = now(server)
    for number in range(7):
        server.append(f"Subject: page {number}\r\n\r\n".encode(), "INBOX")
    with server.client() as client:
        client.select_folder("INBOX")
        client.delete_messages(client.search(["SUBJECT", "page 3"]))
        client.expunge()
    for limit in (1, 2, 100):
        found = use(server, partial(everything, cursor=cursor, limit=limit))
        assert [each.octets[9:15] for each in found] == [f"page {number}".encode() for number in (0, 1, 2, 4, 5, 6)]


def test_a_page_is_bounded_by_octets_too(server: ImapServer, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("gateway.mailboxes.imap_reader.PAGE_OCTETS", 50_000)
    cursor = now(server)
    for number in range(5):
        server.append(f"Subject: heavy {number}\r\n\r\n".encode() + b"x" * 20_000, "INBOX")
    page = use(server, lambda mailbox: mailbox.changes("inbox", cursor, 100))
    assert (len(page.arrivals), page.more) == (2, True)
    assert len(use(server, lambda mailbox: everything(mailbox, cursor))) == 5


def test_nothing_is_changed(server: ImapServer):
    """Not even \\Recent: the owner's mail program must see the message as new."""
    cursor = now(server)
    server.deliver(inquiry(new_message_id()))
    use(server, lambda mailbox: everything(mailbox, cursor))
    use(server, lambda mailbox: mailbox.history("inbox", datetime(2020, 1, 1, tzinfo=UTC), None, 100))
    with server.client() as client:
        client.select_folder("INBOX")
        [flags] = [each[b"FLAGS"] for each in client.fetch([int(cursor.split(":")[1]) + 1], ["FLAGS"]).values()]
    assert flags == (b"\\Recent",)


def test_history_then_changes(server: ImapServer):
    """Since an exact moment of another zone; what is moved in later with an old date comes as a change, with its old date."""
    server.append(b"Subject: too old\r\n\r\n", ARCHIVE, at=datetime(2025, 3, 4, 23, 59, 59, tzinfo=UTC))
    server.append(b"Subject: just\r\n\r\n", ARCHIVE, at=datetime(2025, 3, 5, 0, 0, 0, tzinfo=UTC))
    server.append(b"Subject: later\r\n\r\n", ARCHIVE, at=datetime(2025, 7, 1, tzinfo=UTC))
    server.append(b"Subject: old again\r\n\r\n", ARCHIVE, at=datetime(2024, 7, 1, tzinfo=UTC))
    since = datetime.fromisoformat("2025-03-04T19:00:00-05:00")

    async def read(mailbox: ImapReading) -> list[str]:
        found, page = [], Changes((), "", more=True)
        while page.more:
            page = await mailbox.history("inbox", since, page.cursor or None, 1)
            found += [each.octets[9:].decode().strip() for each in page.arrivals]
        await asyncio.to_thread(server.append, b"Subject: moved in\r\n\r\n", ARCHIVE, datetime(2001, 1, 1, tzinfo=UTC))
        after = await mailbox.changes("inbox", page.cursor, 10)
        return found + [f"{each.octets[9:].decode().strip()} {each.received_at.year}" for each in after.arrivals]

    assert use(server, read, inbox_folder=ARCHIVE) == ["just", "later", "moved in 2001"]


def test_a_folder_made_anew(server: ImapServer):
    with server.client() as client:
        client.create_folder("made-anew")
        cursor = now(server, inbox_folder="made-anew")
        client.delete_folder("made-anew")
        client.create_folder("made-anew")
    with pytest.raises(CursorLost):
        use(server, lambda mailbox: mailbox.changes("inbox", cursor, 10), inbox_folder="made-anew")


def test_idle_hears_of_an_arrival(server: ImapServer):
    async def hear(mailbox: ImapReading) -> float:
        cursor = (await mailbox.changes("inbox", None, 10)).cursor
        waiting = asyncio.create_task(mailbox.wait(20))
        await asyncio.sleep(0.2)
        assert not waiting.done()
        began = time.monotonic()
        await asyncio.to_thread(server.deliver, inquiry(new_message_id()))
        await waiting
        assert len((await mailbox.changes("inbox", cursor, 10)).arrivals) == 1
        return time.monotonic() - began

    assert use(server, hear) < 10


def test_sent_items(server: ImapServer):
    async def read(mailbox: ImapReading) -> Changes:
        cursor = (await mailbox.changes("sent", None, 10)).cursor
        await asyncio.to_thread(server.deliver, b"Subject: an answer\r\n\r\n", "sent")
        return await mailbox.changes("sent", cursor, 10)

    [answer] = use(server, read).arrivals
    assert answer.octets == b"Subject: an answer\r\n\r\n"


def test_ways_to_log_in(server: ImapServer):
    assert now(server, tls="starttls", port=server.plain)
    assert now(server, tls="none", port=server.plain, ca=None)
    assert now(server, password_file=None, token_file=str(server.token_file))
    assert "method=XOAUTH2" in server.output


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"ca": None}, "certificate"),
        ({"ca": "password"}, "certificate"),
        ({"host": "localhost"}, "certificate"),
        ({"tls": "starttls", "host": "localhost"}, "certificate"),
        ({"tls": "starttls"}, "unreachable"),
        ({"tls": "required", "port": "plain"}, "certificate"),
        ({"user": "nobody@toronto.example"}, "credentials"),
        ({"password_file": "token"}, "credentials"),
        ({"password_file": "nowhere"}, "credentials"),
        ({"password_file": None, "token_file": "stale-token"}, "credentials"),
        ({"inbox_folder": "Nowhere"}, "missing"),
    ],
    ids=lambda value: value if isinstance(value, str) else ",".join(map(str, value)),
)
def test_ways_to_fail(server: ImapServer, changed: dict[str, object], why: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch):
    """One line that says which of them it is; no credential in it, nor in any log, however fine."""
    monkeypatch.setattr("gateway.mailboxes.imap_client.ANSWER", 2.0)
    caplog.set_level(logging.DEBUG)
    given = {
        key: str(server.folder / str(value)) if key in ("ca", "password_file", "token_file") and value else value for key, value in changed.items()
    }
    if why != "unreachable":
        given.setdefault("port", server.plain if changed.get("tls") == "starttls" else server.encrypted)
    given["port"] = server.plain if given.get("port") == "plain" else given.get("port", server.encrypted)
    with pytest.raises(MailboxFault) as caught:
        now(server, **given)
    assert caught.value.why == why, caught.value
    assert "\n" not in caught.value.said
    for secret in (PASSWORD, TOKEN, "nobody@"):
        assert secret not in f"{caught.value} {caught.value.__context__} {caplog.text}"


def test_a_server_that_restarts(server: ImapServer):
    """Unreachable while it is away, also for who waits; then the cursor goes on where it stood."""

    async def survive(mailbox: ImapReading) -> list[Arrival]:
        cursor = (await mailbox.changes("inbox", None, 10)).cursor
        waiting = asyncio.create_task(mailbox.wait(20))
        await asyncio.sleep(0.2)
        await asyncio.to_thread(server.stop)
        with pytest.raises(MailboxFault, match="unreachable"):
            await waiting
        with pytest.raises(MailboxFault, match="unreachable"):
            await mailbox.changes("inbox", cursor, 10)
        await asyncio.to_thread(server.start)
        await asyncio.to_thread(server.deliver, inquiry(new_message_id()))
        return await everything(mailbox, cursor)

    assert len(use(server, survive)) == 1
